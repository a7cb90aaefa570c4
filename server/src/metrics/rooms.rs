//! What rooms count, added up over all of them: ticks, frames, inputs, members.

use std::sync::Arc;
use std::time::Duration;

use prometheus::{Counter, Error, Histogram, IntCounter, IntGauge, IntGaugeVec, Registry};
use tickwire_protocol::message::Role;
use tickwire_simulation::room::{Room, RoomCounters};

use super::Metrics;
use super::register::{counter, gauge, gauges_by, histogram, total_seconds};

/// Bounds of tick-time buckets, in seconds: 20 µs to 100 ms.
const TICK_BUCKETS: [f64; 12] =
    [2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 1e-1];

/// Metrics of all rooms of a server.
pub(super) struct RoomMetrics {
    open: IntGauge,
    members: IntGaugeVec,
    ticks: TickMetrics,
    frames: FrameMetrics,
    inputs: InputMetrics,
}

impl RoomMetrics {
    /// Ticks so far, and how many of them took too long.
    pub(super) fn ticks(&self) -> (u64, u64) {
        (self.ticks.seconds.get_sample_count(), self.ticks.overrun.get())
    }

    pub(super) fn new(registry: &Registry) -> Result<Self, Error> {
        Ok(Self {
            open: gauge(registry, "tickwire_rooms", "Rooms that are open")?,
            members: gauges_by(registry, "role", "tickwire_members", "Members of rooms, by role")?,
            ticks: TickMetrics::new(registry)?,
            frames: FrameMetrics::new(registry)?,
            inputs: InputMetrics::new(registry)?,
        })
    }
}

struct TickMetrics {
    seconds: Histogram,
    lateness_seconds: Histogram,
    moved_seconds: Counter,
    overrun: IntCounter,
    slowdowns: IntCounter,
}

impl TickMetrics {
    fn new(registry: &Registry) -> Result<Self, Error> {
        Ok(Self {
            seconds: histogram(
                registry,
                "tickwire_tick_seconds",
                "Time that a room's tick takes",
                &TICK_BUCKETS,
            )?,
            lateness_seconds: histogram(
                registry,
                "tickwire_tick_lateness_seconds",
                "Time from a tick's deadline to its beginning",
                &TICK_BUCKETS,
            )?,
            moved_seconds: total_seconds(
                registry,
                "tickwire_tick_moved_seconds_total",
                "Time by which rooms moved their ticks because they could not keep them",
            )?,
            overrun: counter(
                registry,
                "tickwire_ticks_overrun_total",
                "Ticks that took longer than their period",
            )?,
            slowdowns: counter(
                registry,
                "tickwire_slowdowns_total",
                "Times that a room began to send less often because it could not keep its ticks",
            )?,
        })
    }
}

struct FrameMetrics {
    queued: IntCounter,
    bytes: IntCounter,
    skipped: IntCounter,
    keyframes: IntCounter,
    desyncs: IntCounter,
    oversized: IntCounter,
    resumes: IntCounter,
}

impl FrameMetrics {
    fn new(registry: &Registry) -> Result<Self, Error> {
        let counter = |name, help| counter(registry, name, help);
        Ok(Self {
            queued: counter("tickwire_frames_total", "State frames queued")?,
            bytes: counter("tickwire_frame_bytes_total", "Bytes of state frames queued")?,
            skipped: counter(
                "tickwire_frames_skipped_total",
                "Frames not encoded because their client was behind",
            )?,
            keyframes: counter("tickwire_keyframes_total", "Keyframes among the state frames")?,
            desyncs: counter(
                "tickwire_desyncs_total",
                "Reports of clients whose copy of the state differed",
            )?,
            resumes: counter(
                "tickwire_resumes_total",
                "Players who came back after their connection was lost",
            )?,
            oversized: counter(
                "tickwire_oversized_total",
                "Clients sent away because what they should see cannot be sent",
            )?,
        })
    }

    fn note(&self, new: &RoomCounters, old: &RoomCounters) {
        self.queued.inc_by(new.frames - old.frames);
        self.bytes.inc_by(new.frame_bytes - old.frame_bytes);
        self.skipped.inc_by(new.frames_skipped - old.frames_skipped);
        self.keyframes.inc_by(new.keyframes - old.keyframes);
        self.desyncs.inc_by(new.desyncs - old.desyncs);
        self.oversized.inc_by(new.oversized - old.oversized);
        self.resumes.inc_by(new.resumes - old.resumes);
    }
}

struct InputMetrics {
    taken: IntCounter,
    late: IntCounter,
    refused: IntCounter,
    requests: IntCounter,
    requests_refused: IntCounter,
}

impl InputMetrics {
    fn new(registry: &Registry) -> Result<Self, Error> {
        let counter = |name, help| counter(registry, name, help);
        Ok(Self {
            taken: counter("tickwire_inputs_total", "Inputs taken in")?,
            late: counter(
                "tickwire_inputs_late_total",
                "Inputs that came after the tick they named",
            )?,
            refused: counter(
                "tickwire_inputs_refused_total",
                "Inputs and messages that were refused",
            )?,
            requests: counter("tickwire_requests_total", "Requests that were answered")?,
            requests_refused: counter(
                "tickwire_requests_refused_total",
                "Requests that were answered with a refusal",
            )?,
        })
    }

    fn note(&self, new: &RoomCounters, old: &RoomCounters) {
        self.taken.inc_by(new.inputs - old.inputs);
        self.late.inc_by(new.inputs_late - old.inputs_late);
        self.refused.inc_by(new.inputs_refused - old.inputs_refused);
        self.requests.inc_by(new.requests - old.requests);
        self.requests_refused.inc_by(new.requests_refused - old.requests_refused);
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
        metrics.rooms.open.inc();
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
        let RoomMetrics { ticks, frames, inputs, .. } = &self.metrics.rooms;
        ticks.seconds.observe(tick_time.as_secs_f64());
        ticks.lateness_seconds.observe(lateness.as_secs_f64());
        if tick_time * u32::from(room.config().tick_rate_hz) > Duration::from_secs(1) {
            ticks.overrun.inc();
        }
        ticks.moved_seconds.inc_by((moved - self.moved).as_secs_f64());
        ticks.slowdowns.inc_by(room.counters().slowdowns - self.counted.slowdowns);
        frames.note(room.counters(), &self.counted);
        inputs.note(room.counters(), &self.counted);
        self.counted = *room.counters();
        self.moved = moved;
        self.note_members(|role| room.count(role) as i64);
    }

    fn note_members(&mut self, count: impl Fn(Role) -> i64) {
        for (role, noted) in &mut self.members {
            let now = count(*role);
            if now != *noted {
                let gauge = self.metrics.rooms.members.with_label_values(&[label(*role)]);
                gauge.add(now - *noted);
                *noted = now;
            }
        }
    }
}

impl Drop for RoomMeter {
    fn drop(&mut self) {
        self.note_members(|_| 0);
        self.metrics.rooms.open.dec();
    }
}

const fn label(role: Role) -> &'static str {
    match role {
        Role::Player => "player",
        Role::Spectator => "spectator",
        Role::Bot => "bot",
    }
}
