//! PROTOCOL.md, as far as a program can hold it against the crate: its table of contexts, its
//! examples, and a chunk told decision by decision, which `TICKWIRE_BLESS=1` writes anew. Bless the
//! golden vectors first (`--test golden`): examples are taken from them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "golden/schema.rs"]
#[allow(dead_code, reason = "the golden vectors use more of it")]
mod schema;

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use tickwire_protocol::chunk::coder::Coder;
use tickwire_protocol::chunk::contexts::*;
use tickwire_protocol::chunk::prior::PriorSet;
use tickwire_protocol::chunk::{Baseline, ChunkDecoder, encode_chunk, write_chunk};
use tickwire_protocol::frame::FrameCursor;
use tickwire_protocol::ids::EntityId;
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::snapshot::Snapshot;

/// Where each block of contexts begins.
const BLOCKS: [(&str, usize); 29] = [
    ("KEYFRAME", KEYFRAME),
    ("GAP", GAP),
    ("HAS_LEAVES", HAS_LEAVES),
    ("HAS_UPDATES", HAS_UPDATES),
    ("HAS_ENTERS", HAS_ENTERS),
    ("MOVED", MOVED),
    ("NONE_MORE", NONE_MORE),
    ("MORE", MORE),
    ("CHANGED", CHANGED),
    ("FIELD_CHANGED", FIELD_CHANGED),
    ("FIELD_SIGN", FIELD_SIGN),
    ("FIELD_SIZE", FIELD_SIZE),
    ("FLAG", FLAG),
    ("ROTATION", ROTATION),
    ("EXACT", EXACT),
    ("JUMP", JUMP),
    ("STEP", STEP),
    ("FIRST", FIRST),
    ("FURTHER", FURTHER),
    ("SLOWER", SLOWER),
    ("DIFFERENCE", DIFFERENCE),
    ("GAP_STEP", GAP_STEP),
    ("GAP_STEP_SIGN", GAP_STEP_SIGN),
    ("GAP_STEP_SIZE", GAP_STEP_SIZE),
    ("ENTER_ID", ENTER_ID),
    ("ENTER_KIND", ENTER_KIND),
    ("ENTER_NUMBER", ENTER_NUMBER),
    ("ENTER_STEP", ENTER_STEP),
    ("CONTEXTS", CONTEXTS),
];

/// The document; brought up to date first, if that is wanted.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("PROTOCOL.md");
    let mut document = fs::read_to_string(&path).unwrap();
    if std::env::var_os("TICKWIRE_BLESS").is_some() {
        let mark = "<!-- the traced chunk -->\n```text\n";
        let begin = document.find(mark).unwrap() + mark.len();
        let end = begin + document[begin..].find("```\n").unwrap();
        document.replace_range(begin..end, &trace());
        fs::write(&path, &document).unwrap();
    }
    document
});

/// The blocks of the document that follow a comment, each with what the comment says.
fn blocks() -> impl Iterator<Item = (&'static str, &'static str)> {
    DOCUMENT.split("<!-- ").skip(1).map(|rest| {
        let (mark, rest) = rest.split_once(" -->\n").unwrap();
        let fenced = rest.strip_prefix("```text\n").and_then(|rest| rest.split_once("```\n"));
        (mark, fenced.map_or_else(|| rest.split("\n\n").next().unwrap(), |(block, _)| block))
    })
}

/// Hexadecimal digits at the front of each line, up to two blanks. A line that is not indented
/// begins another group, and so does one of dots.
fn groups(block: &str) -> Vec<String> {
    let mut groups = vec![String::new()];
    for line in block.lines() {
        if !line.starts_with(' ') || line.trim() == "…" {
            groups.push(String::new());
        }
        let digits: String =
            line.trim().split("  ").next().unwrap().split(' ').collect::<Vec<_>>().concat();
        if digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            groups.last_mut().unwrap().push_str(&digits);
        }
    }
    groups.retain(|group| !group.is_empty());
    groups
}

#[test]
fn the_contexts_are_listed() {
    let (_, table) = blocks().find(|(mark, _)| *mark == "contexts").unwrap();
    let rows = table.lines().skip(2).map(|row| {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        (cells[2], cells[1].parse().unwrap())
    });
    assert_eq!(rows.collect::<Vec<(&str, usize)>>(), BLOCKS);
}

#[test]
fn examples_are_golden() {
    let mut examples = 0;
    for (mark, block) in blocks() {
        let Some(file) = mark.strip_prefix("golden: ") else { continue };
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(file);
        let golden = fs::read_to_string(file).unwrap();
        for group in groups(block) {
            assert!(golden.contains(&group), "{mark}: {group}");
            examples += 1;
        }
    }
    assert!(examples >= 10, "{examples}");
}

#[test]
fn prefixes_are_read_to_their_end() {
    let (_, block) = blocks().find(|(mark, _)| *mark == "prefixes").unwrap();
    for group in groups(block) {
        let bytes: Vec<u8> = (0..group.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&group[at..at + 2], 16).unwrap())
            .collect();
        let mut cursor = FrameCursor::default();
        cursor.read(&[0x40, 7, 0, 0, 1, 1]).unwrap();
        let (frame, at) = cursor.read(&bytes).unwrap();
        assert_eq!(at, bytes.len(), "{frame:?}");
    }
}

/// Writes down every decision.
#[derive(Default)]
struct Tracer(String);

impl Coder for Tracer {
    fn decide(&mut self, context: usize, yes: bool) -> bool {
        let (name, begin) = BLOCKS.iter().rfind(|(_, begin)| *begin <= context).unwrap();
        let name = match context - begin {
            0 => (*name).to_owned(),
            offset => format!("{name} + {offset}"),
        };
        let answer = if yes { "yes" } else { "no" };
        writeln!(self.0, "{:<16} {answer:<3}   {name}", format!("d({context})")).unwrap();
        yes
    }

    fn decide_fixed(&mut self, p: u32, yes: bool) -> bool {
        let answer = if yes { "yes" } else { "no" };
        writeln!(self.0, "{:<16} {answer}", format!("decide({p})")).unwrap();
        yes
    }

    fn direct(&mut self, value: u32, bits: u32) -> u32 {
        if bits > 0 {
            writeln!(self.0, "{:<16} {value}", format!("direct({bits})")).unwrap();
        }
        value
    }

    fn load(&mut self, _: PriorSet) {}
}

/// The chunk's decisions and its bytes.
fn trace() -> String {
    let layout = Layout::new(&schema::schema());
    let (bullet, marker) = (1, schema::MARKER);
    let step = |x: i32, y: i32| [x.cast_unsigned(), y.cast_unsigned()];
    let mut from = Snapshot::new(&layout);
    from.insert(0, EntityId(4), bullet)[..5]
        .copy_from_slice(&[&[7, 100, 50], &step(3, -2)[..]].concat());
    from.insert(1, EntityId(5), marker);
    let mut to = Snapshot::new(&layout);
    to.insert(0, EntityId(4), bullet)[..5]
        .copy_from_slice(&[&[7, 104, 48], &step(4, -2)[..]].concat());
    to.insert(1, EntityId(12), marker);
    let baseline = Some(Baseline { snapshot: &from, gap: 1 });
    let mut tracer = Tracer::default();
    write_chunk(&mut tracer, &layout, PriorSet(0), baseline, &to, &|_| true);
    let mut bytes = Vec::new();
    encode_chunk(&layout, PriorSet(0), baseline, &to, &|_| true, &mut bytes);
    let mut state = from.clone();
    ChunkDecoder::new(layout).decode(&mut state, Some(1), &bytes).unwrap();
    assert_eq!(state, to);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}\n{hex}\n", tracer.0)
}

#[test]
fn a_chunk_is_told_decision_by_decision() {
    let (_, block) = blocks().find(|(mark, _)| *mark == "the traced chunk").unwrap();
    assert_eq!(block, trace(), "TICKWIRE_BLESS=1 rewrites it");
}
