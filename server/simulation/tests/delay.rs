//! Those who watch see the match some time later, tick by tick as it was.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use tickwire_protocol::ids::{InputSeq, PlayerId, Tick};
use tickwire_protocol::message::{Input, InputValues, Role, ViewAge};
use tickwire_protocol::snapshot::Snapshot;
use tickwire_simulation::journal::delay::{DelayLine, Delayed};
use tickwire_simulation::journal::playback::MakeGame;
use tickwire_simulation::registry::GameOptions;
use tickwire_simulation::room::{Room, RoomConfig, SeatRequest};

const DELAY: u32 = 100;

fn make() -> MakeGame {
    Arc::new(|| Ok(tickwire_drift::create(&GameOptions::default())?))
}

fn seat(room: &mut Room, role: Role) -> PlayerId {
    let request = SeatRequest { name: "Ada".to_owned(), role, send_every: 1 };
    room.handle_join(None, request, Duration::ZERO).unwrap()
}

/// What everybody sees of a room.
fn seen(room: &Room) -> Snapshot {
    room.parts().find(|(_, owner, part)| owner.is_none() && part.entities() > 0).unwrap().2.clone()
}

fn watching(line: &DelayLine) -> Room {
    let game = Delayed::new(line.clone(), make(), 30).unwrap();
    let config = RoomConfig { reserved_players: u32::MAX / 2, ..RoomConfig::default() };
    Room::new(config, Box::new(game)).unwrap()
}

#[test]
fn a_match_is_seen_just_so_much_later() {
    let mut room = Room::new(RoomConfig::default(), make()().unwrap()).unwrap();
    room.attach_writer();
    let line = DelayLine::new(DELAY, room.tick(), room.keyframe());
    let player = seat(&mut room, Role::Player);
    let (mut states, mut watchers): (Vec<Snapshot>, Vec<Room>) = Default::default();
    for tick in 1..=700_u16 {
        if tick % 7 == 0 {
            let values = InputValues::new(&[i32::from(tick % 90), -20]).unwrap();
            let (seq, view_age) = (InputSeq(tick), ViewAge::UNTOLD);
            let input = Input { seq, at: Tick(0), view_age, values };
            room.handle_input(player, input, Duration::ZERO).unwrap();
        }
        room.step();
        states.push(seen(&room));
        line.take_in(&room.take_pieces(), room.tick());
        // One is there from the beginning, and others come later.
        if tick == 1 || tick == 333 || tick == 600 {
            watchers.push(watching(&line));
        }
        for (number, watcher) in watchers.iter_mut().enumerate() {
            watcher.step();
            let shown = usize::from(tick).checked_sub(DELAY as usize);
            // Whoever comes later begins at a keyframe, and catches up.
            let has_caught_up = number == 0 || tick > 420 && number == 1 || tick > 690;
            if let Some(shown) = shown.filter(|&shown| shown > 0 && has_caught_up) {
                let seen = seen(watcher);
                let rows = |state: &Snapshot| -> Vec<_> {
                    state.rows().map(|row| (row.id, row.lanes[..3].to_vec())).collect()
                };
                assert_eq!(rows(&seen), rows(&states[shown - 1]), "{number} at {tick}");
                assert_eq!(watcher.world().name_of(player), "Ada");
            }
        }
    }
    // The match is over, and what was not seen of it is seen to its end.
    line.end();
    let [watcher, ..] = &mut watchers[..] else { panic!("watchers") };
    (0..DELAY).for_each(|_| watcher.step());
    assert_eq!(
        seen(watcher).rows().map(|row| row.lanes[..3].to_vec()).collect::<Vec<_>>(),
        states[699].rows().map(|row| row.lanes[..3].to_vec()).collect::<Vec<_>>(),
    );
}
