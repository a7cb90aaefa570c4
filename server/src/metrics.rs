//! What the server counts, in Prometheus' terms. Names begin with `tickwire_`; durations are in
//! seconds, sizes in bytes. On Linux the process's own are there as well: memory, descriptors, CPU time.

mod register;
mod rooms;

use prometheus::{Encoder, Error, IntCounter, IntCounterVec, IntGauge, Registry, TextEncoder};

#[cfg(target_os = "linux")]
use prometheus::process_collector::ProcessCollector;

use register::{counter, counters_by, gauge};
use rooms::RoomMetrics;

pub use rooms::RoomMeter;

/// All metrics of one server.
pub struct Metrics {
    registry: Registry,
    rooms: RoomMetrics,
    /// Open connections.
    pub sessions: IntGauge,
    /// Messages that found their room's inbox full.
    pub inbox_full: IntCounter,
    /// Rooms that ended because their game's rules panicked.
    pub rooms_failed: IntCounter,
    /// Rooms whose rules panicked, made anew.
    pub rooms_mended: IntCounter,
    /// Journals that ended before their match.
    pub journals_broken: IntCounter,
    /// Rooms that were brought back after a crash.
    pub rooms_revived: IntCounter,
    /// Rooms that were taken over from another server.
    pub rooms_taken_over: IntCounter,
    /// Rooms that were handed over to another server.
    pub rooms_handed_over: IntCounter,
    /// Rooms that were given up because another server owns them.
    pub rooms_deposed: IntCounter,
    /// Ticks that rooms have put off.
    pub ticks_held: IntCounter,
    /// Connections that ended before a request of theirs was there.
    pub handshakes_failed: IntCounter,
    /// Members of the lobby.
    pub lobby_members: IntGauge,
    /// Lines said in the lobby here, announcements included.
    pub lobby_lines: IntCounter,
    /// Lines that were not said.
    pub lobby_refused: IntCounter,
    closes: IntCounterVec,
    joins_refused: IntCounterVec,
    rooms_refused: IntCounterVec,
    upgrades_refused: IntCounterVec,
    tls_reloads: IntCounterVec,
}

impl Metrics {
    /// Metrics that are all zero.
    ///
    /// # Errors
    /// When two metrics have one name: a mistake in this module.
    pub fn new() -> Result<Self, Error> {
        let registry = Registry::new();
        #[cfg(target_os = "linux")]
        registry.register(Box::new(ProcessCollector::for_self()))?;
        Ok(Self {
            rooms: RoomMetrics::new(&registry)?,
            sessions: gauge(&registry, "tickwire_sessions", "Open connections")?,
            inbox_full: counter(
                &registry,
                "tickwire_inbox_full_total",
                "Messages that found their room's inbox full",
            )?,
            rooms_failed: counter(
                &registry,
                "tickwire_rooms_failed_total",
                "Rooms that ended because their game's rules panicked",
            )?,
            rooms_mended: counter(
                &registry,
                "tickwire_rooms_mended_total",
                "Times that a game's rules panicked and its room was made anew",
            )?,
            journals_broken: counter(
                &registry,
                "tickwire_journals_broken_total",
                "Journals that ended before their match: the disk, or the writer, could not keep up",
            )?,
            rooms_revived: counter(
                &registry,
                "tickwire_rooms_revived_total",
                "Rooms that were brought back from their journals after a crash",
            )?,
            rooms_taken_over: counter(
                &registry,
                "tickwire_rooms_taken_over_total",
                "Rooms that were taken over from another server of the cluster",
            )?,
            rooms_handed_over: counter(
                &registry,
                "tickwire_rooms_handed_over_total",
                "Rooms that were handed over to another server of the cluster",
            )?,
            rooms_deposed: counter(
                &registry,
                "tickwire_rooms_deposed_total",
                "Rooms that were given up because another server of the cluster owns them",
            )?,
            ticks_held: counter(
                &registry,
                "tickwire_ticks_held_total",
                "Ticks that were put off: the server's lease had run out, or nothing could be kept",
            )?,
            handshakes_failed: counter(
                &registry,
                "tickwire_handshakes_failed_total",
                "Connections that were too slow with a request, or too many, or ended before it",
            )?,
            lobby_members: gauge(&registry, "tickwire_lobby_members", "Members of the lobby")?,
            lobby_lines: counter(
                &registry,
                "tickwire_lobby_lines_total",
                "Lines said in the lobby at this server, announcements included",
            )?,
            lobby_refused: counter(
                &registry,
                "tickwire_lobby_refused_total",
                "Lines that were not said in the lobby: too many, too long, or nothing in them",
            )?,
            closes: counters_by(
                &registry,
                "cause",
                "tickwire_closes_total",
                "Connections that ended, by cause",
            )?,
            joins_refused: counters_by(
                &registry,
                "cause",
                "tickwire_joins_refused_total",
                "Joins refused, by cause",
            )?,
            rooms_refused: counters_by(
                &registry,
                "cause",
                "tickwire_rooms_refused_total",
                "Rooms that were asked for and not opened, by cause",
            )?,
            upgrades_refused: counters_by(
                &registry,
                "cause",
                "tickwire_upgrades_refused_total",
                "Connections refused before they were WebSockets, by cause",
            )?,
            tls_reloads: counters_by(
                &registry,
                "outcome",
                "tickwire_tls_reloads_total",
                "Times that the certificate was read again, by outcome: exchanged, or kept as it was",
            )?,
            registry,
        })
    }

    /// Ticks of all rooms so far, and how many of them took longer than their period.
    #[must_use]
    pub fn ticks(&self) -> (u64, u64) {
        self.rooms.ticks()
    }

    /// Counts a connection's end, by a close reason's label or another word for it.
    pub fn note_close(&self, cause: &str) {
        self.closes.with_label_values(&[cause]).inc();
    }

    /// Counts a refused join, or a room that was not opened, by the path of the request.
    pub fn note_refused(&self, path: &str, cause: &str) {
        let counters = match path {
            "/api/join" => &self.joins_refused,
            "/api/rooms" => &self.rooms_refused,
            _ => return,
        };
        counters.with_label_values(&[cause]).inc();
    }

    /// Counts that the certificate was read again, whether there was a new one or the old one was kept.
    pub fn note_tls_reload(&self, is_exchanged: bool) {
        let outcome = if is_exchanged { "exchanged" } else { "kept" };
        self.tls_reloads.with_label_values(&[outcome]).inc();
    }

    /// Counts a refused upgrade.
    pub fn note_refused_upgrade(&self, cause: &str) {
        self.upgrades_refused.with_label_values(&[cause]).inc();
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use tickwire_simulation::registry::GameOptions;
    use tickwire_simulation::room::{Room, RoomConfig};

    /// Metrics of which each has something to tell, the room that they tell of, and its meter.
    fn all() -> (Arc<Metrics>, RoomMeter) {
        let metrics = Arc::new(Metrics::new().unwrap());
        let game = tickwire_drift::create(&GameOptions::default()).unwrap();
        let mut room = Room::new(RoomConfig { bots: 2, ..RoomConfig::default() }, game).unwrap();
        room.step();
        let mut meter = RoomMeter::new(Arc::clone(&metrics));
        let [tick_time, lateness, moved] = [1, 3, 250].map(Duration::from_millis);
        meter.note_tick(&room, tick_time, lateness, moved);
        metrics.note_close("lost");
        metrics.note_refused("/api/join", "room_full");
        metrics.note_refused("/api/rooms", "too_many_rooms");
        metrics.note_refused_upgrade("server_full");
        metrics.note_tls_reload(true);
        (metrics, meter)
    }

    #[test]
    fn whoever_reads_them_finds_them_by_these_names() {
        let (metrics, _meter) = all();
        let text = metrics.render();
        let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        let names: Vec<_> = types.filter(|name| name.starts_with("tickwire_")).collect();
        assert_eq!(
            names,
            [
                "tickwire_closes_total counter",
                "tickwire_desyncs_total counter",
                "tickwire_frame_bytes_total counter",
                "tickwire_frames_skipped_total counter",
                "tickwire_frames_total counter",
                "tickwire_handshakes_failed_total counter",
                "tickwire_inbox_full_total counter",
                "tickwire_inputs_late_total counter",
                "tickwire_inputs_refused_total counter",
                "tickwire_inputs_total counter",
                "tickwire_joins_refused_total counter",
                "tickwire_journals_broken_total counter",
                "tickwire_keyframes_total counter",
                "tickwire_lobby_lines_total counter",
                "tickwire_lobby_members gauge",
                "tickwire_lobby_refused_total counter",
                "tickwire_members gauge",
                "tickwire_oversized_total counter",
                "tickwire_requests_refused_total counter",
                "tickwire_requests_total counter",
                "tickwire_resumes_total counter",
                "tickwire_rooms gauge",
                "tickwire_rooms_deposed_total counter",
                "tickwire_rooms_failed_total counter",
                "tickwire_rooms_handed_over_total counter",
                "tickwire_rooms_mended_total counter",
                "tickwire_rooms_refused_total counter",
                "tickwire_rooms_revived_total counter",
                "tickwire_rooms_taken_over_total counter",
                "tickwire_sessions gauge",
                "tickwire_slowdowns_total counter",
                "tickwire_tick_lateness_seconds histogram",
                "tickwire_tick_moved_seconds_total counter",
                "tickwire_tick_seconds histogram",
                "tickwire_ticks_held_total counter",
                "tickwire_ticks_overrun_total counter",
                "tickwire_tls_reloads_total counter",
                "tickwire_upgrades_refused_total counter",
            ]
        );
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_process_tells_its_memory() {
        let text = all().0.render();
        let bytes =
            text.lines().find_map(|line| line.strip_prefix("process_resident_memory_bytes "));
        assert!(bytes.unwrap().parse::<f64>().unwrap() > 1e6);
    }

    #[test]
    fn a_room_is_counted_until_it_ends() {
        let (metrics, meter) = all();
        let text = metrics.render();
        for line in [
            "tickwire_rooms 1",
            "tickwire_members{role=\"bot\"} 2",
            "tickwire_tick_seconds_sum 0.001",
            "tickwire_tick_lateness_seconds_sum 0.003",
            "tickwire_tick_moved_seconds_total 0.25",
            "tickwire_closes_total{cause=\"lost\"} 1",
            "tickwire_joins_refused_total{cause=\"room_full\"} 1",
        ] {
            assert!(text.lines().any(|told| told == line), "{line} is not in\n{text}");
        }
        drop(meter);
        let text = metrics.render();
        for line in ["tickwire_rooms 0", "tickwire_members{role=\"bot\"} 0"] {
            assert!(text.lines().any(|told| told == line), "{line} is not in\n{text}");
        }
    }
}
