//! The server's own figures, read from the text of `GET /metrics`. Pure.

use std::collections::HashMap;

/// The values of all metrics at one moment, by name and labels.
#[derive(Clone, Debug, Default)]
pub struct Metrics(HashMap<String, f64>);

impl Metrics {
    /// Reads Prometheus' text format.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let values = lines.filter_map(|line| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        });
        Self(values.collect())
    }

    /// A metric's value, its labels being part of the name; 0 when nothing was counted yet.
    #[must_use]
    pub fn value(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// Open connections.
    #[must_use]
    pub fn sessions(&self) -> f64 {
        self.value("tickwire_sessions")
    }

    /// Members of all rooms, but for the server's own bots.
    #[must_use]
    pub fn members(&self) -> f64 {
        ["player", "spectator"]
            .map(|role| self.value(&format!("tickwire_members{{role=\"{role}\"}}")))
            .iter()
            .sum()
    }

    /// Connections that ended since `before`, by cause.
    #[must_use]
    pub fn closes_since(&self, before: &Self) -> Vec<(String, f64)> {
        let mut closes: Vec<_> = self
            .0
            .iter()
            .filter_map(|(name, value)| {
                let cause = name.strip_prefix("tickwire_closes_total{cause=\"")?;
                let new = value - before.value(name);
                (new > 0.0).then(|| (cause.trim_end_matches("\"}").to_owned(), new))
            })
            .collect();
        closes.sort_by(|one, other| one.0.cmp(&other.0));
        closes
    }

    /// Share of the ticks since `before` that took longer than `bound`, a bucket's upper bound in
    /// seconds as the metrics write it; `None` without ticks.
    #[must_use]
    pub fn ticks_longer_than(&self, bound: &str, before: &Self) -> Option<f64> {
        let new = |name: &str| self.value(name) - before.value(name);
        let all = new("tickwire_tick_seconds_count");
        let short = new(&format!("tickwire_tick_seconds_bucket{{le=\"{bound}\"}}"));
        (all > 0.0).then(|| (all - short) / all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "# TYPE tickwire_sessions gauge\ntickwire_sessions 3\n\
        tickwire_members{role=\"player\"} 2\ntickwire_members{role=\"spectator\"} 1\n\
        tickwire_closes_total{cause=\"lost\"} 1\n\
        tickwire_tick_seconds_bucket{le=\"0.02\"} 100\ntickwire_tick_seconds_count 100\n";
    const AFTER: &str = "tickwire_closes_total{cause=\"lost\"} 1\n\
        tickwire_closes_total{cause=\"silent\"} 5\n\
        tickwire_tick_seconds_bucket{le=\"0.02\"} 198\ntickwire_tick_seconds_count 200\n";

    #[test]
    fn values_are_found_by_name_and_labels() {
        let metrics = Metrics::parse(BEFORE);
        assert_eq!((metrics.sessions(), metrics.members()), (3.0, 3.0));
        assert_eq!(metrics.value("tickwire_rooms"), 0.0);
    }

    #[test]
    fn what_came_since_is_told() {
        let [before, after] = [BEFORE, AFTER].map(Metrics::parse);
        assert_eq!(after.closes_since(&before), [("silent".to_owned(), 5.0)]);
        assert_eq!(after.ticks_longer_than("0.02", &before), Some(0.02));
        assert_eq!(before.ticks_longer_than("0.02", &before), None);
    }
}
