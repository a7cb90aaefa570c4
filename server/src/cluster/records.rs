//! What this node tells of itself and of its rooms.

use tickwire_cluster::record::RoomText;
use tickwire_cluster::{Instance, NodeRecord, RoomRecord};
use tickwire_protocol::ids::{Fence, RoomId};

use super::home::Home;
use crate::room::RoomHandle;
use crate::room::door::Terms;

/// A room, as it is.
pub(super) fn room_record(room: &RoomHandle, home: &Home) -> RoomRecord {
    let numbers = room.board.read();
    let value = serde_json::to_value(numbers);
    RoomRecord {
        room: RoomText(room.id),
        game: room.game.to_string(),
        name: room.door.title().map(str::to_owned),
        has_password: room.door.lock().is_some(),
        is_private: room.door.is_private(),
        capacity: u32::try_from(home.config.room_capacity).unwrap_or(u32::MAX),
        tick_rate_hz: home.config.tick_rate_hz,
        fence: room.fence,
        free_seats: numbers.free_seats,
        players: numbers.players,
        numbers: match value {
            Ok(serde_json::Value::Object(numbers)) => numbers,
            _ => serde_json::Map::new(),
        },
    }
}

/// A room that is about to be opened.
pub(super) fn new_room_record(id: RoomId, game: &str, terms: &Terms, home: &Home) -> RoomRecord {
    let capacity = u32::try_from(home.config.room_capacity).unwrap_or(u32::MAX);
    RoomRecord {
        room: RoomText(id),
        game: game.to_owned(),
        name: terms.title.clone(),
        has_password: terms.lock.is_some(),
        is_private: terms.is_private,
        capacity,
        tick_rate_hz: home.config.tick_rate_hz,
        fence: Fence::NONE,
        free_seats: capacity,
        players: 0,
        numbers: serde_json::Map::new(),
    }
}

/// The node itself.
pub(super) fn node_record(me: &Instance, url: &str, home: &Home, draining: bool) -> NodeRecord {
    let (mut players, mut rooms, mut tick_ms_p99) = (0, 0, 0.0_f64);
    for room in home.matches() {
        let numbers = room.board.read();
        players += numbers.players;
        rooms += 1;
        tick_ms_p99 = tick_ms_p99.max(numbers.tick_ms.p99);
    }
    let share = |used: usize, most: usize| used as f32 / most.max(1) as f32;
    NodeRecord {
        instance: me.clone(),
        url: url.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        players,
        rooms,
        tick_ms_p99,
        tick_share: home.opener.busiest() as f32,
        memory_share: memory_share(),
        session_share: share(home.admission.sessions(), home.config.access.admission.sessions),
        room_share: share(home.directory.list().len(), home.config.max_rooms),
        draining,
        relays: false,
    }
}

/// How much of the machine's memory this process uses; 0 where the system does not tell.
fn memory_share() -> f32 {
    let read = || {
        let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
        let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
        let info = std::fs::read_to_string("/proc/meminfo").ok()?;
        let total = info.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
        let total_kb: u64 = total.split_whitespace().next()?.parse().ok()?;
        // Pages of 4 KiB, as nearly everywhere: it is a share to compare nodes by.
        Some((pages * 4) as f32 / total_kb.max(1) as f32)
    };
    read().unwrap_or_default()
}
