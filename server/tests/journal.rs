//! Matches that are written down: what is in their files, and what becomes of them when the server is killed.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use support::process::{Process, refused};
use support::{Client, games};
use tickwire_protocol::ids::{EntityId, InputSeq, Tick};
use tickwire_protocol::message::{
    ClientMessage, Difference, DifferenceRow, Event, Input, InputValues, Interruption, ViewAge,
};
use tickwire_protocol::parts::PartNumber;
use tickwire_simulation::journal::file::{Journal, MarkKind};
use tickwire_simulation::journal::playback::Playback;

const KEY: &str = "--auth-key=0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// A folder of a test's own, gone when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("tickwire-journals-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn flag(&self) -> String {
        format!("--journal-dir={}", self.0.display())
    }

    fn journals(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(&self.0).unwrap().map(|file| file.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|end| end == "journal")).collect()
    }

    /// The one journal that is there.
    fn journal(&self) -> Journal {
        let [path] = &self.journals()[..] else { panic!("one journal") };
        Journal::read(fs::read(path).unwrap()).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Computes the match again: its ticks, all as they were.
fn replay(journal: Journal) -> u32 {
    let header = journal.header().clone();
    let make = Arc::new(move || header.make_game(&games()));
    let mut playback = Playback::new(Arc::new(journal), make).unwrap();
    let mut ticks = 0;
    while playback.step().unwrap().is_some() {
        ticks += 1;
    }
    assert_eq!(playback.divergence(), None);
    ticks
}

async fn steer(client: &mut Client, seq: u16, values: &[i32]) {
    let values = InputValues::new(values).unwrap();
    let input = Input { seq: InputSeq(seq), at: Tick(0), view_age: ViewAge::UNTOLD, values };
    client.send(ClientMessage::Input(input)).await;
}

/// Reads frames up to the one at which an input of this number took effect.
async fn echo(client: &mut Client, seq: u16) {
    while client.frame().await.input.is_none_or(|echo| echo.seq != InputSeq(seq)) {}
}

async fn metric(process: &Process, name: &str) -> f64 {
    let text =
        reqwest::get(format!("{}/metrics", process.url)).await.unwrap().text().await.unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().parse().unwrap()
}

fn resume_url(process: &Process, client: &Client, event: u32) -> String {
    let address = process.url.strip_prefix("http://").unwrap();
    format!("ws://{address}/ws?resume={}&event={event}", client.welcome.resume_token)
}

#[tokio::test]
async fn a_match_is_written_down_to_its_end() {
    let folder = Folder::new();
    let flags = [&folder.flag(), "--bots=2", "--empty-room-timeout=100ms", "--seed=7"];
    let mut process = Process::start(&flags);
    let mut client = process.enter().await;
    steer(&mut client, 1, &[1, 0, 0, 0]).await;
    for _ in 0..40 {
        client.frame().await;
    }
    client.leave().await;
    process.line_with("room closed");
    process.signal("-TERM");
    assert_eq!(process.exit_code(), Some(0));
    let journal = folder.journal();
    assert_eq!((journal.header().game.as_str(), journal.header().seed), ("arena", 7));
    assert_eq!(journal.end().unwrap().reason, "everybody has left");
    let marks: Vec<_> = journal.marks().map(|mark| mark.what).collect();
    let joined =
        |what: &MarkKind| matches!(what, MarkKind::Joined { name, .. } if name == "tester");
    assert!(marks.iter().any(joined), "{marks:?}");
    assert!(replay(journal) >= 40);
}

#[tokio::test]
async fn a_server_that_is_killed_brings_its_rooms_and_players_back() {
    let folder = Folder::new();
    let game = "--default-game=drift";
    let flags = [&folder.flag(), KEY, "--bots=1", game, "--drain-timeout=1s"];
    let mut process = Process::start(&flags);
    let (mut one, mut other) = (process.enter().await, process.enter().await);
    let room = one.welcome.room.clone();
    steer(&mut one, 1, &[90, -40]).await;
    echo(&mut one, 1).await;
    let mut last = (Tick(0), 0);
    for _ in 0..30 {
        let frame = one.frame().await;
        let event = frame.events.last().map_or(last.1, |event| event.number.0);
        last = (frame.tick, event);
        other.frame().await;
    }
    process.signal("-KILL");
    process.exit_code();
    drop(process);

    let mut process = Process::start(&flags);
    assert!(process.log.iter().any(|line| line.contains("a match is brought back")));
    let (players, tokens) = ([one.welcome.player, other.welcome.player], last.1);
    let urls = [resume_url(&process, &one, tokens), resume_url(&process, &other, 0)];
    let mut one = Client::connect(&urls[0]).await;
    let mut other = Client::connect(&urls[1]).await;
    assert_eq!([one.welcome.player, other.welcome.player], players);
    assert_eq!(one.welcome.room, room);
    // At most what was not written yet is lost, and time has stood still.
    let lost = last.0.since(one.welcome.tick);
    assert!((-1..=6).contains(&lost), "{lost} ticks");
    for client in [&mut one, &mut other] {
        let frame = client.frame().await;
        let interrupted = Event::Interrupted { cause: Interruption::Server };
        assert!(frame.is_keyframe);
        assert!(frame.events.iter().any(|received| received.event == interrupted));
    }
    steer(&mut one, 1, &[5, 5]).await;
    echo(&mut one, 1).await;
    assert_eq!(metric(&process, "tickwire_rooms_revived_total ").await, 1.0);
    assert_eq!(metric(&process, "tickwire_desyncs_total ").await, 0.0);
    // The journal goes on, and all of it is one match.
    process.signal("-TERM");
    assert_eq!(process.exit_code(), Some(0));
    let journal = folder.journal();
    assert_eq!(journal.end().unwrap().reason, "the server stopped");
    replay(journal);
    // What came to its end is left alone.
    let mut process = Process::start(&flags);
    assert_eq!(metric(&process, "tickwire_rooms_revived_total ").await, 0.0);
    process.signal("-TERM");
    assert_eq!(process.exit_code(), Some(0));
}

#[tokio::test]
async fn a_match_goes_on_without_those_who_do_not_come_back() {
    let folder = Folder::new();
    let flags = [&folder.flag(), KEY, "--bots=0", "--default-game=drift", "--resume-window=1s"];
    let mut process = Process::start(&flags);
    let (mut one, mut other) = (process.enter().await, process.enter().await);
    for _ in 0..10 {
        one.frame().await;
        other.frame().await;
    }
    process.signal("-KILL");
    process.exit_code();
    let mut process = Process::start(&flags);
    let url = resume_url(&process, &one, 0);
    let mut one = Client::connect(&url).await;
    process.line_with("the match goes on");
    let gone = Event::Left { player: other.welcome.player };
    while !one.frame().await.events.iter().any(|received| received.event == gone) {}
}

#[tokio::test]
async fn a_journal_that_a_crash_has_damaged_is_brought_back_as_far_as_it_is_good() {
    let folder = Folder::new();
    let flags = [&folder.flag(), KEY, "--bots=0", "--default-game=drift", "--drain-timeout=1s"];
    let mut process = Process::start(&flags);
    let mut client = process.enter().await;
    for _ in 0..60 {
        client.frame().await;
    }
    process.signal("-KILL");
    process.exit_code();
    let [path] = &folder.journals()[..] else { panic!("one journal") };
    let mut bytes = fs::read(path).unwrap();
    let length = bytes.len();
    bytes.truncate(length - 2);
    bytes[length - 40] ^= 0x55;
    fs::write(path, &bytes).unwrap();
    // What is no journal is left alone.
    fs::write(folder.0.join("nothing.journal"), b"nothing").unwrap();
    fs::write(folder.0.join("empty.journal"), b"").unwrap();
    let mut process = Process::start(&flags);
    let client = Client::connect(&resume_url(&process, &client, 0)).await;
    assert!(client.welcome.resumed.is_some());
    process.signal("-TERM");
    assert_eq!(process.exit_code(), Some(0));
    replay(Journal::read(fs::read(path).unwrap()).unwrap());
    assert_eq!(fs::read(folder.0.join("nothing.journal")).unwrap(), b"nothing");
}

#[tokio::test]
async fn a_full_disk_ends_the_journal_and_not_the_match() {
    let folder = Folder::new();
    let flags = [&folder.flag(), "--bots=4"];
    let mut process = Process::start_with_little_disk(8, &flags);
    let mut client = process.enter().await;
    let mut seq = 0;
    while metric(&process, "tickwire_journals_broken_total ").await == 0.0 {
        seq += 1;
        steer(&mut client, seq, &[1, 0, 0, i32::from(seq % 2)]).await;
        client.frame().await;
    }
    process.line_with("cannot be written");
    client.frame().await;
    let journal = folder.journal();
    assert_eq!(journal.sound_and_lost().1, 0, "it ends with a whole block");
    assert!(replay(journal) > 0);
}

#[tokio::test]
async fn what_nobody_played_is_not_kept() {
    let folder = Folder::new();
    let flags = [&folder.flag(), "--bots=2", "--empty-room-timeout=100ms"];
    let mut process = Process::start(&flags);
    let (_, joined) = asked(&process, "/api/join", Some(json!({"spectate": true}))).await;
    let mut watcher = Client::connect(joined["ws_url"].as_str().unwrap()).await;
    watcher.frame().await;
    watcher.leave().await;
    process.line_with("room closed");
    process.signal("-TERM");
    assert_eq!(process.exit_code(), Some(0));
    assert_eq!(folder.journals(), Vec::<PathBuf>::new());
}

/// The answer to a request, and its status.
async fn asked(process: &Process, path: &str, body: Option<Value>) -> (u16, Value) {
    let (http, url) = (reqwest::Client::new(), format!("{}{path}", process.url));
    let request = match body {
        Some(body) => http.post(url).json(&body),
        None => http.get(url),
    };
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn a_match_is_no_recording_before_it_is_over() {
    let folder = Folder::new();
    let flags = [&folder.flag(), "--serve-replays", "--bots=1", "--empty-room-timeout=100ms"];
    let mut process = Process::start(&flags);
    let mut client = process.enter().await;
    for _ in 0..40 {
        client.frame().await;
    }
    let (status, listed) = asked(&process, "/api/replays", None).await;
    assert_eq!((status, &listed["replays"], &listed["unreadable"]), (200, &json!([]), &json!([])));
    let path = folder.journals().remove(0);
    let name = path.file_stem().unwrap().to_str().unwrap();
    // Not by another name either.
    fs::copy(&path, folder.0.join("copy.journal")).unwrap();
    for name in [name, "copy"] {
        let (status, refused) = asked(&process, &format!("/api/replays/{name}"), None).await;
        assert_eq!((status, &refused["error"]), (403, &json!("replay_goes_on")), "{name}");
        let (status, refused) = asked(&process, "/api/join", Some(json!({"replay": name}))).await;
        assert_eq!((status, &refused["error"]), (403, &json!("replay_goes_on")), "{name}");
    }
    client.leave().await;
    process.line_with("room closed");
    loop {
        let (status, details) = asked(&process, &format!("/api/replays/{name}"), None).await;
        // Its end may still be on its way to the disk.
        if status == 200 && details["ended"] == json!(true) {
            break;
        }
    }
    let (status, joined) = asked(&process, "/api/join", Some(json!({"replay": name}))).await;
    assert_eq!(status, 200, "{joined}");
    let room = joined["room"].clone();
    let elsewhere = json!({"replay": "copy", "room": room});
    assert_eq!(asked(&process, "/api/join", Some(elsewhere)).await.0, 404);
}

#[tokio::test]
async fn a_copy_that_differs_is_written_down_with_the_frames_that_led_there() {
    let folder = Folder::new();
    let flags = [&folder.flag(), "--bots=0", "--default-game=drift"];
    let mut process = Process::start(&flags);
    let mut client = process.enter().await;
    let frame = client.frame().await;
    client.send(ClientMessage::Recent { frames: vec![vec![0x40, 7], vec![0x41]] }).await;
    let row = DifferenceRow { slot: 0, id: EntityId(77), kind: 0, columns: vec![] };
    let (part, tick) = (PartNumber::cell(0), frame.tick);
    let differs = Difference { part, tick, entities: 1, rows: vec![row] };
    client.send(ClientMessage::Differs(differs)).await;
    process.line_with("desync");
    let report = loop {
        let mut files = fs::read_dir(&folder.0).unwrap().map(|file| file.unwrap().path());
        if let Some(path) = files.find(|path| path.extension().is_some_and(|end| end == "json")) {
            // It may still be on its way to the disk.
            if let Ok(report) = serde_json::from_slice::<Value>(&fs::read(path).unwrap()) {
                break report;
            }
        }
        client.frame().await;
    };
    assert_eq!(report["frames"], json!(["4007", "41"]));
    assert_eq!((&report["tick"], &report["player"]), (&json!(tick.0), &json!(1)));
    assert!(folder.0.join(report["journal"].as_str().unwrap()).with_extension("journal").exists());
}

#[test]
fn a_folder_that_cannot_be_used_is_said_at_the_start() {
    let folder = Folder::new();
    let process = Process::start(&[&folder.flag()]);
    let text = refused(&["--bind=127.0.0.1:0", &folder.flag()]);
    assert!(text.contains("another server writes its journals to"), "{text}");
    drop(process);
    let file = folder.0.join("file");
    fs::write(&file, b"").unwrap();
    let below = Path::new(&file).join("dir");
    let text = refused(&["--bind=127.0.0.1:0", &format!("--journal-dir={}", below.display())]);
    assert!(text.contains("cannot write journals to"), "{text}");
}
