//! The room, and the trait that game authors implement. Pure: no actors, sockets, clocks or threads.

pub mod entity_ids;
pub mod game;
pub mod harness;
pub mod inputs;
pub mod registry;
pub mod saved;
pub mod snapshot_writer;
