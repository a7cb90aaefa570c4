//! What `trace` prints.

use std::fmt::{self, Display};

use serde::Serialize;

/// Figures of a recording. "Per entity" is per entity and tick: divided by `entity_ticks`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TraceReport {
    /// Every byte of the chunks: enters, leaves and what heads a chunk included.
    pub bytes_per_entity: f64,
    /// Those that tell how positions moved, by the model's likelihoods.
    pub position_bytes_per_entity: f64,
    /// The same of the entities that rest alone; `None` when none does, or when
    /// entities do more than move in the plane.
    pub resting_bytes_per_entity: Option<f64>,
    /// Time to encode, in nanoseconds.
    pub encode_ns_per_entity: f64,
    /// Time to decode, in nanoseconds.
    pub decode_ns_per_entity: f64,
    /// Mean size of a tick.
    pub bytes_per_tick: f64,
    /// The same, times the ticks of a second.
    pub bytes_per_second: f64,
    /// Ticks.
    pub ticks: usize,
    /// Entities, added up over all ticks.
    pub entity_ticks: usize,
    /// Every decoded position and last step is exactly what was encoded.
    pub exact: bool,
}

impl Display for TraceReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ticks, entity_ticks, .. } = self;
        writeln!(out, "{ticks} ticks, {entity_ticks} entities in them altogether")?;
        writeln!(out)?;
        writeln!(out, "per entity and tick")?;
        let mut line = |figure: String, meaning: &str| writeln!(out, "  {figure:>9}  {meaning}");
        let bytes = |bytes: f64| format!("{bytes:.4} B");
        line(bytes(self.bytes_per_entity), "all of the chunks: what moves, enters, leaves, heads")?;
        line(bytes(self.position_bytes_per_entity), "of it, how positions moved")?;
        match self.resting_bytes_per_entity {
            Some(resting) => line(bytes(resting), "of it, per entity that rests")?,
            None => line("–".to_owned(), "of it, per entity that rests: none does")?,
        }
        line(format!("{:.1} ns", self.encode_ns_per_entity), "to encode, median of the passes")?;
        line(format!("{:.1} ns", self.decode_ns_per_entity), "to decode, median of the passes")?;
        writeln!(out)?;
        writeln!(out, "per tick")?;
        writeln!(out, "  {:>7.1} B  the first one's keyframe included", self.bytes_per_tick)?;
        writeln!(out, "  {:>7.0} B  per second", self.bytes_per_second)?;
        writeln!(out)?;
        writeln!(out, "every position and last step was decoded exactly")
    }
}
