//! What the benches measure, and how their figures become tables.
//!
//! The criterion benches are `tick.rs`, `codec.rs` and `fanout.rs` beside `src`; they only time.
//! Everything that they time is prepared here, so that it can be tested and each bench measures the
//! same play: populated games whose players send inputs as the bots do.
//!
//! ```text
//! script    what players send, recorded from the bots' behaviour
//!   → scene       a game full of players, without a room        (tick)
//!       → replication   quantise and delta of each tick         (tick)
//!       → recording     the snapshots of a run, and its chunks  (codec)
//!   → crowd       a room full of members, without a network     (fanout)
//!       → rooms       large rooms: what a tick costs and sends      (bin rooms)
//!       → sizes → plot    updates by players in the room            (bin plot)
//!       → journal     what a journal costs, weighs, and how fast it is replayed (bin journal)
//! criterion's files → estimates → tick_table → Markdown         (bin tick-table)
//!
//! movement  who is where: from a file, or made up → recording
//!   → trace       what the codec makes of it: bytes, time       (bin trace)
//!   → training    likelihoods for the codec to begin with       (bin train-prior)
//!
//! siege     a server process under hardships: case → verdict    (bin siege)
//! compare   other servers beside this one: workload → table     (bin compare)
//!   → process     the servers of both: started, looked at, stopped
//!   → websocket   what both send and read, frame by frame
//! directory what a large cluster asks of its Redis            (bin directory)
//! ```

#[cfg(target_os = "linux")]
pub mod compare;
pub mod crowd;
#[cfg(target_os = "linux")]
pub mod directory;
pub mod estimates;
pub mod journal;
pub mod movement;
pub mod plot;
#[cfg(target_os = "linux")]
pub mod process;
pub mod recording;
pub mod replication;
pub mod rooms;
pub mod scene;
pub mod script;
#[cfg(target_os = "linux")]
pub mod siege;
pub mod sizes;
pub mod tick_table;
pub mod trace;
pub mod training;
pub mod websocket;
