//! The course of a run, second by second: takes the threads' numbers, asks the servers for theirs, and
//! sums up what belongs to a measuring window.

use std::pin::pin;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::time::{Interval, MissedTickBehavior, timeout};

use crate::board::Board;
use crate::cpu;
use crate::crew::{Crew, CrewError, Takings};
use crate::join::Lobby;
use crate::progress::Progress;
use crate::report::Spread;
use crate::server_metrics::{Buckets, ServerMetrics};
use crate::stats::Stats;

/// Time from one sample to the next.
const SAMPLE_PERIOD: Duration = Duration::from_secs(1);
/// Less than this is no second to speak of: it counts in its window, but is no sample.
const SHORTEST_SAMPLE: Duration = Duration::from_millis(200);
/// A server that takes longer to tell its numbers is left out of the sample.
const METRICS_TIMEOUT: Duration = Duration::from_millis(800);

/// About a second of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sample {
    /// Its end, in seconds since the run began.
    pub t_s: f64,
    /// Bots that were playing then.
    pub bots: usize,
    /// Whether it lay in a measuring window.
    pub measured: bool,
    /// State frames of all bots, per second.
    pub updates_per_second: f64,
    /// All WebSocket frames of all bots, in bytes per second.
    pub bytes_per_second: f64,
    /// Between the updates of a connection.
    pub update_gap_ms: Spread,
    /// From sending an input to receiving the update that echoes it.
    pub input_to_update_ms: Spread,
    /// Of all rooms, as far as the servers tell.
    pub server_tick_ms: Quantiles,
    /// From a tick's due time to its beginning, as far as the servers tell.
    pub server_lateness_ms: Quantiles,
    /// Of all servers together, as far as they tell.
    pub server_memory_bytes: Option<f64>,
    /// CPU time of this process, as a share of one core.
    pub load_cores: Option<f64>,
}

/// Quantiles of a duration of the server's, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Quantiles {
    /// Half of them at most this long.
    pub p50: Option<f64>,
    /// 99 of 100 at most this long.
    pub p99: Option<f64>,
}

/// What was summed up over a window.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// The bots' numbers.
    pub takings: Takings,
    /// CPU time of this process.
    pub cpu: Option<Duration>,
    /// What the servers counted in it, where they told at both ends.
    pub server: Option<ServerMetrics>,
}

/// The course of a run so far.
#[derive(Debug)]
pub struct Course<'a> {
    crew: &'a Crew,
    board: &'a Board,
    lobbies: &'a [Lobby],
    progress: &'a Progress,
    /// Whether servers are asked for their numbers.
    asks_servers: bool,
    began: Instant,
    ticker: Interval,
    /// The servers' numbers when they were last told.
    metrics: Option<ServerMetrics>,
    cpu: Option<Duration>,
    /// The window that is open: what it has so far, and CPU time and servers' numbers at its beginning.
    window: Option<(Tally, Option<ServerMetrics>)>,
    /// Incidents of the whole run.
    pub incidents: Stats,
    /// All samples.
    pub series: Vec<Sample>,
}

impl Quantiles {
    /// Of what was counted.
    #[must_use]
    pub fn of(buckets: &Buckets) -> Self {
        Self { p50: buckets.quantile_ms(0.5), p99: buckets.quantile_ms(0.99) }
    }
}

impl<'a> Course<'a> {
    /// Begins.
    #[must_use]
    pub fn new(
        crew: &'a Crew,
        board: &'a Board,
        lobbies: &'a [Lobby],
        progress: &'a Progress,
        asks_servers: bool,
    ) -> Self {
        let mut ticker = tokio::time::interval(SAMPLE_PERIOD);
        ticker.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            crew,
            board,
            lobbies,
            progress,
            asks_servers,
            began: Instant::now(),
            ticker,
            metrics: None,
            cpu: cpu::process_time(),
            window: None,
            incidents: Stats::default(),
            series: Vec::new(),
        }
    }

    /// Time since the beginning.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Goes on until something is done.
    ///
    /// # Errors
    /// [`CrewError`] when a thread has ended.
    pub async fn until<T>(&mut self, done: impl Future<Output = T>) -> Result<T, CrewError> {
        let mut done = pin!(done);
        loop {
            tokio::select! {
                biased;
                result = &mut done => return Ok(result),
                _ = self.ticker.tick() => self.sample().await?,
            }
        }
    }

    /// What comes from now on belongs to a window.
    ///
    /// # Errors
    /// [`CrewError`] when a thread has ended.
    pub async fn open_window(&mut self) -> Result<(), CrewError> {
        self.sample().await?;
        let cpu = self.cpu.map(|_| Duration::ZERO);
        self.window = Some((Tally { cpu, ..Tally::default() }, self.metrics.clone()));
        Ok(())
    }

    /// Ends the window, and sums it up.
    ///
    /// # Errors
    /// [`CrewError`] when a thread has ended.
    pub async fn close_window(&mut self) -> Result<Tally, CrewError> {
        self.sample().await?;
        let (mut tally, before) = self.window.take().unwrap_or_default();
        tally.server =
            self.metrics.as_ref().zip(before.as_ref()).map(|(after, before)| after.since(before));
        Ok(tally)
    }

    /// Takes what has come since the last sample: nothing that happened is to be missed.
    ///
    /// # Errors
    /// [`CrewError`] when a thread has ended.
    pub async fn finish(&mut self) -> Result<(), CrewError> {
        self.sample().await
    }

    async fn sample(&mut self) -> Result<(), CrewError> {
        let takings = self.crew.take().await?;
        let cpu = cpu::process_time();
        let spent = cpu.zip(self.cpu).map(|(after, before)| after.saturating_sub(before));
        self.cpu = cpu;
        self.incidents.add_incidents(&takings.stats);
        let bots = self.board.head_count().playing;
        let measured = self.window.is_some();
        if let Some((tally, _)) = &mut self.window {
            tally.takings.append(&takings);
            tally.cpu = tally.cpu.zip(spent).map(|(sum, spent)| sum + spent);
            self.progress.measured(bots, &tally.takings);
        }
        let t_s = millis_of(self.elapsed());
        let before = self.metrics.take();
        self.metrics = self.ask_servers().await;
        let server = self.metrics.as_ref().zip(before).map(|(after, before)| after.since(&before));
        if takings.length >= SHORTEST_SAMPLE {
            self.series.push(Sample::new(t_s, bots, measured, &takings, spent, server.as_ref()));
        }
        Ok(())
    }

    /// The numbers of all servers together; `None` where one of them does not tell.
    async fn ask_servers(&self) -> Option<ServerMetrics> {
        if !self.asks_servers {
            return None;
        }
        let mut all = ServerMetrics::default();
        for lobby in self.lobbies {
            all.add(&timeout(METRICS_TIMEOUT, lobby.metrics()).await.ok()?.ok()?);
        }
        Some(all)
    }
}

impl Sample {
    fn new(
        t_s: f64,
        bots: usize,
        measured: bool,
        takings: &Takings,
        spent: Option<Duration>,
        server: Option<&ServerMetrics>,
    ) -> Self {
        let Takings { stats, length, .. } = takings;
        let seconds = length.as_secs_f64();
        let per_second = |count: u64| (count as f64 / seconds).round();
        Self {
            t_s,
            bots,
            measured,
            updates_per_second: per_second(stats.updates),
            bytes_per_second: per_second(stats.received_bytes),
            update_gap_ms: Spread::of(&stats.gaps),
            input_to_update_ms: Spread::of(&stats.input_to_update),
            server_tick_ms: server.map(|server| Quantiles::of(&server.ticks)).unwrap_or_default(),
            server_lateness_ms: server
                .map(|server| Quantiles::of(&server.lateness))
                .unwrap_or_default(),
            server_memory_bytes: server.and_then(|server| server.memory_bytes),
            load_cores: spent.map(|spent| millis_of(spent.div_f64(seconds))),
        }
    }
}

/// Seconds, to three decimals.
fn millis_of(time: Duration) -> f64 {
    (time.as_secs_f64() * 1000.0).round() / 1000.0
}
