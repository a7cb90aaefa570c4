//! A search for a server's capacity, with real bots: brings their number to each level that the
//! [`Search`] names, lets it settle, holds it for the measuring window, and judges.

use std::pin::pin;
use std::time::Duration;

use tokio::time::timeout;

use crate::capacity::{Level, Search};
use crate::course::{Course, Quantiles, Tally};
use crate::crew::{CrewError, LEAVE_TIMEOUT};
use crate::report::Report;
use crate::report::capacity::Capacity;
use crate::stats::Stats;
use crate::swarm::{Outcome, Stage, first};

/// Time from a level's last bot to its window, or that of the window where it is shorter: what joining
/// costs is no part of it.
const SETTLE: Duration = Duration::from_secs(2);

/// Tries levels until the highest that holds is found, or `stop` is done.
pub(crate) async fn find(
    stage: &Stage<'_>,
    stop: impl Future<Output = ()>,
) -> Result<Outcome, CrewError> {
    let args = stage.args;
    let mut stop = pin!(stop);
    let mut course = stage.course();
    let mut search = Search::new(args.bots as usize, args.max_bots as usize);
    let mut tried = Vec::new();
    let mut present = 0;
    while let Some(bots) = search.next() {
        stage.progress.begin_joining(bots);
        let settled = async {
            bring_to(stage, bots, present).await;
            tokio::time::sleep(SETTLE.min(args.duration)).await;
        };
        if course.until(first(settled, &mut stop)).await? {
            break;
        }
        present = bots;
        let Some(tally) = hold(stage, &mut course, &mut stop).await? else { break };
        let level = judge(stage, bots, &tally).await;
        search.note(bots, level.cause);
        stage.progress.tell(&level);
        tried.push((level, tally.takings.stats));
    }
    course.finish().await?;
    Ok(outcome(search, tried, course, args.duration))
}

/// Makes it so many bots that play, of whom some are there already.
async fn bring_to(stage: &Stage<'_>, bots: usize, present: usize) {
    let board = stage.board;
    board.set_wanted(bots);
    let mut numbers = board.take_failed(bots.min(present));
    numbers.extend(present..bots);
    let left = async {
        while board.has_any_from(bots) {
            board.changed().await;
        }
    };
    if timeout(LEAVE_TIMEOUT, left).await.is_err() {
        // Those on their way do not see that they are to leave.
        stage.crew.cut_off(bots);
    }
    board.expect(numbers.len());
    tokio::join!(stage.enter(numbers), stage.gather());
}

/// What was seen in a window; `None` when it was stopped.
async fn hold(
    stage: &Stage<'_>,
    course: &mut Course<'_>,
    stop: &mut (impl Future<Output = ()> + Unpin),
) -> Result<Option<Tally>, CrewError> {
    let length = stage.args.duration;
    stage.progress.begin_measuring(length);
    course.open_window().await?;
    let is_stopped = course.until(first(stage.measure(length), stop)).await?;
    let tally = course.close_window().await?;
    Ok((!is_stopped).then_some(tally))
}

async fn judge(stage: &Stage<'_>, bots: usize, tally: &Tally) -> Level {
    let count = stage.board.head_count();
    let lateness = tally.server.as_ref().map(|server| Quantiles::of(&server.lateness));
    let tick = stage.slowest_tick().await;
    let failed = bots.saturating_sub(count.playing);
    let window = stage.window(tally);
    let report = Report::new(&tally.takings.stats, &window, count.playing, failed, tick);
    Level::new(bots, report, lateness.unwrap_or_default(), stage.args.limits())
}

/// The report is that of the highest level that held, or else of the lowest that was tried.
fn outcome(
    search: Search,
    tried: Vec<(Level, Stats)>,
    course: Course<'_>,
    held_for: Duration,
) -> Outcome {
    let chosen = tried
        .iter()
        .filter(|(level, _)| level.held)
        .max_by_key(|(level, _)| level.bots)
        .or_else(|| tried.iter().min_by_key(|(level, _)| level.bots));
    let (report, stats) = chosen.map_or_else(
        || {
            let nothing = Stats::default();
            (Report::new(&nothing, &crate::report::Window::default(), 0, 0, None), nothing)
        },
        |(level, stats)| (level.report.clone(), stats.clone()),
    );
    let levels = tried.into_iter().map(|(level, _)| level).collect();
    let capacity = Capacity::new(search, held_for, levels);
    let warnings = capacity.warnings();
    // Wherever a replica differed, it is a mistake.
    let desyncs = course.incidents.desyncs;
    let report = Report { desyncs, ..report.with_capacity(capacity) };
    Outcome { report, warnings, series: course.series, stats }
}
