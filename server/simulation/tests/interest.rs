//! Who is sent what: random worlds in cells, any schedule of sending, skipping and catching up. Every
//! replica equals what the server has of what it may see, at each tick that it received; what lies in
//! view is there, and nothing far from it ever was.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod chaos;
mod virtual_clients;

use std::collections::BTreeMap;
use std::time::Duration;

use chaos::rooms::random_room;
use chaos::{CELL_SIDE, Chaos, SPECTATOR_VIEW, Views, WORLD, view_at};
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use tickwire_protocol::ids::{EntityId, InputSeq, PlayerId, Tick};
use tickwire_protocol::message::{
    Difference, DifferenceRow, Input, InputValues, Look, RefusalCause, Role, ViewAge,
};
use tickwire_protocol::parts::PartNumber;
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::watch::GridSize;
use tickwire_simulation::game::View;
use tickwire_simulation::registry::GameOptions;
use tickwire_simulation::room::{MessageError, Room, RoomConfig};
use tickwire_simulation::scene::place_of;
use virtual_clients::states::RoomStates;
use virtual_clients::trouble::{disturb, steer};
use virtual_clients::{Client, Network, request};

/// How far outside of a view a cell may still be watched.
const REACH: f32 = CELL_SIDE * (1.0 / 16.0 + 0.5) + 0.01;

fn seed() -> u64 {
    match std::env::var("TICKWIRE_SEED") {
        Ok(text) => text.parse().expect("TICKWIRE_SEED is a number"),
        Err(_) => rand_pcg::Pcg64Mcg::from_rng(&mut rand::rng()).next_u64(),
    }
}

fn network(config: RoomConfig, idle: f64) -> (Network, Views) {
    let views = Views::default();
    let game = Chaos::new(idle, views.clone());
    (Network::new(Room::new(config, Box::new(game)).unwrap()), views)
}

/// Whether two rectangles, the second given by its ends, touch or are at most `reach` apart.
fn is_near(view: View, [min, max]: [[f32; 2]; 2], reach: f32) -> bool {
    (0..2).all(|axis| {
        let half = view.size[axis] / 2.0 + reach;
        min[axis] <= view.center[axis] + half && max[axis] >= view.center[axis] - half
    })
}

/// What lies in view is in the replica, and no cell is watched that is far from it.
fn check_interest(layout: &Layout, states: &RoomStates, client: &Client, view: View, now: Tick) {
    let replica = client.replica();
    let known: Vec<EntityId> = replica.entities().map(|row| row.id).collect();
    let mut sorted = known.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(sorted.len(), known.len(), "every entity is there once");
    let rows = states.cells(now).flat_map(|state| state.rows());
    for row in rows.filter(|_| states.is_everything_sent) {
        // What has no place is seen from everywhere.
        let place = place_of(&layout.kinds[usize::from(row.kind)], row.lanes);
        let is_in_view = place.is_none_or(|place| is_near(view, [place, place], 0.0));
        assert!(!is_in_view || sorted.binary_search(&row.id).is_ok(), "{} is missing", row.id);
    }
    let grid = client.welcome().grid;
    for cell in replica.watch().cells(grid).filter(|_| grid != GridSize::SINGLE) {
        let corner = [(cell % grid.columns) as f32, (cell / grid.columns) as f32];
        let min = corner.map(|index| index * CELL_SIDE);
        let max = min.map(|start| start + CELL_SIDE);
        assert!(is_near(view, [min, max], REACH), "cell {cell} is far from {view:?}");
    }
}

#[test]
fn everybody_has_what_they_see_and_nothing_else() {
    let seed = seed();
    println!("TICKWIRE_SEED={seed}");
    let (mut checked, mut hashes) = (0, 0);
    for scenario in 0..40 {
        println!("scenario {scenario}");
        let mut rng = StdRng::seed_from_u64(seed.wrapping_add(scenario));
        let (frames, equal) = play(&mut rng, scenario);
        checked += frames;
        hashes += equal;
    }
    assert!(checked > 10_000, "only {checked} frames were checked");
    assert!(hashes > 500, "only {hashes} hashes were compared");
}

fn play(rng: &mut StdRng, scenario: u64) -> (u32, u32) {
    let (mut network, views) = random_room(rng, scenario);
    let layout = Layout::new(network.room.schema());
    let (mut frames, mut hashes) = (0, 0);
    let mut seen: BTreeMap<PlayerId, u32> = BTreeMap::new();
    for _ in 0..250 {
        disturb(rng, &mut network, WORLD);
        steer(rng, &mut network);
        network.tick();
        for client in network.clients.iter().filter(|client| client.frames > 0) {
            // Only after a new frame: the view has moved on since the last one.
            let last = seen.insert(client.player, client.frames);
            if last == Some(client.frames) {
                continue;
            }
            let now = client.replica().cursor().tick().unwrap();
            let view = if client.is_spectator() {
                Some(client.look_at(now).unwrap_or(SPECTATOR_VIEW))
            } else {
                view_at(&views, now, client.player)
            };
            if let Some(view) = view {
                check_interest(&layout, &network.states, client, view, now);
                frames += 1;
            }
        }
    }
    hashes += network.clients.iter().map(|client| client.hashes).sum::<u32>();
    (frames, hashes)
}

#[test]
fn a_tight_budget_is_kept_and_starves_no_cell() {
    let budget = 4000.0;
    let config =
        RoomConfig { seed: 5, budget_per_second: budget, capacity: 4, ..RoomConfig::default() };
    let (mut network, _) = network(config, 0.0);
    network.states.is_everything_sent = false;
    let client = network.join(request(Role::Spectator, 1), 0).unwrap();
    let all = Look { center: [1000.0, 750.0], size: [2000.0, 1500.0] };
    let player = network.clients[client].player;
    network.room.handle_look(player, all).unwrap();
    network.ticks(150);
    let before = network.clients[client].bytes;
    let mut oldest = 0;
    for _ in 0..600 {
        network.tick();
        let replica = network.clients[client].replica();
        let now = network.room.tick();
        for part in replica.parts().filter(|part| part.number().0 >= 2) {
            let state = network.states.part(now, part.number(), player);
            if state.is_some_and(|state| state != part.snapshot()) {
                oldest = oldest.max(part.tick().map_or(0, |tick| now.since(tick)));
            }
        }
    }
    let per_second = (network.clients[client].bytes - before) as f32 / 20.0;
    assert!(per_second < 1.1 * budget, "{per_second} bytes per second");
    assert!(per_second > 0.7 * budget, "the budget is made use of: {per_second}");
    // Some 80 cells, of which one or two fit into a frame, the nearer ones more often.
    assert!(oldest < 300, "a cell was {oldest} ticks old");
    network.room.handle_look(player, Look { size: [200.0; 2], ..all }).unwrap();
    network.ticks(30);
    let cells = network.clients[client].replica().watch().len();
    // Three by two in view, and one more on either side until the view is half a cell away.
    assert!(cells <= 12, "{cells} cells are watched for a small view");
}

/// Share of 80 ticks in which a spectator of a whole world full of wanderers got a chunk of its
/// cells: of those in the inner half of the view, and of those outside of it.
fn shares_by_nearness(budget_per_second: f32) -> [f64; 2] {
    let columns = 9;
    let world = [("world".to_owned(), "4500x3000".to_owned())];
    let game = tickwire_drift::create(&GameOptions(world.into())).unwrap();
    let config = RoomConfig { seed: 4, capacity: 300, budget_per_second, ..RoomConfig::default() };
    let mut network = Network::new(Room::new(config, game).unwrap());
    network.states.is_everything_sent = false;
    let join = |network: &mut Network| {
        network.room.handle_join(None, request(Role::Player, 1), Duration::ZERO).unwrap()
    };
    let wanderers: Vec<_> = (0..300).map(|_| join(&mut network)).collect();
    let client = network.join(request(Role::Spectator, 1), 0).unwrap();
    let look = Look { center: [2250.0, 1500.0], size: [4500.0, 3000.0] };
    network.room.handle_look(network.clients[client].player, look).unwrap();
    let mut rng = StdRng::seed_from_u64(1);
    let mut chunks = [(0, 0); 2];
    for tick in 0..300_u16 {
        for &player in &wanderers {
            if rng.random_bool(0.95) {
                continue;
            }
            let values = [rng.random_range(-127..=127), rng.random_range(-127..=127)];
            let values = InputValues::new(&values).unwrap();
            let input =
                Input { seq: InputSeq(tick + 1), at: Tick(0), view_age: ViewAge::UNTOLD, values };
            network.room.handle_input(player, input, Duration::ZERO).unwrap();
        }
        network.tick();
        let now = network.room.tick();
        let cells = network.clients[client].replica().parts();
        for part in cells.filter(|part| tick >= 220 && part.number().0 >= 2) {
            let cell = part.number().0 - 2;
            let index = [cell % columns, cell / columns];
            let is_near = (2..=6).contains(&index[0]) && (1..=4).contains(&index[1]);
            let (sent, all) = &mut chunks[usize::from(!is_near)];
            *sent += u32::from(part.tick() == Some(now));
            *all += 1;
        }
    }
    chunks.map(|(sent, all)| f64::from(sent) / f64::from(all))
}

#[test]
fn far_cells_are_sent_less_often_when_the_budget_is_short() {
    let [near, far] = shares_by_nearness(1.0e6);
    assert!(near > 0.9 && far > 0.9, "all of it: {near} {far}");
    let [near, far] = shares_by_nearness(5_000.0);
    assert!(near > 0.9, "what is near keeps coming: {near} {far}");
    assert!((0.05..0.5).contains(&far), "what is far comes far less often: {near} {far}");
}

#[test]
fn a_world_that_rests_is_nearly_silent() {
    let (mut network, _) = network(RoomConfig { seed: 2, ..RoomConfig::default() }, 1.0);
    let client = network.join(request(Role::Spectator, 1), 0).unwrap();
    network.ticks(2);
    let (frames, bytes) = (network.clients[client].frames, network.clients[client].bytes);
    for _ in 0..300 {
        network.tick();
    }
    let frames = network.clients[client].frames - frames;
    let bytes = network.clients[client].bytes - bytes;
    assert!((40..300).contains(&frames), "{frames} frames in ten seconds");
    assert!(bytes / frames as usize <= 40, "{bytes} bytes in {frames} frames");
}

#[test]
fn only_spectators_choose_what_they_see() {
    let (mut network, _) = network(RoomConfig::default(), 0.5);
    let client = network.join(request(Role::Player, 1), 0).unwrap();
    let player = network.clients[client].player;
    let look = |x: f32, width: f32| Look { center: [x, 0.0], size: [width, 100.0] };
    network.room.handle_look(player, look(0.0, 100.0)).unwrap();
    network.tick();
    assert_eq!(network.clients[client].refusals[0].cause, RefusalCause::NotASpectator);
    for bad in [look(f32::NAN, 1.0), look(0.0, f32::INFINITY), look(0.0, -1.0)] {
        let error = network.room.handle_look(player, bad).unwrap_err();
        assert!(matches!(error, MessageError::Look), "{error}");
    }
    let error = network.room.handle_look(PlayerId(99), look(0.0, 1.0)).unwrap_err();
    assert!(matches!(error, MessageError::NotAMember), "{error}");
}

#[test]
fn a_difference_is_named_and_healed_by_a_keyframe_once_in_a_while() {
    let config = RoomConfig { seed: 3, hash_every: 4, ..RoomConfig::default() };
    let (mut network, _) = network(config, 0.0);
    let client = network.join(request(Role::Player, 1), 0).unwrap();
    network.ticks(40);
    let player = network.clients[client].player;
    let replica = network.clients[client].replica();
    let own = replica.part(PartNumber::OWN).unwrap();
    let tick = own.tick().unwrap();
    let row = own.snapshot().rows().next().unwrap();
    let mut columns = row.lanes[..4].to_vec();
    columns[1] += 5;
    let difference = |tick| Difference {
        part: PartNumber::OWN,
        tick,
        entities: 1,
        rows: vec![DifferenceRow { slot: 0, id: row.id, kind: row.kind, columns: columns.clone() }],
    };
    let report = difference(tick);
    let late = difference(Tick(1));
    network.room.handle_difference(player, &report).unwrap();
    network.room.handle_difference(player, &late).unwrap();
    network.ticks(3);
    let desyncs = &network.clients[client].desyncs;
    assert_eq!(desyncs.len(), 1, "one in ten seconds: {desyncs:?}");
    let named = &desyncs[0].differences[0];
    assert_eq!((named.field.as_str(), named.client - named.server), ("place", 5));
    // It claims to have told all that it has; the server has more that is this player's own.
    let lacking =
        desyncs[0].differences[1..].iter().filter(|named| named.field == "entity").count();
    assert!(lacking > 0 && desyncs[0].differences[1].client == 0, "{:?}", desyncs[0]);
    assert!(desyncs[0].to_string().contains("place is"), "{}", desyncs[0]);
    assert_eq!(network.clients[client].keyframes, 2);
    assert_eq!(network.room.counters().desyncs, 1);
    // Ten seconds later it is listened to again, though it speaks of what there never was.
    network.ticks(300);
    let nowhere = Difference { part: PartNumber(u32::MAX), ..late.clone() };
    network.room.handle_difference(player, &nowhere).unwrap();
    network.ticks(3);
    let desyncs = &network.clients[client].desyncs;
    assert!(desyncs[1].differences.is_empty());
    assert_eq!((desyncs.len(), network.clients[client].keyframes), (2, 3));
    let error = network.room.handle_difference(PlayerId(99), &late).unwrap_err();
    assert!(matches!(error, MessageError::NotAMember), "{error}");
}

#[test]
fn a_keyframe_of_one_empty_cell_can_be_read() {
    // Nothing is in this world at first, and a view of no size touches one cell.
    let (mut network, _) = network(RoomConfig { seed: 9, ..RoomConfig::default() }, 0.0);
    let client = network.join(request(Role::Spectator, 1), 0).unwrap();
    let player = network.clients[client].player;
    network.room.handle_look(player, Look { center: [1050.0, 750.0], size: [0.0; 2] }).unwrap();
    network.ticks(400);
    let replica = network.clients[client].replica();
    assert_eq!(replica.watch().len(), 1);
    assert!(network.clients[client].frames > 40);
}
