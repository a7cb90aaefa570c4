//! Games that show more than the protocol can carry: who would have to be sent it is sent away, with
//! a word for the log, and nobody else is disturbed.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod virtual_clients;

use tickwire_protocol::close::CloseReason;
use tickwire_protocol::ids::{EntityId, PlayerId};
use tickwire_protocol::message::Role;
use tickwire_protocol::schema::{EntityKind, FieldKind, Schema};
use tickwire_simulation::game::{Context, Game, View};
use tickwire_simulation::inputs::Inputs;
use tickwire_simulation::interest::{Cells, Interest};
use tickwire_simulation::room::{Oversized, Room, RoomConfig};
use tickwire_simulation::saved::RestoreError;
use tickwire_simulation::scene::SceneWriter;
use virtual_clients::{Network, request};

const CELL_SIDE: f32 = 100.0;
const WORLD: [f32; 2] = [8.0 * CELL_SIDE, CELL_SIDE];

/// A row of cells of which the last ones are full to the brim; players look at the first.
struct Brim {
    full_cells: u32,
    per_cell: u32,
    /// Numbers that no coder makes small.
    numbers: usize,
}

impl Game for Brim {
    fn schema(&self) -> Schema {
        let position = FieldKind::Position { min: [0.0; 2], max: WORLD, step: 1.0 };
        let number = FieldKind::Integer { min: i32::MIN / 2, max: i32::MAX / 2 };
        let grain = EntityKind::new("grain").field("place", position);
        let grain = (0..self.numbers).fold(grain, |kind, at| kind.field(&format!("n{at}"), number));
        Schema::new("brim").input_integer("nothing", -1, 1).entity(grain)
    }

    fn interest(&self) -> Interest {
        let spectator = View { center: [0.0; 2], size: [1.0; 2] };
        Interest::Cells(Cells { min: [0.0; 2], max: WORLD, side: CELL_SIDE, spectator })
    }

    fn on_join(&mut self, _: &mut Context<'_>, _: PlayerId, _: &str) {}
    fn on_leave(&mut self, _: &mut Context<'_>, _: PlayerId) {}
    fn step(&mut self, _: &mut Context<'_>, _: &Inputs<'_>) {}

    fn replicate(&self, out: &mut SceneWriter<'_>) {
        for cell in 8 - self.full_cells..8 {
            for grain in 0..self.per_cell {
                let id = cell * self.per_cell + grain + 1;
                let x = (cell as f32 + 0.5) * CELL_SIDE;
                let mut entity = out.entity(EntityId(id), 0);
                let entity = entity.position([x, 50.0]);
                for at in 0..self.numbers as u32 {
                    entity.integer((id * 16 + at).wrapping_mul(0x9e37_79b9).cast_signed() >> 2);
                }
            }
        }
    }

    fn view_of(&self, _: PlayerId) -> Option<View> {
        Some(View { center: [0.0; 2], size: [1.0; 2] })
    }

    fn save(&self) -> Vec<u8> {
        Vec::new()
    }

    fn restore(&mut self, _: &[u8]) -> Result<(), RestoreError> {
        Err(RestoreError::Mismatch("it is for tests only"))
    }
}

/// Somebody who sees little and somebody who looks at all of it; what became of the latter.
fn look_at_all(game: Brim) -> (Option<Oversized>, Option<CloseReason>) {
    let config = RoomConfig { budget_per_second: 1.0e9, ..RoomConfig::default() };
    let mut network = Network::new(Room::new(config, Box::new(game)).unwrap());
    network.states.is_everything_sent = false;
    let player = network.join(request(Role::Player, 1), 0).unwrap();
    let spectator = network.join(request(Role::Spectator, 1), 0).unwrap();
    network.ticks(2);
    let look = tickwire_protocol::message::Look { center: [400.0, 50.0], size: WORLD };
    network.room.handle_look(network.clients[spectator].player, look).unwrap();
    let frames = network.clients[player].frames;
    network.ticks(20);
    assert_eq!(network.clients[player].closed, None);
    assert!(network.clients[player].frames > frames, "the other one goes on");
    let client = &network.clients[spectator];
    assert_eq!(network.room.counters().oversized, u64::from(client.oversized.is_some()));
    (client.oversized, client.closed)
}

#[test]
fn a_frame_that_is_too_long_is_not_sent() {
    let (cause, closed) = look_at_all(Brim { full_cells: 1, per_cell: 30_000, numbers: 10 });
    assert!(matches!(cause, Some(Oversized::Bytes(1_048_577..))), "{cause:?}");
    assert_eq!(closed, Some(CloseReason::Internal));
    assert!(cause.unwrap().to_string().contains("show fewer entities"), "{cause:?}");
}

#[test]
fn more_slots_than_a_client_may_keep_are_not_sent() {
    let (cause, closed) = look_at_all(Brim { full_cells: 3, per_cell: 50_000, numbers: 0 });
    let expected = Oversized::Slots { slots: 150_000, most: 131_072 };
    assert_eq!((cause, closed), (Some(expected), Some(CloseReason::Internal)));
}

#[test]
fn as_much_as_can_be_sent_is() {
    let (cause, closed) = look_at_all(Brim { full_cells: 2, per_cell: 60_000, numbers: 0 });
    assert_eq!((cause, closed), (None, None));
}
