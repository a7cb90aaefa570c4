//! A room on its way to another server: all that it takes to open it there as it was.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use bincode::{Decode, Encode};
use thiserror::Error;
use tickwire_cluster::RoomRecord;
use tickwire_cluster::record::RoomText;
use tickwire_protocol::ids::{Fence, ParseRoomIdError, PlayerId, RoomId};
use tickwire_simulation::journal::header::Header;
use tickwire_simulation::saved::{self, SealError};

use super::door::Terms;
use crate::identity::Lock;

/// The version of the format.
const VERSION: u8 = 1;
/// Most seats of a room, of players or of those who watch; and most of the server's own players.
const MOST_SEATS: u32 = 10_000;
/// Ticks per second that a room may have.
const TICK_RATES_HZ: std::ops::RangeInclusive<u16> = 1..=240;
/// Longest title, in bytes: a name's 24 characters.
const MAX_TITLE_BYTES: usize = 24 * 4;
/// Most addresses of one kind.
const MOST_ADDRESSES: usize = 1 << 16;

/// Why bytes are no room.
#[derive(Debug, Error)]
pub enum TransferError {
    /// They are not what was sent.
    #[error(transparent)]
    Sealed(#[from] SealError),
    /// It is of no room.
    #[error(transparent)]
    Room(#[from] ParseRoomIdError),
    /// No room is like that.
    #[error("out of range: {0}")]
    OutOfRange(&'static str),
}

/// A room as it is given to another server.
#[derive(Clone, Encode, Decode)]
pub struct Transfer {
    /// Game, options, tick rate, seed, seats, bots: what its world is made of. The room's id is in it.
    pub(super) header: Header,
    pub(super) title: Option<String>,
    pub(super) is_private: bool,
    /// Whether a private room's code opens it.
    pub(super) has_code: bool,
    pub(super) lock: Option<Lock>,
    /// Who is kept out, and for how long still.
    pub(super) kept_out: Vec<(IpAddr, Duration)>,
    /// Where members have come from.
    pub(super) guests: Vec<(PlayerId, IpAddr)>,
    /// [`Room::hand_over`](tickwire_simulation::room::Room::hand_over).
    pub(super) state: Vec<u8>,
}

impl fmt::Debug for Transfer {
    /// Without what opens its lock.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state_bytes = self.state.len();
        let mut transfer = f.debug_struct("Transfer");
        transfer.field("header", &self.header).field("state_bytes", &state_bytes);
        transfer.finish_non_exhaustive()
    }
}

impl Transfer {
    /// The room's id.
    ///
    /// # Errors
    /// When it is of no room.
    pub fn room(&self) -> Result<RoomId, ParseRoomIdError> {
        self.header.room.parse()
    }

    /// What other nodes are told of the room, until it goes on.
    ///
    /// # Errors
    /// When it is of no room.
    pub fn record(&self, fence: Fence) -> Result<RoomRecord, ParseRoomIdError> {
        Ok(RoomRecord {
            room: RoomText(self.room()?),
            game: self.header.game.clone(),
            name: self.title.clone(),
            has_password: self.lock.is_some(),
            is_private: self.is_private,
            capacity: self.header.capacity,
            tick_rate_hz: self.header.tick_rate_hz,
            fence,
            free_seats: 0,
            players: 0,
            numbers: serde_json::Map::new(),
        })
    }

    /// The game's name.
    #[must_use]
    pub fn game(&self) -> &str {
        &self.header.game
    }

    /// As bytes: a version, a checksum, all of it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        saved::seal(VERSION, self)
    }

    /// What [`Transfer::to_bytes`] wrote. At most 64 MiB of memory are taken for it, whatever the bytes say.
    ///
    /// # Errors
    /// [`TransferError`] for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TransferError> {
        let transfer: Self = saved::unseal(VERSION, bytes)?;
        transfer.room()?;
        let Header { tick_rate_hz, capacity, spectator_capacity, bots, .. } = transfer.header;
        let out_of_range = |what| Err(TransferError::OutOfRange(what));
        if !TICK_RATES_HZ.contains(&tick_rate_hz) {
            return out_of_range("ticks per second");
        }
        if [capacity, spectator_capacity, bots].into_iter().any(|seats| seats > MOST_SEATS) {
            return out_of_range("seats");
        }
        if transfer.title.as_ref().is_some_and(|title| title.len() > MAX_TITLE_BYTES) {
            return out_of_range("the title's length");
        }
        if transfer.kept_out.len().max(transfer.guests.len()) > MOST_ADDRESSES {
            return out_of_range("addresses");
        }
        Ok(transfer)
    }

    /// What was wanted of the room when it was opened.
    pub(super) fn terms(&self) -> Terms {
        let Self { title, is_private, lock, .. } = self;
        Terms { title: title.clone(), is_private: *is_private, lock: lock.clone() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use tickwire_protocol::ids::Tick;

    use super::*;

    prop_compose! {
        fn headers()(
            game in "[a-z]{0,8}",
            options in prop::collection::btree_map("[a-z]{1,4}", "[a-z0-9]{0,4}", 0..3),
            tick_rate_hz in 1..=240_u16,
            seed: u64,
            seats in 0..=MOST_SEATS,
            room: u64,
        ) -> Header {
            Header {
                game,
                options,
                schema_hash: seed,
                tick_rate_hz,
                seed,
                first_tick: Tick(seats),
                room: RoomId::from_bits(room).to_string(),
                opened_at_ms: room,
                capacity: seats,
                spectator_capacity: MOST_SEATS - seats,
                bots: seats / 2,
                server: String::new(),
            }
        }
    }

    prop_compose! {
        fn transfers()(
            header in headers(),
            title in prop::option::of("\\PC{0,20}"),
            (is_private, has_code, is_locked) in any::<(bool, bool, bool)>(),
            kept_out: Vec<(IpAddr, Duration)>,
            guests: Vec<(u32, IpAddr)>,
            state: Vec<u8>,
        ) -> Transfer {
            Transfer {
                header,
                title,
                is_private,
                has_code,
                lock: is_locked.then(|| Lock::new("sesame").unwrap()),
                kept_out,
                guests: guests.into_iter().map(|(id, address)| (PlayerId(id), address)).collect(),
                state,
            }
        }
    }

    proptest! {
        #[test]
        fn it_comes_back_as_it_was(transfer in transfers()) {
            let Transfer { header, title, is_private, has_code, lock, kept_out, guests, state } =
                Transfer::from_bytes(&transfer.to_bytes()).unwrap();
            prop_assert_eq!(header, transfer.header);
            prop_assert_eq!((title, is_private, has_code), (transfer.title, transfer.is_private, transfer.has_code));
            prop_assert!(lock == transfer.lock);
            prop_assert_eq!((kept_out, guests, state), (transfer.kept_out, transfer.guests, transfer.state));
        }

        #[test]
        fn what_is_cut_off_or_damaged_is_none(
            transfer in transfers(),
            at: prop::sample::Index,
            change in 1_u8..,
        ) {
            let mut bytes = transfer.to_bytes();
            let at = at.index(bytes.len());
            prop_assert!(Transfer::from_bytes(&bytes[..at]).is_err());
            bytes[at] ^= change;
            prop_assert!(Transfer::from_bytes(&bytes).is_err());
        }

        #[test]
        fn garbage_is_none(bytes: Vec<u8>) {
            prop_assert!(Transfer::from_bytes(&bytes).is_err());
            // Behind a checksum that is right as well.
            let checksum = tickwire_simulation::world::hash_of(&bytes).to_le_bytes();
            let sealed = [&[VERSION][..], &checksum, &bytes].concat();
            prop_assert!(Transfer::from_bytes(&sealed).is_err());
        }
    }

    #[test]
    fn what_no_room_is_like_is_refused() {
        let header = Header {
            game: "drift".to_owned(),
            options: BTreeMap::new(),
            schema_hash: 0,
            tick_rate_hz: 30,
            seed: 0,
            first_tick: Tick(0),
            room: RoomId::from_bits(7).to_string(),
            opened_at_ms: 0,
            capacity: 1,
            spectator_capacity: 1,
            bots: 1,
            server: String::new(),
        };
        let refused = |header: Header, title: Option<String>| {
            let (kept_out, guests, state) = (Vec::new(), Vec::new(), Vec::new());
            let (is_private, has_code, lock) = (false, false, None);
            let transfer =
                Transfer { header, title, is_private, has_code, lock, kept_out, guests, state };
            Transfer::from_bytes(&transfer.to_bytes()).map(drop).unwrap_err().to_string()
        };
        let of = |change: fn(&mut Header)| {
            let mut header = header.clone();
            change(&mut header);
            refused(header, None)
        };
        assert_eq!(of(|it| it.tick_rate_hz = 0), "out of range: ticks per second");
        assert_eq!(of(|it| it.capacity = MOST_SEATS + 1), "out of range: seats");
        assert_eq!(of(|it| it.bots = u32::MAX), "out of range: seats");
        assert!(of(|it| it.room.clear()).starts_with("a room id is"));
        let title = Some("x".repeat(MAX_TITLE_BYTES + 1));
        assert_eq!(refused(header, title), "out of range: the title's length");
    }
}
