//! Many bots: rooms are made, bots get in, play for the measuring window, and leave.
//!
//! ```text
//! create rooms → spawn bots → wait until all are in → measure (where bots cut their connections: wait
//! until they are back) → ask for tick times → leave → report
//! ```

use std::pin::pin;
use std::rc::Rc;
use std::time::{Duration, Instant};

use thiserror::Error;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::timeout;

use crate::args::Args;
use crate::board::{Board, Phase, RoomUsed};
use crate::bot::{self, Plan};
use crate::cpu;
use crate::dial::Dial;
use crate::join::{CallError, JoinRequest, Lobby, TickTime};
use crate::progress::Progress;
use crate::report::{Report, Window};
use crate::view::Detail;

/// Bots that join and connect at the same time.
const ENTERING_AT_ONCE: usize = 50;
/// The run begins without bots that are still on their way in when nobody has come or given up for
/// this long: they may try for ever.
const GATHER_PATIENCE: Duration = Duration::from_secs(45);
/// Bots have this long to say goodbye.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(2);
/// Bots that cut their own connections shortly before the end have this long to come back.
const RETURN_PATIENCE: Duration = Duration::from_secs(10);
/// The live line is drawn this often.
const LIVE_LINE_PERIOD: Duration = Duration::from_millis(200);
/// A bot that is not connected when the window ends.
const AWAY_AT_END: &str = "lost its connection and was not back at the end";
/// A bot that was welcomed, lost its connection before any state came, and did not get in again.
const NEVER_IN: &str = "was still on its way in at the end";

/// How a run went.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The numbers.
    pub report: Report,
    /// What a reader must know before believing them.
    pub warnings: Vec<String>,
}

/// Why there was no run.
#[derive(Debug, Error)]
pub enum SwarmError {
    /// No HTTP client.
    #[error(transparent)]
    Lobby(CallError),
    /// A room could not be created.
    #[error("cannot create a room of {game:?}: {cause}")]
    Room {
        /// The game.
        game: String,
        /// Why.
        cause: CallError,
    },
}

/// Runs bots as the flags say, until the window has passed or `stop` is done.
///
/// # Errors
/// [`SwarmError`] when rooms cannot be created. Bots that fail are part of the outcome.
pub async fn run(
    args: &Args,
    progress: &Progress,
    stop: impl Future<Output = ()>,
) -> Result<Outcome, SwarmError> {
    let lobbies: Vec<_> = args
        .url
        .iter()
        .map(|url| Lobby::new(url.clone()))
        .collect::<Result<_, _>>()
        .map_err(SwarmError::Lobby)?;
    let rooms = create_rooms(args, &lobbies).await?;
    let plans = plans(args, &lobbies, &rooms);
    LocalSet::new().run_until(play(args, &lobbies, plans, progress, stop)).await
}

/// Creates the rooms asked for, on all servers in turn.
async fn create_rooms(args: &Args, lobbies: &[Lobby]) -> Result<Vec<RoomUsed>, SwarmError> {
    let mut rooms = Vec::new();
    for number in 0..args.rooms as usize {
        let server = number % lobbies.len();
        let room = lobbies[server]
            .create_room(Some(&args.game))
            .await
            .map_err(|cause| SwarmError::Room { game: args.game.clone(), cause })?;
        rooms.push(RoomUsed { server, room: room.room });
    }
    Ok(rooms)
}

/// Who goes where: round robin over the rooms where there are any, else over the servers.
fn plans(args: &Args, lobbies: &[Lobby], rooms: &[RoomUsed]) -> Vec<Plan> {
    (0..args.bots as usize)
        .map(|number| {
            let created = (!rooms.is_empty()).then(|| &rooms[number % rooms.len()]);
            let server = created.map_or(number % lobbies.len(), |room| room.server);
            let verifies = is_chosen(number, args.verify_share) || args.behavior.needs_replica();
            Plan {
                number,
                server,
                lobby: lobbies[server].clone(),
                request: JoinRequest {
                    name: format!("bot {}", number + 1),
                    room: created.map(|room| room.room.clone()).or_else(|| args.room.clone()),
                    game: Some(args.game.clone()),
                    ..JoinRequest::default()
                },
                detail: if verifies { Detail::Whole } else { Detail::Prefix },
                behavior: args.behavior,
                input_period: Duration::from_secs_f64(1.0 / args.input_hz),
                dial: Dial::new(number, args.net, args.seed ^ (number as u64) << 32),
                cuts: args.cut_plan(),
                seed: args.seed,
            }
        })
        .collect()
}

/// Chooses this share of all numbers, evenly spread, and at least number 0 when it isn't zero.
fn is_chosen(number: usize, share: f64) -> bool {
    (number as f64 * share).ceil() < ((number + 1) as f64 * share).ceil()
}

async fn play(
    args: &Args,
    lobbies: &[Lobby],
    plans: Vec<Plan>,
    progress: &Progress,
    stop: impl Future<Output = ()>,
) -> Result<Outcome, SwarmError> {
    let board = Rc::new(Board::new(plans.len(), ENTERING_AT_ONCE));
    progress.begin_joining(plans.len());
    let mut bots = JoinSet::new();
    for plan in plans {
        bots.spawn_local(bot::run(plan, board.place()));
    }
    let mut stop = pin!(stop);
    let mut window = Window::default();
    let is_stopped = tokio::select! {
        () = gather(&board, progress) => false,
        () = &mut stop => true,
    };
    if !is_stopped && board.head_count().playing > 0 {
        progress.begin_measuring(args.duration);
        let cpu_before = cpu::process_time();
        let began = Instant::now();
        board.set_phase(Phase::Measuring);
        tokio::select! {
            () = measure(&board, args.duration, progress) => {}
            () = &mut stop => {}
        }
        window.length = began.elapsed();
        window.cpu = cpu::process_time().zip(cpu_before).map(|(after, before)| after - before);
        if args.cut_plan().is_any() {
            board.set_phase(Phase::Returning);
            // Those who are not back by then are counted below.
            let _ = timeout(RETURN_PATIENCE, returned(&board)).await;
        }
    }
    // Whatever happens from here on, as bots leave, is no part of the run.
    board.set_phase(Phase::Over);
    let count = board.head_count();
    let mut failures = board.failures();
    // A run that was stopped early has no right to bots that were still coming.
    let never_in = if is_stopped { 0 } else { count.joining };
    for (cause, bots) in [(AWAY_AT_END, count.away), (NEVER_IN, never_in)] {
        if bots > 0 {
            failures.insert(cause.to_owned(), bots);
        }
    }
    let stats = board.stats().clone();
    let tick = slowest_tick(lobbies, &board).await;
    let goodbyes = async { while bots.join_next().await.is_some() {} };
    // Those who cannot even leave are cut off when `bots` is dropped.
    let _ = timeout(LEAVE_TIMEOUT, goodbyes).await;
    progress.finish();

    let failed = count.failed + count.away + never_in;
    let report = Report::new(&stats, window, count.ever_played, failed, tick);
    let warnings = report.warnings(&failures, stats.refusals);
    Ok(Outcome { report, warnings })
}

/// Waits until every bot is in or has failed, or until no more seem to come.
async fn gather(board: &Board, progress: &Progress) {
    loop {
        let count = board.head_count();
        progress.joined(count.playing);
        if count.joining == 0 && count.away == 0 {
            return;
        }
        if timeout(GATHER_PATIENCE, board.changed()).await.is_err() {
            return;
        }
    }
}

/// Waits for the window to pass, or until nobody is left to measure.
async fn measure(board: &Board, length: Duration, progress: &Progress) {
    let began = Instant::now();
    let mut live_line = tokio::time::interval(LIVE_LINE_PERIOD);
    let mut end = pin!(tokio::time::sleep(length));
    loop {
        tokio::select! {
            () = &mut end => return,
            _ = live_line.tick() => {
                let count = board.head_count();
                if count.playing == 0 && count.away == 0 {
                    return;
                }
                progress.measured(began.elapsed(), count.playing, &board.stats());
            }
        }
    }
}

/// Waits until no bot is on its way back.
async fn returned(board: &Board) {
    while board.head_count().away > 0 {
        board.changed().await;
    }
}

/// The longest tick times among the rooms that bots were in, as far as the servers tell.
async fn slowest_tick(lobbies: &[Lobby], board: &Board) -> Option<TickTime> {
    let used = board.rooms();
    let mut slowest: Option<TickTime> = None;
    for (server, lobby) in lobbies.iter().enumerate() {
        // It is an extra: a server that does not answer has been reported by its bots already.
        for status in lobby.rooms().await.unwrap_or_default() {
            if let Some(tick) = status.tick_ms
                && used.contains(&RoomUsed { server, room: status.room })
            {
                let so_far = slowest.unwrap_or(tick);
                slowest =
                    Some(TickTime { p50: so_far.p50.max(tick.p50), p99: so_far.p99.max(tick.p99) });
            }
        }
    }
    slowest
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[test]
    fn a_share_of_bots_is_chosen_evenly() {
        let chosen = |share| (0..500).filter(|&number| is_chosen(number, share)).count();
        assert_eq!([0.0, 0.02, 0.5, 1.0].map(chosen), [0, 10, 250, 500]);
        assert!(is_chosen(0, 0.001));
    }

    #[tokio::test(start_paused = true)]
    async fn bots_that_never_come_do_not_hold_the_others_up() {
        let board = Rc::new(Board::new(2, 1));
        let _lost = board.place();
        board.place().playing(RoomUsed { server: 0, room: "a".to_owned() });
        let began = tokio::time::Instant::now();
        gather(&board, &Progress::silent()).await;
        assert_eq!(began.elapsed(), GATHER_PATIENCE);
        assert_eq!(board.head_count().joining, 1);
    }

    #[test]
    fn bots_spread_over_rooms_and_servers() {
        let args = Args::parse_from(["bot-client", "--bots", "7", "--game", "drift"]);
        let lobbies: Vec<_> = ["http://a:1", "http://b:1"]
            .iter()
            .map(|url| Lobby::new(url.parse().unwrap()).unwrap())
            .collect();
        let servers = |rooms: &[RoomUsed]| -> Vec<usize> {
            plans(&args, &lobbies, rooms).iter().map(|plan| plan.server).collect()
        };
        assert_eq!(servers(&[]), [0, 1, 0, 1, 0, 1, 0]);
        let rooms: Vec<_> = (0..3)
            .map(|number| RoomUsed { server: number % 2, room: format!("room{number}") })
            .collect();
        assert_eq!(servers(&rooms), [0, 1, 0, 0, 1, 0, 0]);
        let plans = plans(&args, &lobbies, &rooms);
        assert_eq!(plans[4].request.room.as_deref(), Some("room1"));
    }
}
