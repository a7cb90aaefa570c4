//! What the benches measure, and how their figures become a table.
//!
//! The benches themselves are `tick.rs`, `codec.rs` and `fanout.rs` beside `src`; they only time.
//! Everything that they time is prepared here, so that it can be tested and each bench measures the
//! same play: populated games whose players send inputs as the bots do.
//!
//! ```text
//! script    what players send, recorded from the bots' behaviour
//!   → scene       a game full of players, without a room        (tick)
//!       → replication   quantise and delta of each tick         (tick)
//!       → recording     the snapshots of a run, and its chunks  (codec)
//!   → crowd       a room full of members, without a network     (fanout)
//! criterion's files → estimates → tick_table → Markdown         (bin tick-table)
//! ```

pub mod crowd;
pub mod estimates;
pub mod recording;
pub mod replication;
pub mod scene;
pub mod script;
pub mod tick_table;
