//! Behaviours over games that do not exist: whatever the schema, every input is in range.

use std::time::Duration;

use clap::ValueEnum;
use proptest::prelude::*;
use tickwire_bot_client::behavior::{Behavior, Moment, Pilot};
use tickwire_protocol::chunk::encode_chunk;
use tickwire_protocol::chunk::prior::PriorSet;
use tickwire_protocol::frame::{Contents, FramePrefix};

use tickwire_protocol::ids::{EntityId, EventNumber, Fence, InputSeq, PlayerId, Tick};
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::replica::Replica;
use tickwire_protocol::schema::{EntityKind, FieldKind, InputField, InputKind, Schema};
use tickwire_protocol::snapshot::Snapshot;
use tickwire_protocol::watch::{GridSize, Watch};

use crate::fake_room::welcome;

/// Time from one input to the next.
const PERIOD: Duration = Duration::from_millis(50);
const NAMES: [&str; 8] = ["thrust", "turn", "fire", "dash", "vx", "vy", "gear", "horn"];

fn kinds() -> impl Strategy<Value = InputKind> {
    prop_oneof![
        Just(InputKind::Button),
        (i32::MIN..=0, 0..=i32::MAX).prop_map(|(min, max)| InputKind::Integer { min, max }),
        (0..=i32::MAX).prop_map(|max| InputKind::Integer { min: -max, max }),
        (-9..=0, 0..=9).prop_map(|(min, max)| InputKind::Integer { min, max }),
    ]
}

fn schemas() -> impl Strategy<Value = Schema> {
    let fields = prop::collection::vec(kinds(), 0..=NAMES.len());
    (Just(NAMES.to_vec()).prop_shuffle(), fields).prop_map(|(names, kinds)| {
        let mut schema = Schema::new("random").entity(ship());
        for (name, kind) in names.into_iter().zip(kinds) {
            schema.inputs.push(InputField { name: name.to_owned(), kind });
        }
        schema
    })
}

fn ship() -> EntityKind {
    EntityKind::new("ship")
        .constant("player", FieldKind::Player)
        .field("position", FieldKind::Position { min: [0.0; 2], max: [1000.0; 2], step: 1.0 })
        .field("angle", FieldKind::Angle { bits: 8 })
}

/// A replica of ships: player, x, y, angle.
fn replica(schema: &Schema, ships: &[[u32; 4]]) -> Replica {
    let layout = Layout::new(schema);
    let mut snapshot = Snapshot::new(&layout);
    for (slot, (lanes, id)) in ships.iter().zip(1..).enumerate() {
        snapshot.insert(slot, EntityId(id), 0)[..lanes.len()].copy_from_slice(lanes);
    }
    let prefix = FramePrefix {
        tick: Tick(1),
        baseline: None,
        fence: Fence::NONE,
        input: None,
        last_input: InputSeq(0),
        first_event: EventNumber(1),
        events: &[],
        watch: Some(Watch::all(GridSize::SINGLE)),
        contents: Contents { cells: true, ..Contents::default() },
    };
    let mut bytes = Vec::new();
    prefix.write(&mut bytes);
    encode_chunk(&layout, PriorSet(0), None, &snapshot, &|_| false, &mut bytes);
    let mut replica = Replica::new(&welcome(schema.clone()));
    replica.handle_frame(&bytes).unwrap();
    replica
}

proptest! {
    #[test]
    fn every_input_is_in_range(schema in schemas(), seed: u64, bot in 0..500_u64) {
        prop_assert_eq!(schema.validate(), Ok(()));
        let replica = replica(&schema, &[[1, 500, 500, 0], [2, 10, 900, 77]]);
        for &behavior in Behavior::value_variants() {
            for replica in [None, Some(&replica)] {
                let mut pilot = Pilot::new(behavior, &schema, seed, bot);
                for step in 0..100 {
                    let input = pilot.input(&Moment { now: PERIOD * step, player: PlayerId(1), replica });
                    let verdict = schema.check_input(&input);
                    prop_assert_eq!(verdict, Ok(()), "{:?}: {:?}", behavior, input);
                }
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_bot(seed: u64) {
        let schema = Schema::new("drift").input_integer("vx", -127, 127).input_integer("vy", -127, 127);
        let inputs = |bot: u64| -> Vec<_> {
            let mut pilot = Pilot::new(Behavior::Wander, &schema, seed, bot);
            let moment = |step| Moment { now: PERIOD * step, player: PlayerId(1), replica: None };
            (0..100).map(|step| pilot.input(&moment(step))).collect()
        };
        prop_assert_eq!(inputs(3), inputs(3));
        prop_assert_ne!(inputs(3), inputs(4));
        // Headings are kept for 5 to 40 inputs, and each is as fast as the game allows.
        let wandered = inputs(3);
        let changes = wandered.windows(2).filter(|pair| pair[0] != pair[1]).count();
        prop_assert!((2..=20).contains(&changes), "{}", changes);
        for input in wandered {
            let speed = f64::from(input.get(0)).hypot(f64::from(input.get(1)));
            prop_assert!((speed - 127.0).abs() < 1.0, "{}", speed);
        }
    }
}

#[test]
fn chasers_turn_the_short_way_towards_the_nearest_other_ship() {
    let schema = Schema::new("arena")
        .input_integer("thrust", 0, 1)
        .input_integer("turn", -127, 127)
        .input_integer("fire", 0, 1)
        .entity(ship());
    let chase = |ships: &[[u32; 4]]| {
        let replica = replica(&schema, ships);
        let mut pilot = Pilot::new(Behavior::Chase, &schema, 1, 1);
        let moment = Moment { now: PERIOD, player: PlayerId(7), replica: Some(&replica) };
        pilot.input(&moment).as_slice().to_vec()
    };
    let far = [8, 0, 500, 0];
    // Right ahead: thrust and shoot.
    assert_eq!(chase(&[far, [7, 500, 500, 0], [9, 600, 500, 0]]), [1, 0, 1]);
    // Below, which is a quarter turn in the direction in which angles grow.
    assert_eq!(chase(&[far, [7, 500, 500, 0], [9, 500, 600, 0]]), [0, 127, 0]);
    // Nearly behind to the left, seen from a ship that looks up: across the wrap of the angle.
    assert_eq!(chase(&[far, [7, 500, 500, 200], [9, 400, 600, 0]]), [0, -127, 0]);
    // Alone, or dead: hands off.
    assert_eq!(chase(&[[7, 500, 500, 0]]), [0, 0, 0]);
    assert_eq!(chase(&[far]), [0, 0, 0]);
}
