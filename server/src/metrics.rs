//! What the server counts, in Prometheus' terms. Names begin with `tickwire_`; durations are in
//! seconds, sizes in bytes.

use std::sync::Arc;
use std::time::Duration;

use prometheus::{
    Encoder, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry, TextEncoder,
};
use tickwire_protocol::message::Role;
use tickwire_simulation::room::{Room, RoomCounters};

/// Bounds of tick-time buckets, in seconds: 20 µs to 100 ms.
const TICK_BUCKETS: [f64; 12] =
    [2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 1e-1];

/// All metrics of one server.
pub struct Metrics {
    registry: Registry,
    /// Rooms that are open.
    pub rooms: IntGauge,
    /// Members of rooms, by role.
    members: IntGaugeVec,
    /// Open connections.
    pub sessions: IntGauge,
    tick_seconds: Histogram,
    lateness_seconds: Histogram,
    moved_seconds: prometheus::Counter,
    frames: IntCounter,
    frame_bytes: IntCounter,
    frames_skipped: IntCounter,
    keyframes: IntCounter,
    desyncs: IntCounter,
    oversized: IntCounter,
    inputs: IntCounter,
    inputs_late: IntCounter,
    inputs_refused: IntCounter,
    /// Messages that found their room's inbox full.
    pub inbox_full: IntCounter,
    closes: IntCounterVec,
    joins_refused: IntCounterVec,
}

impl Metrics {
    /// Metrics that are all zero.
    ///
    /// # Errors
    /// When two metrics have one name: a mistake in this file.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let counter = |name: &str, help: &str| -> Result<IntCounter, prometheus::Error> {
            let counter = IntCounter::new(name, help)?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let gauge = |name: &str, help: &str| -> Result<IntGauge, prometheus::Error> {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        let histogram = |name: &str, help: &str| -> Result<Histogram, prometheus::Error> {
            let options = HistogramOpts::new(name, help).buckets(TICK_BUCKETS.to_vec());
            let histogram = Histogram::with_opts(options)?;
            registry.register(Box::new(histogram.clone()))?;
            Ok(histogram)
        };
        let by_cause = |name: &str, help: &str| -> Result<IntCounterVec, prometheus::Error> {
            let counters = IntCounterVec::new(Opts::new(name, help), &["cause"])?;
            registry.register(Box::new(counters.clone()))?;
            Ok(counters)
        };
        let members = IntGaugeVec::new(
            Opts::new("tickwire_members", "Members of rooms, by role"),
            &["role"],
        )?;
        registry.register(Box::new(members.clone()))?;
        let moved_seconds = prometheus::Counter::new(
            "tickwire_tick_moved_seconds_total",
            "Time by which rooms moved their ticks because they could not keep them",
        )?;
        registry.register(Box::new(moved_seconds.clone()))?;
        Ok(Self {
            rooms: gauge("tickwire_rooms", "Rooms that are open")?,
            members,
            sessions: gauge("tickwire_sessions", "Open connections")?,
            tick_seconds: histogram("tickwire_tick_seconds", "Time that a room's tick takes")?,
            lateness_seconds: histogram(
                "tickwire_tick_lateness_seconds",
                "Time from a tick's deadline to its beginning",
            )?,
            moved_seconds,
            frames: counter("tickwire_frames_total", "State frames queued")?,
            frame_bytes: counter("tickwire_frame_bytes_total", "Bytes of state frames queued")?,
            frames_skipped: counter(
                "tickwire_frames_skipped_total",
                "Frames not encoded because their client was behind",
            )?,
            keyframes: counter("tickwire_keyframes_total", "Keyframes among the state frames")?,
            desyncs: counter(
                "tickwire_desyncs_total",
                "Reports of clients whose copy of the state differed",
            )?,
            oversized: counter(
                "tickwire_oversized_total",
                "Clients sent away because what they should see cannot be sent",
            )?,
            inputs: counter("tickwire_inputs_total", "Inputs taken in")?,
            inputs_late: counter(
                "tickwire_inputs_late_total",
                "Inputs that came after the tick they named",
            )?,
            inputs_refused: counter(
                "tickwire_inputs_refused_total",
                "Inputs and messages that were refused",
            )?,
            inbox_full: counter(
                "tickwire_inbox_full_total",
                "Messages that found their room's inbox full",
            )?,
            closes: by_cause("tickwire_closes_total", "Connections that ended, by cause")?,
            joins_refused: by_cause("tickwire_joins_refused_total", "Joins refused, by cause")?,
            registry,
        })
    }

    /// Counts a connection's end, by a close reason's label or another word for it.
    pub fn note_close(&self, cause: &str) {
        self.closes.with_label_values(&[cause]).inc();
    }

    /// Counts a refused join.
    pub fn note_refused_join(&self, cause: &str) {
        self.joins_refused.with_label_values(&[cause]).inc();
    }

    /// All metrics in Prometheus' text format.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = Vec::new();
        // Writing to a vector does not fail, and our own metrics are well-formed.
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut text);
        String::from_utf8_lossy(&text).into_owned()
    }
}

/// Adds what one room has counted to the server's metrics; takes its members out again when
/// dropped.
pub struct RoomMeter {
    metrics: Arc<Metrics>,
    counted: RoomCounters,
    moved: Duration,
    members: [(Role, i64); 3],
}

impl RoomMeter {
    /// A meter for a room that opens now.
    #[must_use]
    pub fn new(metrics: Arc<Metrics>) -> Self {
        metrics.rooms.inc();
        Self {
            metrics,
            counted: RoomCounters::default(),
            moved: Duration::ZERO,
            members: [(Role::Player, 0), (Role::Spectator, 0), (Role::Bot, 0)],
        }
    }

    /// Counts one tick and everything since the last one.
    pub fn note_tick(
        &mut self,
        room: &Room,
        tick_time: Duration,
        lateness: Duration,
        moved: Duration,
    ) {
        let (metrics, new, old) = (&self.metrics, room.counters(), &self.counted);
        metrics.tick_seconds.observe(tick_time.as_secs_f64());
        metrics.lateness_seconds.observe(lateness.as_secs_f64());
        metrics.moved_seconds.inc_by((moved - self.moved).as_secs_f64());
        metrics.frames.inc_by(new.frames - old.frames);
        metrics.frame_bytes.inc_by(new.frame_bytes - old.frame_bytes);
        metrics.frames_skipped.inc_by(new.frames_skipped - old.frames_skipped);
        metrics.keyframes.inc_by(new.keyframes - old.keyframes);
        metrics.desyncs.inc_by(new.desyncs - old.desyncs);
        metrics.oversized.inc_by(new.oversized - old.oversized);
        metrics.inputs.inc_by(new.inputs - old.inputs);
        metrics.inputs_late.inc_by(new.inputs_late - old.inputs_late);
        metrics.inputs_refused.inc_by(new.inputs_refused - old.inputs_refused);
        self.counted = *new;
        self.moved = moved;
        self.note_members(|role| room.count(role) as i64);
    }

    fn note_members(&mut self, count: impl Fn(Role) -> i64) {
        for (role, noted) in &mut self.members {
            let now = count(*role);
            if now != *noted {
                let gauge = self.metrics.members.with_label_values(&[label(*role)]);
                gauge.add(now - *noted);
                *noted = now;
            }
        }
    }
}

impl Drop for RoomMeter {
    fn drop(&mut self) {
        self.note_members(|_| 0);
        self.metrics.rooms.dec();
    }
}

const fn label(role: Role) -> &'static str {
    match role {
        Role::Player => "player",
        Role::Spectator => "spectator",
        Role::Bot => "bot",
    }
}
