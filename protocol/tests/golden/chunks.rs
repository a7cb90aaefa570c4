//! Golden chunks by themselves, of every prior set and over many gaps.

use rand::RngExt;
use serde_json::json;
use tickwire_protocol::chunk::prior::{PRIOR_SETS, PriorSet};
use tickwire_protocol::chunk::{Baseline, ChunkDecoder, encode_chunk};
use tickwire_protocol::message::ServerMessage;
use tickwire_protocol::parts::PartNumber;
use tickwire_protocol::quantise::Layout;

use super::world::World;
use super::{check, hex, schema, state};

#[test]
fn chunks() {
    let (here, elsewhere) = (PartNumber::cell(0), PartNumber::cell(1));
    let layout = Layout::new(&schema::schema());
    let welcome = ServerMessage::Welcome(Box::new(schema::welcome())).to_bytes();
    let mut vectors = vec![json!({"welcome": hex(&welcome)})];
    let mut decoder = ChunkDecoder::new(layout.clone());
    let mut world = World::new(8, &layout, [here, elsewhere]);
    world.populate(here, 9);
    let mut before = world.snapshot(here);
    for number in 0..64 {
        let prior = PriorSet(number % PRIOR_SETS as u8);
        let gap = match number / 4 {
            0..3 => 1,
            3..13 => u32::from(number / 4) - 1,
            13 => 200,
            _ => 255,
        };
        let ahead = world.rng().random_range(0..6);
        let ahead = world.coast(here, ahead);
        let from = world.snapshot(here);
        for _ in 0..gap {
            world.step(usize::from(number % 4 == 0));
        }
        let to = world.snapshot(here);
        let baseline = (number % 16 != 5).then_some(Baseline { snapshot: &from, gap });
        let mut bytes = Vec::new();
        encode_chunk(&layout, prior, baseline, &to, &|id| world.contains(id), &mut bytes);
        let mut decoded = before.clone();
        let reading = decoder.decode(&mut decoded, Some(gap + ahead), &bytes).unwrap();
        assert_eq!(decoded, to);
        vectors.push(json!({
            "from": state::rows(&before, &layout),
            "elapsed": gap + ahead,
            "hex": hex(&bytes),
            "is_keyframe": reading.is_keyframe,
            "left": reading.left.iter().map(|(id, moved)| json!([id.0, moved])).collect::<Vec<_>>(),
            "entered": reading.entered,
            "to": state::rows(&to, &layout),
        }));
        before = to;
    }
    check("chunks.json", &vectors);
}
