//! `listeners`: a thousand people who listen to a room's events over HTTP, and come and go. What they are told
//! must cost its ticks nothing: the same room is measured without and with them, in turn.

use std::cell::Cell;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;
use tickwire_bot_client::behavior::Behavior;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::http::{Http, Line};
use super::load::{self, Part, Stage};
use super::server::{Server, ServerError};
use super::verdict::{Target, Verdict};
use super::witness::{MAX_CHANGE, Plan, Witnesses};
use super::{Setting, SiegeError, lobby};

/// A game in which something happens all the time.
const GAME: &str = "arena";
/// Ticks over which a room tells how long they took.
const WINDOW_TICKS: u64 = 300;
/// How often it is asked whether it does.
const POLL: Duration = Duration::from_millis(200);
/// Longest that everything takes that comes about by itself.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a room's ticks took over one window, in milliseconds.
#[derive(Clone, Copy, Debug)]
struct TickTime {
    p50: f64,
    p99: f64,
}

/// How many listen, told and asked for.
struct Audience {
    wanted: watch::Sender<usize>,
    /// Who has been told how the room is.
    told: watch::Receiver<usize>,
}

/// Runs the case.
///
/// # Errors
/// [`SiegeError`].
pub async fn run(setting: &Setting, verdict: &mut Verdict) -> Result<(), SiegeError> {
    let (count, players, rounds) = if setting.short { (20, 3, 1) } else { (1000, 50, 5) };
    let server = Server::start(setting, Ipv4Addr::LOCALHOST, &[]).await?;
    let lobby = lobby(server.address())?;
    let room = lobby.create_room(Some(GAME)).await?.room;
    let (stages, scene) = load::stages();
    let plan = Plan {
        lobby,
        room: room.clone(),
        count: players,
        behavior: Behavior::Chase,
        seed: setting.seed,
    };
    let witnesses = Witnesses::gather(plan, scene).await?;
    let (wanted, asked) = watch::channel(0);
    let (heard, told) = watch::channel(0);
    let line = Line::to(server.address());
    let path = format!("/api/rooms/{room}/events");
    let crowd = load::spawn(Part::Bad, move || listen(line, path, asked, heard))?;
    let mut audience = Audience { wanted, told };
    let mut rooms = Http::connect(&line).await.map_err(ServerError::from)?;
    let (mut without, mut with) = (Vec::new(), Vec::new());
    let (mut memory, mut untold) = (Vec::new(), 0);
    for _ in 0..rounds {
        for (listeners, stage, measured) in
            [(0, Stage::Before, &mut without), (count, Stage::During, &mut with)]
        {
            untold += audience.become_as_many(listeners).await;
            stages.send_replace(stage);
            if !setting.short {
                measured.push(window(&mut rooms, &room).await?);
            }
            memory.push(server.vitals()?.memory);
            stages.send_replace(Stage::Gathering);
        }
    }
    drop(audience);
    crowd.done().await?;
    stages.send_replace(Stage::Over);
    witnesses.testimony().await?.tell(verdict, MAX_CHANGE);

    let told = "listeners who are not told how the room is";
    verdict.outcome(told, Target::Exactly(0.0), untold as f64);
    let [p50, p50_with] = [&without, &with].map(|times| median(times, |time| time.p50));
    let [p99, p99_with] = [&without, &with].map(|times| median(times, |time| time.p99));
    verdict.magnitude("tick p50, nobody listens", "ms", Target::None, p50);
    verdict.magnitude("tick p50, with listeners", "ms", Target::None, p50_with);
    verdict.magnitude("tick p99, nobody listens", "ms", Target::None, p99);
    verdict.magnitude("tick p99, with listeners", "ms", Target::None, p99_with);
    let change = p99.zip(p99_with).map(|(before, after)| (after / before - 1.0) * 100.0);
    verdict.magnitude("tick p99, change", "%", MAX_CHANGE, change);
    if let [empty, full, ..] = memory[..] {
        let each = full.saturating_sub(empty) as f64 / 1024.0 / count as f64;
        verdict.magnitude("memory of the server, each listener", "KiB", Target::None, each);
    }
    server.stop(verdict).await;
    Ok(())
}

impl Audience {
    /// As many listen from now on. How many of them are not told anything.
    async fn become_as_many(&mut self, count: usize) -> usize {
        self.wanted.send_replace(count);
        let all = self.told.wait_for(|&told| told == count);
        let told = timeout(PATIENCE, all).await.ok().and_then(|told| told.ok().map(|told| *told));
        count.abs_diff(told.unwrap_or_else(|| *self.told.borrow()))
    }
}

/// Has as many listen as are asked for, until nobody asks any more.
async fn listen(
    line: Line,
    path: String,
    mut asked: watch::Receiver<usize>,
    heard: watch::Sender<usize>,
) {
    let heard = Rc::new(heard);
    loop {
        let count = *asked.borrow_and_update();
        let told = Rc::new(Cell::new(0));
        heard.send_replace(0);
        let mut listeners = JoinSet::new();
        for _ in 0..count {
            let (path, told, heard) = (path.clone(), Rc::clone(&told), Rc::clone(&heard));
            listeners.spawn_local(async move {
                hear(line, &path, || {
                    told.set(told.get() + 1);
                    heard.send_replace(told.get());
                })
                .await
            });
        }
        if asked.changed().await.is_err() {
            return;
        }
    }
}

/// One listener, who says once that it was told how the room is, and reads on.
async fn hear(line: Line, path: &str, told: impl FnOnce()) -> Option<()> {
    let mut stream = line.connect().await.ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", line.server);
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut told = Some(told);
    let mut received = Vec::with_capacity(4096);
    while stream.read_buf(&mut received).await.ok()? > 0 {
        let has_summary = || received.windows(14).any(|text| text == b"event: summary");
        if told.is_some() && has_summary() {
            told.take()?();
        }
        if told.is_none() {
            received.clear();
        }
    }
    None
}

/// How long ticks took over the next window that begins from now on.
async fn window(rooms: &mut Http, room: &str) -> Result<TickTime, SiegeError> {
    let (tick, _) = status(rooms, room).await?;
    let whole = (tick / WINDOW_TICKS + 2) * WINDOW_TICKS;
    loop {
        sleep(POLL).await;
        let (tick, time) = status(rooms, room).await?;
        // A few ticks later: the window is told with its last tick, or the next one.
        if tick > whole + 2 {
            return Ok(time);
        }
    }
}

async fn status(rooms: &mut Http, room: &str) -> Result<(u64, TickTime), SiegeError> {
    let answer = rooms.get("/api/rooms").await.map_err(ServerError::from)?;
    let listing: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let listed = listing["rooms"].as_array().into_iter().flatten();
    let found = listed.filter(|listed| listed["room"] == room).find_map(|listed| {
        let (p50, p99) = (listed["tick_ms"]["p50"].as_f64()?, listed["tick_ms"]["p99"].as_f64()?);
        Some((listed["tick"].as_u64()?, TickTime { p50, p99 }))
    });
    found.ok_or(SiegeError::Server(ServerError::Restless))
}

fn median(times: &[TickTime], of: fn(&TickTime) -> f64) -> Option<f64> {
    let mut times: Vec<f64> = times.iter().map(of).collect();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied()
}
