//! Many bots: rooms are made, bots get in, play for the measuring window, and leave.
//!
//! ```text
//! create rooms → threads → bots enter → wait until all are in → measure (where bots cut their
//! connections: wait until they are back) → ask for tick times → leave → report
//!                                       └ for a capacity: again with more or fewer, level by level
//! ```

use std::sync::Arc;
use std::time::{Duration, Instant};

use thiserror::Error;
use tokio::time::timeout;

use crate::args::Args;
use crate::board::{Board, HeadCount, Phase, Roll, RoomUsed};
use crate::casting::Casting;
use crate::course::{Course, Sample, Tally};
use crate::cpu;
use crate::crew::{Crew, CrewError};
use crate::join::{CallError, Lobby, TickTime};
use crate::levels;
use crate::progress::Progress;
use crate::report::{Report, Window};
use crate::stats::Stats;
use crate::trust::Trust;

/// Bots that join and connect at the same time.
const ENTERING_AT_ONCE: usize = 50;
/// The run begins without bots that are still on their way in when nobody has come or given up for
/// this long: they may try for ever.
const GATHER_PATIENCE: Duration = Duration::from_secs(45);
/// Bots that cut their own connections shortly before the end have this long to come back.
const RETURN_PATIENCE: Duration = Duration::from_secs(10);
/// The shortest pause between two bots that enter at a rate; at higher rates several enter at once.
const ENTER_PERIOD: Duration = Duration::from_millis(5);
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
    /// The run, second by second.
    pub series: Vec<Sample>,
    /// What was seen in the window that the report is about.
    pub stats: Stats,
}

/// Why there was no run.
#[derive(Debug, Error)]
pub enum SwarmError {
    /// A room could not be created.
    #[error("cannot create a room of {game:?}: {cause}")]
    Room {
        /// The game.
        game: String,
        /// Why.
        cause: CallError,
    },
    /// No thread, or not to the end.
    #[error(transparent)]
    Crew(#[from] CrewError),
}

/// All that takes part in a run, beside its bots.
pub(crate) struct Stage<'a> {
    pub(crate) args: &'a Args,
    pub(crate) board: &'a Board,
    pub(crate) crew: &'a Crew,
    pub(crate) lobbies: &'a [Lobby],
    pub(crate) progress: &'a Progress,
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
    let trust = args.trust();
    let lobbies = lobbies(args, &trust);
    let rooms = create_rooms(args, &lobbies).await?;
    let board = Arc::new(Board::new(ENTERING_AT_ONCE));
    let casting = Casting::new(args.clone(), rooms);
    // HTTP clients are not shared: their connections belong to the runtime that opened them.
    let of_threads = (0..args.thread_count()).map(|_| self::lobbies(args, &trust)).collect();
    let crew = Crew::start(of_threads, &casting, &board)?;
    let stage = Stage { args, board: &board, crew: &crew, lobbies: &lobbies, progress };
    let outcome =
        if args.find_capacity { levels::find(&stage, stop).await } else { stage.play(stop).await };
    board.set_phase(Phase::Over);
    crew.leave();
    progress.finish();
    Ok(outcome?)
}

fn lobbies(args: &Args, trust: &Trust) -> Vec<Lobby> {
    args.url.iter().map(|url| Lobby::trusting(url.clone(), trust.clone())).collect()
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

impl Stage<'_> {
    /// The course of a run that begins now.
    pub(crate) fn course(&self) -> Course<'_> {
        let Self { args, board, crew, lobbies, progress } = *self;
        let asks_servers = args.find_capacity || args.report.is_some();
        Course::new(crew, board, lobbies, progress, asks_servers)
    }

    /// One window with all bots.
    async fn play(&self, stop: impl Future<Output = ()>) -> Result<Outcome, CrewError> {
        let Self { args, board, progress, .. } = *self;
        let mut course = self.course();
        let mut stop = std::pin::pin!(stop);
        let bots = args.bots as usize;
        progress.begin_joining(bots);
        board.expect(bots);
        let all_in = async { tokio::join!(self.enter((0..bots).collect()), self.gather()) };
        let is_stopped = course.until(first(all_in, &mut stop)).await?;
        let mut tally = Tally::default();
        if !is_stopped && board.head_count().playing > 0 {
            progress.begin_measuring(args.duration);
            course.open_window().await?;
            board.set_phase(Phase::Measuring);
            course.until(first(self.measure(args.duration), &mut stop)).await?;
            tally = course.close_window().await?;
            if args.cut_plan().is_any() {
                board.set_phase(Phase::Returning);
                // Those who are not back by then are counted below.
                let _ = course.until(timeout(RETURN_PATIENCE, self.returned())).await?;
            }
        }
        course.finish().await?;
        self.conclude(course, &tally, is_stopped).await
    }

    /// The outcome of a window.
    async fn conclude(
        &self,
        mut course: Course<'_>,
        tally: &Tally,
        is_stopped: bool,
    ) -> Result<Outcome, CrewError> {
        let board = self.board;
        course.finish().await?;
        // Taken at one moment: whatever happens from here on, as bots leave, is no part of the run.
        let roll = board.snapshot();
        board.set_phase(Phase::Over);
        // A run that was stopped early has no right to bots that were still coming.
        let never_in = if is_stopped { 0 } else { roll.count.joining };
        let Roll { count, mut failures, .. } = roll;
        for (cause, bots) in [(AWAY_AT_END, count.away), (NEVER_IN, never_in)] {
            if bots > 0 {
                failures.insert(cause.to_owned(), bots);
            }
        }
        let failed = count.failed + count.away + never_in;
        let tick = self.slowest_tick().await;
        // What happened before and after the window counts as well; what flowed does not.
        let stats = tally.takings.stats.with_incidents(&course.incidents);
        let window = self.window(tally);
        let report = Report::new(&stats, &window, count.ever_played, failed, tick);
        let warnings = report.warnings(&failures, stats.refusals);
        Ok(Outcome { report, warnings, series: course.series, stats })
    }

    /// Sends bots in: all at once, or at the rate asked for.
    pub(crate) async fn enter(&self, numbers: Vec<usize>) {
        let began = Instant::now();
        for (index, number) in numbers.into_iter().enumerate() {
            if let Some(ramp) = self.args.ramp {
                let due = Duration::from_secs_f64(index as f64 / ramp);
                while began.elapsed() < due {
                    tokio::time::sleep((due - began.elapsed()).max(ENTER_PERIOD)).await;
                }
            }
            self.crew.enter(number);
        }
    }

    /// Waits until every bot is in or has failed, or until no more seem to come.
    pub(crate) async fn gather(&self) {
        gather(self.board, self.progress).await;
    }

    /// Waits for a window to pass, or until nobody is left to measure.
    pub(crate) async fn measure(&self, length: Duration) {
        let all_gone = async {
            while self.board.head_count().present() > 0 {
                self.board.changed().await;
            }
        };
        // Either will do.
        let _ = timeout(length, all_gone).await;
    }

    /// Waits until no bot is on its way back.
    async fn returned(&self) {
        while self.board.head_count().away > 0 {
            self.board.changed().await;
        }
    }

    /// What a report needs to know of a window.
    pub(crate) fn window(&self, tally: &Tally) -> Window {
        let threads = self.crew.threads();
        Window {
            length: tally.takings.length,
            cpu: tally.cpu,
            busiest_thread: tally.takings.thread_cpu.iter().max().copied(),
            threads,
            // Threads beyond the cores do not make the process any faster.
            lanes: threads.min(cpu::cores()),
        }
    }

    /// The longest tick times among the rooms that bots were in, as far as the servers tell.
    pub(crate) async fn slowest_tick(&self) -> Option<TickTime> {
        let used = self.board.snapshot().rooms;
        let mut slowest: Option<TickTime> = None;
        for (server, lobby) in self.lobbies.iter().enumerate() {
            // It is an extra: a server that does not answer has been reported by its bots already.
            for status in lobby.rooms().await.unwrap_or_default() {
                if let Some(tick) = status.tick_ms
                    && used.contains(&RoomUsed { server, room: status.room })
                {
                    let TickTime { p50, p99 } = slowest.unwrap_or(tick);
                    slowest = Some(TickTime { p50: p50.max(tick.p50), p99: p99.max(tick.p99) });
                }
            }
        }
        slowest
    }
}

/// Waits for one of both; says whether it was the second.
pub(crate) async fn first<T>(
    done: impl Future<Output = T>,
    stop: impl Future<Output = ()>,
) -> bool {
    tokio::select! {
        _ = done => false,
        () = stop => true,
    }
}

async fn gather(board: &Board, progress: &Progress) {
    loop {
        let count: HeadCount = board.head_count();
        progress.joined(count.playing);
        if count.on_the_way() == 0 {
            return;
        }
        if timeout(GATHER_PATIENCE, board.changed()).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    #[tokio::test(start_paused = true)]
    async fn bots_that_never_come_do_not_hold_the_others_up() {
        let board = Arc::new(Board::new(1));
        board.expect(2);
        let stats = Rc::default();
        let _lost = board.place(0, &stats);
        let mut other = board.place(1, &stats);
        other.playing(RoomUsed { server: 0, room: "a".to_owned() });
        let began = tokio::time::Instant::now();
        gather(&board, &Progress::silent()).await;
        assert_eq!(began.elapsed(), GATHER_PATIENCE);
        assert_eq!(board.head_count().joining, 1);
    }
}
