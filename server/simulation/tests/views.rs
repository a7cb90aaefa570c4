//! Games whose worlds cannot be cut into cells, or whose players look at what is no rectangle: an
//! error when the room opens, or some cells that lie in the world; nobody is disturbed.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod virtual_clients;

use proptest::prelude::*;
use tickwire_protocol::ids::{EntityId, PlayerId};
use tickwire_protocol::message::Role;
use tickwire_protocol::schema::{EntityKind, FieldKind, Schema};
use tickwire_protocol::watch::{GridSize, MAX_CELLS, Watch};
use tickwire_simulation::game::{Context, Game, View};
use tickwire_simulation::inputs::Inputs;
use tickwire_simulation::interest::{Cells, Grid, Interest, Nearness};
use tickwire_simulation::room::{Room, RoomConfig, RoomError};
use tickwire_simulation::saved::RestoreError;
use tickwire_simulation::scene::SceneWriter;
use virtual_clients::{Network, request};

const WORLD: [f32; 2] = [800.0, 600.0];
const SOUND: Cells = Cells {
    min: [0.0; 2],
    max: WORLD,
    side: 100.0,
    spectator: View { center: [400.0, 300.0], size: WORLD },
};

/// Things that go round in a world; each player is shown one view after the other.
struct Gallery {
    cells: Cells,
    views: Vec<View>,
    steps: u32,
}

impl Gallery {
    fn room(cells: Cells, views: Vec<View>) -> Result<Room, RoomError> {
        Room::new(RoomConfig::default(), Box::new(Self { cells, views, steps: 0 }))
    }
}

impl Game for Gallery {
    fn schema(&self) -> Schema {
        let position = FieldKind::Position { min: [0.0; 2], max: WORLD, step: 0.5 };
        let thing = EntityKind::new("thing").field("place", position);
        Schema::new("gallery").input_integer("nothing", -1, 1).entity(thing)
    }

    fn interest(&self) -> Interest {
        Interest::Cells(self.cells)
    }

    fn on_join(&mut self, _: &mut Context<'_>, _: PlayerId, _: &str) {}
    fn on_leave(&mut self, _: &mut Context<'_>, _: PlayerId) {}

    fn step(&mut self, _: &mut Context<'_>, _: &Inputs<'_>) {
        self.steps += 1;
    }

    fn replicate(&self, out: &mut SceneWriter<'_>) {
        for thing in 0..200 {
            let turn = 0.05 * self.steps as f32 + thing as f32;
            let place =
                [0, 1].map(|axis| WORLD[axis] * (0.5 + 0.5 * (turn * (1.0 + axis as f32)).sin()));
            out.entity(EntityId(thing + 1), 0).position(place);
        }
    }

    fn view_of(&self, player: PlayerId) -> Option<View> {
        Some(self.views[(player.0 + self.steps) as usize % self.views.len()])
    }

    fn save(&self) -> Vec<u8> {
        Vec::new()
    }

    fn restore(&mut self, _: &[u8]) -> Result<(), RestoreError> {
        Err(RestoreError::Mismatch("it is for tests only"))
    }
}

#[test]
fn a_world_that_cannot_be_cut_is_an_error() {
    let (without_end, backwards) = ([f32::INFINITY; 2], [-800.0, -600.0]);
    let size_of =
        |cells: Cells| Gallery::room(cells, vec![cells.spectator]).map(|room| room.grid().size());
    for (what, cells) in [
        ("no side", Cells { side: 0.0, ..SOUND }),
        ("a side below 0", Cells { side: -100.0, ..SOUND }),
        ("a side that is no number", Cells { side: f32::NAN, ..SOUND }),
        ("a side without end", Cells { side: f32::INFINITY, ..SOUND }),
        ("a side that is next to nothing", Cells { side: f32::MIN_POSITIVE, ..SOUND }),
        ("a world without width", Cells { max: [0.0, 600.0], ..SOUND }),
        ("a world that ends before it begins", Cells { max: [800.0, -600.0], ..SOUND }),
        ("one that does so both ways", Cells { max: backwards, ..SOUND }),
        ("the same with a side below 0", Cells { max: backwards, side: -100.0, ..SOUND }),
        ("a beginning that is no number", Cells { min: [f32::NAN, 0.0], ..SOUND }),
        ("an end that is no number", Cells { max: [800.0, f32::NAN], ..SOUND }),
        ("a world without end", Cells { max: without_end, ..SOUND }),
        ("cells as large as that", Cells { max: without_end, side: f32::INFINITY, ..SOUND }),
        ("a world without beginning", Cells { min: [0.0, f32::NEG_INFINITY], ..SOUND }),
        ("too many cells", Cells { max: [1025.0, 1024.0], side: 1.0, ..SOUND }),
    ] {
        let error = size_of(cells).unwrap_err();
        assert!(matches!(error, RoomError::Grid(_)), "{what}: {error}");
        assert!(error.to_string().contains(&MAX_CELLS.to_string()), "{what}: {error}");
    }
    assert_eq!(size_of(SOUND).unwrap(), GridSize { columns: 8, rows: 6 });
    let most = size_of(Cells { max: [1024.0; 2], side: 1.0, ..SOUND }).unwrap();
    assert_eq!(most.columns * most.rows, MAX_CELLS);
}

#[test]
fn players_who_look_at_what_is_no_rectangle_are_sent_some_cells_and_go_on() {
    let numbers = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, -50.0, 0.0];
    let sound = SOUND.spectator;
    let pairs = numbers.iter().flat_map(|&one| numbers.map(|other| [one, other]));
    let mut views: Vec<_> = pairs
        .flat_map(|pair| {
            let half = [pair[0], sound.size[1]];
            [
                View { center: pair, ..sound },
                View { size: pair, ..sound },
                View { size: half, ..sound },
                View { center: pair, size: pair },
            ]
        })
        .collect();
    views.push(sound);
    let ticks = views.len() as u32;
    let mut network = Network::new(Gallery::room(SOUND, views).unwrap());
    let looking = network.join(request(Role::Player, 1), 0).unwrap();
    let late = network.join(request(Role::Player, 1), 7).unwrap();
    let seldom = network.join(request(Role::Player, 4), 2).unwrap();
    let witness = network.join(request(Role::Spectator, 1), 0).unwrap();
    network.ticks(8);
    for _ in 0..ticks {
        let frames = network.clients[witness].frames;
        // Every frame is held against the server's state, cell by cell.
        network.tick();
        assert_eq!(network.clients[witness].frames, frames + 1, "nothing of that is noticed");
        assert!(!network.clients[looking].replica().watch().is_empty());
    }
    for (client, every) in [(looking, 1), (late, 1), (seldom, 4)] {
        let client = &network.clients[client];
        assert_eq!((client.closed, client.keyframes), (None, 1));
        assert!(client.frames >= ticks / every, "{} frames", client.frames);
    }
}

/// A number of a world; now and then any other, above all the peculiar ones.
fn number() -> impl Strategy<Value = f32> {
    let peculiar = [0.0, -0.0, f32::MIN_POSITIVE, f32::MAX, f32::INFINITY, f32::NAN];
    let peculiar = prop::sample::select(peculiar.to_vec());
    prop_oneof![
        6 => -1000.0_f32..1000.0,
        1 => any::<u32>().prop_map(f32::from_bits),
        1 => (peculiar, any::<bool>()).prop_map(|(number, sign)| if sign { -number } else { number }),
    ]
}

fn pair() -> impl Strategy<Value = [f32; 2]> {
    prop::array::uniform2(number())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn whatever_a_game_says_what_is_watched_lies_in_the_world(
        min in pair(),
        max in pair(),
        side in number(),
        views in prop::collection::vec((pair(), pair()), 1..6),
    ) {
        let spectator = View { center: min, size: max };
        let cells = Cells { min, max, side, spectator };
        let sound = Grid::new(Interest::Cells(SOUND)).unwrap();
        let grid = Grid::new(Interest::Cells(cells));
        for grid in grid.iter().chain([&sound]) {
            let last = grid.size().columns * grid.size().rows - 1;
            let mut watch = Watch::default();
            for &(center, size) in &views {
                let view = View { center, size };
                watch = grid.watch(Some(view), watch);
                prop_assert!(watch.fits(grid.size()) && !watch.is_empty(), "{:?}", watch);
                let middle = grid.cell_of(center, None);
                let next = grid.cell_of(size, Some(middle));
                prop_assert!(middle <= last && next <= last, "{} {}", middle, next);
                let nearness = grid.nearness(middle, view);
                if center.iter().all(|coordinate| coordinate.is_finite()) {
                    prop_assert!(watch.contains(grid.size(), middle), "{:?}", watch);
                    prop_assert_eq!(nearness, Nearness::Near);
                }
            }
        }
    }
}
