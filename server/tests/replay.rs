//! `server replay`: what it says of journals that are good, damaged, foreign, or of another match.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tickwire_protocol::ids::{InputSeq, PlayerId, Tick};
use tickwire_protocol::message::{Input, InputValues, Role, ViewAge};
use tickwire_simulation::game::Game;
use tickwire_simulation::journal::file::{End, Journal, JournalWriter};
use tickwire_simulation::journal::header::{Header, schema_hash};
use tickwire_simulation::journal::playback::Playback;
use tickwire_simulation::journal::recorder::Piece;
use tickwire_simulation::registry::GameOptions;
use tickwire_simulation::room::{Room, RoomConfig, SeatRequest};

const TICKS: u32 = 330;

/// What `server replay` did with some arguments.
#[derive(Debug)]
struct Outcome {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Outcome {
    fn of(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
        let output = command.arg("replay").args(arguments).output().unwrap();
        Self {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The object that is the last line.
    fn json(&self) -> Value {
        serde_json::from_str(self.stdout.lines().last().unwrap()).unwrap()
    }

    fn expect_same(self) -> Self {
        assert_eq!(self.status, Some(0), "{self:?}");
        self
    }

    /// It is refused with one line, which has this text.
    fn expect_refused(&self, text: &str) {
        assert_eq!((self.status, self.stdout.as_str()), (Some(2), ""), "{self:?}");
        assert!(self.stderr.contains(text), "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:?}");
    }
}

/// A folder of journals, gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let name = format!("tickwire-replay-{test}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.0.join(name);
        fs::write(&path, bytes).unwrap();
        path.display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A match of drift, and in what it is unlike the others.
#[derive(Clone)]
struct Plan {
    header: Header,
    ticks: u32,
    /// A speed of the first player from a tick on.
    input: Option<(u32, i32)>,
    /// Another state in place of that of a tick.
    forged: Option<(u32, Vec<u8>)>,
}

fn drift() -> Box<dyn Game> {
    tickwire_drift::create(&GameOptions::default()).unwrap()
}

fn plan() -> Plan {
    let header = Header {
        game: "drift".to_owned(),
        options: [].into(),
        schema_hash: schema_hash(&drift().schema()),
        tick_rate_hz: 30,
        seed: 7,
        first_tick: Tick(0),
        room: "room".to_owned(),
        opened_at_ms: 0,
        capacity: 50,
        spectator_capacity: 50,
        bots: 0,
        server: "0".to_owned(),
    };
    Plan { header, ticks: TICKS, input: None, forged: None }
}

impl Plan {
    fn record(&self) -> Vec<u8> {
        let config = RoomConfig { seed: self.header.seed, ..RoomConfig::default() };
        let mut room = Room::new(config, drift()).unwrap();
        let mut bytes = Vec::new();
        let mut writer = JournalWriter::begin(&self.header, &mut bytes);
        room.attach_writer();
        for name in ["Ada", "Zoë"] {
            let request = SeatRequest { name: name.to_owned(), role: Role::Player, send_every: 1 };
            room.handle_join(None, request, Duration::ZERO).unwrap();
        }
        for tick in 1..=self.ticks {
            if tick == 10 {
                send(&mut room, 2, 1, [50, -20]);
            }
            if let Some((at, speed)) = self.input
                && at == tick
            {
                send(&mut room, 1, 1, [speed, 0]);
            }
            room.step();
            while room.poll_output().is_some() {}
            for piece in room.take_pieces() {
                writer.take(self.forge(piece), &mut bytes);
            }
        }
        let end = End { tick: room.tick(), leader: None, reason: "empty".to_owned() };
        writer.end(&end, &mut bytes);
        bytes
    }

    fn forge(&self, piece: Piece) -> Piece {
        match (piece, &self.forged) {
            (Piece::State { tick, leader, is_keyframe, .. }, Some((at, state)))
                if tick.0 == *at =>
            {
                Piece::State { tick, leader, state: state.clone().into(), is_keyframe }
            }
            (piece, _) => piece,
        }
    }

    /// The world after all its ticks.
    fn state(&self) -> Vec<u8> {
        let journal = Journal::read(self.record()).unwrap().into();
        let make = Arc::new(|| Ok(drift()));
        let mut playback = Playback::new(journal, make).unwrap();
        playback.seek(Tick(self.ticks)).unwrap();
        playback.world().save()
    }
}

fn send(room: &mut Room, player: u32, seq: u16, values: [i32; 2]) {
    let values = InputValues::new(&values).unwrap();
    let input = Input { seq: InputSeq(seq), at: Tick(0), view_age: ViewAge::UNTOLD, values };
    room.handle_input(PlayerId(player), input, Duration::ZERO).unwrap();
}

#[test]
fn a_match_is_computed_again() {
    let folder = Folder::new("good");
    let file = folder.write("a", &plan().record());
    let text = Outcome::of(&[&file]).expect_same().stdout;
    assert!(text.contains("drift: 330 ticks") && text.contains("the same"), "{text}");
    let outcome = Outcome::of(&[&file, "--json"]).expect_same();
    assert_eq!(outcome.stderr, "");
    let report = outcome.json();
    assert_eq!((&report["ticks"], &report["from_tick"]), (&330.into(), &0.into()));
    assert_eq!((&report["to_tick"], &report["game"]), (&330.into(), &"drift".into()));
    assert_eq!((&report["diverged_at"], &report["first_difference"]), (&Value::Null, &Value::Null));
    assert_eq!(report["lost_bytes"], 0);
    let (seconds, speed) =
        (report["seconds"].as_f64().unwrap(), report["speed_x"].as_f64().unwrap());
    assert!((speed * seconds - 11.0).abs() < 1e-6, "{report}");
}

#[test]
fn matches_recorded_for_the_tests_are_computed_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("simulation/tests/matches");
    let mut files = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path().display().to_string();
        Outcome::of(&[&path, "--json"]).expect_same();
        files += 1;
    }
    assert!(files >= 4, "the recorded matches are gone");
}

#[test]
fn until_stops_there() {
    let folder = Folder::new("until");
    let file = folder.write("a", &plan().record());
    for (until, reached) in [("100", 100), ("0", 0), ("9000", 330)] {
        let report = Outcome::of(&[&file, "--json", "--until", until]).expect_same().json();
        assert_eq!((&report["ticks"], &report["to_tick"]), (&reached.into(), &reached.into()));
    }
    // A hash of the very tick is still looked at.
    let forged = Plan { forged: Some((60, plan().state())), ..plan() };
    let file = folder.write("b", &forged.record());
    assert_eq!(Outcome::of(&[&file, "--until", "59"]).status, Some(0));
    assert_eq!(Outcome::of(&[&file, "--until", "60"]).status, Some(1));
}

#[test]
fn dump_prints_the_entities_of_a_tick() {
    let folder = Folder::new("dump");
    let file = folder.write("a", &plan().record());
    let table = |tick| Outcome::of(&[&file, "--dump", tick]).expect_same().stdout;
    let (early, late) = (table("9"), table("200"));
    for table in [&early, &late] {
        let bodies: Vec<_> = table.lines().filter(|line| line.contains("  body")).collect();
        assert_eq!(bodies.len(), 2, "{table}");
        assert!(bodies.iter().all(|line| line.contains("position.0=")), "{table}");
    }
    let of = |table: &str, line| table.lines().nth(line).unwrap().to_owned();
    assert_eq!(of(&early, 0), of(&late, 0), "nobody steers the first one");
    assert_ne!(of(&early, 1), of(&late, 1));
    let report = Outcome::of(&[&file, "--dump", "200", "--json"]).expect_same().json();
    assert_eq!((&report["to_tick"], &report["ticks"]), (&200.into(), &50.into()));
    Outcome::of(&[&file, "--dump", "331"]).expect_refused("invalid value 331 for --dump");
    Outcome::of(&[&file, "--dump", "331"]).expect_refused("the ticks 0 to 330");
    assert_eq!(Outcome::of(&[&file, "--dump", "1", "--until", "2"]).status, Some(2));
}

#[test]
fn what_is_lost_of_a_file_is_told() {
    let folder = Folder::new("damaged");
    let whole = plan().record();
    let half = whole.len() / 2;
    let mut changed = whole.clone();
    changed[half] ^= 0x10;
    for (name, bytes) in [("cut", &whole[..half]), ("changed", &changed)] {
        let outcome = Outcome::of(&[&folder.write(name, bytes), "--json"]).expect_same();
        let report = outcome.json();
        let (lost, reached) = (&report["lost_bytes"], &report["to_tick"]);
        assert!(lost.as_u64().unwrap() > 0, "{outcome:?}");
        assert!((1..330).contains(&reached.as_u64().unwrap()), "{outcome:?}");
        let from = bytes.len() as u64 - lost.as_u64().unwrap();
        let warning = format!("at byte {from}: {lost} bytes from there on are lost");
        assert!(outcome.stderr.starts_with("warning: "), "{outcome:?}");
        assert!(outcome.stderr.contains(&warning), "{outcome:?}");
        assert!(outcome.stderr.contains(&format!("up to tick {reached}\n")), "{outcome:?}");
    }
}

#[test]
fn what_is_no_journal_of_this_server_is_refused() {
    let folder = Folder::new("refused");
    let whole = plan().record();
    let replay = |name: &str, bytes: &[u8]| Outcome::of(&[&folder.write(name, bytes)]);
    replay("empty", b"").expect_refused("not a journal");
    replay("script", b"#!/bin/sh\nexit 1\n").expect_refused("not a journal");
    replay("short", &whole[..20]).expect_refused("nothing of it is left");
    let mut newer = whole;
    newer[8] = 99;
    replay("newer", &newer).expect_refused("version 99; this server reads version 1");
    let missing = folder.0.join("missing").display().to_string();
    Outcome::of(&[&missing]).expect_refused("No such file");
    Outcome::of(&[&folder.0.display().to_string()]).expect_refused("directory");
    Outcome::of(&[&folder.write("good", &plan().record()), "--against", &missing])
        .expect_refused("No such file");
    let with = |change: fn(&mut Header)| {
        let mut plan = plan();
        change(&mut plan.header);
        plan.record()
    };
    let chess = with(|header| header.game = "chess".to_owned());
    replay("chess", &chess).expect_refused("there is no game \"chess\" here");
    let schema = with(|header| header.schema_hash ^= 1);
    replay("schema", &schema).expect_refused("its schema has changed");
    let option = with(|header| header.options = [("size".to_owned(), "1".to_owned())].into());
    replay("option", &option).expect_refused("unknown option \"size\"");
    let rate = with(|header| header.tick_rate_hz = 0);
    replay("rate", &rate).expect_refused("0 ticks a second");
    assert_eq!(Outcome::of(&[]).status, Some(2));
}

#[test]
fn another_match_than_was_recorded_is_found_and_named() {
    let folder = Folder::new("diverged");
    // At tick 150 there is a keyframe: of a match in which the first player has moved.
    let moved = Plan { ticks: 150, input: Some((100, 60)), ..plan() };
    let forged = Plan { forged: Some((150, moved.state())), ..plan() };
    let file = folder.write("a", &forged.record());
    let outcome = Outcome::of(&[&file, "--json"]);
    assert_eq!(outcome.status, Some(1), "{outcome:?}");
    let report = outcome.json();
    assert_eq!(report["diverged_at"], 150);
    let difference = &report["first_difference"];
    assert_eq!((&difference["tick"], &difference["entity"]), (&150.into(), &1.into()));
    assert_eq!(difference["field"], "position.0");
    let value = |side: &str| difference[side].as_str().unwrap().parse::<f64>().unwrap();
    assert_ne!(value("first"), value("second"));
    let text = Outcome::of(&[&file]).stdout;
    assert!(text.contains("differs from what was recorded at tick 150"), "{text}");
    assert!(text.contains("entity 1, position.0 is") && text.contains("as computed"), "{text}");
}

#[test]
fn two_records_of_one_match_are_compared() {
    let folder = Folder::new("against");
    let file = folder.write("a", &plan().record());
    let same = folder.write("same", &plan().record());
    let report = Outcome::of(&[&file, "--against", &same, "--json"]).expect_same().json();
    assert_eq!((&report["ticks"], &report["diverged_at"]), (&330.into(), &Value::Null));

    let shorter = folder.write("shorter", &Plan { ticks: 200, ..plan() }.record());
    let text = Outcome::of(&[&file, "--against", &shorter]).expect_same().stdout;
    assert!(text.contains(&format!("{shorter} ends at tick 200; {file} goes on")), "{text}");

    let other = folder.write("other", &Plan { input: Some((101, 60)), ..plan() }.record());
    let outcome = Outcome::of(&[&file, "--against", &other, "--json"]);
    assert_eq!(outcome.status, Some(1), "{outcome:?}");
    let report = outcome.json();
    assert_eq!(report["diverged_at"], 101);
    let difference = &report["first_difference"];
    assert_eq!((&difference["tick"], &difference["entity"]), (&101.into(), &1.into()));
    assert_eq!(difference["field"], "position.0");
    let value = |side: &str| difference[side].as_str().unwrap().parse::<f64>().unwrap();
    assert!((value("second") - value("first") - 2.0).abs() < 0.1, "60 a second for 1/30 s");
    let until = Outcome::of(&[&file, "--against", &other, "--until", "100"]);
    assert_eq!(until.status, Some(0), "{until:?}");

    // What is too slow to be seen at once is an input first, and seen a little later.
    let slow = folder.write("slow", &Plan { input: Some((101, 1)), ..plan() }.record());
    let outcome = Outcome::of(&[&file, "--against", &slow, "--json"]);
    let report = outcome.json();
    assert_eq!((outcome.status, &report["diverged_at"]), (Some(1), &101.into()));
    assert_eq!(report["first_difference"]["field"], "position.0");

    let mut seed = plan();
    seed.header.seed = 8;
    let text = Outcome::of(&[&file, "--against", &folder.write("seed", &seed.record())]).stdout;
    assert!(text.contains("the seed: 7 in FILE, 8 in OTHER"), "{text}");

    let matches = Path::new(env!("CARGO_MANIFEST_DIR")).join("simulation/tests/matches");
    let arena = matches.join("arena-bots.journal").display().to_string();
    let outcome = Outcome::of(&[&file, "--against", &arena]);
    assert_eq!(outcome.status, Some(1), "{outcome:?}");
    assert!(outcome.stdout.contains("the game is drift in FILE and arena in OTHER"), "{outcome:?}");
}

#[test]
fn the_flags_of_serving_stay_as_they_were() {
    let server = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_server")).args(arguments).output().unwrap()
    };
    assert_eq!(server(&["--tick-rate", "0"]).status.code(), Some(2));
    assert_eq!(server(&["--bind", "127.0.0.1:0", "replay", "x"]).status.code(), Some(2));
    let help = String::from_utf8(server(&["--help"]).stdout).unwrap();
    assert!(help.contains("--bind <ADDR:PORT>") && help.contains("replay"), "{help}");
    assert!(String::from_utf8(server(&["--version"]).stdout).unwrap().starts_with("server "));
}
