//! The room, and the trait that game authors implement. Pure: no actors, sockets, clocks or threads of its own.
//!
//! | module | job |
//! |---|---|
//! | [`game`] | the trait that a game author implements, and what it may do |
//! | [`inputs`], [`input_queue`] | inputs as a step sees them; on their way to their tick |
//! | [`view_age`], [`history`] | how late a player sees the others; what was then |
//! | [`scene`] | from the world to integers |
//! | [`interest`] | who sees what: cells, views |
//! | [`replication`] | the state in parts, their recent snapshots, their shared chunks |
//! | [`flow`] | one client's stream: what it has, what is on the way, when to hold back |
//! | [`world`] | a game and all that its future depends on |
//! | [`journal`] | what was done to a world, so that it can be computed again |
//! | [`room`] | the match as a state machine, which puts the above together |
//! | [`schedule`] | when ticks are due, and what happens when they cannot be kept |
//! | [`pacing`] | sending less often, before that happens |
//! | [`registry`] | games by name, and their options |
//! | [`side_by_side`] | steps of many things on several threads |
//! | [`entity_ids`], [`saved`] | numbers for entities; saved state |
//! | [`names`] | what members are called |
//! | [`harness`] | a game without a room, for tests and benches |

pub mod entity_ids;
pub mod flow;
pub mod game;
pub mod harness;
pub mod history;
pub mod input_queue;
pub mod inputs;
pub mod interest;
pub mod journal;
pub mod names;
pub mod pacing;
pub mod registry;
pub mod replication;
pub mod room;
pub mod saved;
pub mod scene;
pub mod schedule;
pub mod side_by_side;
pub mod view_age;
pub mod world;
