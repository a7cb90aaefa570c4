//! The server: actors that drive the pure core, and everything around them.
//!
//! ```text
//! socket bytes
//!   → connection         by TLS or plain, until HTTP hands it over
//!   → session::pump      a connection's future: frames in, for the room or for the session's actor
//!       → session::socket    one actor per connection: entry, heartbeat, faults, the end
//!   → session::uplink    forwards, once session::core has decoded and checked size, rate and range
//!   → room::inbox        bounded, drained at the tick, wakes nobody
//!   → room::driver       one actor per room: inbox → Room::step → output
//!       → tickwire_simulation::room                                     (pure)
//!   → session::outbox    one hand-over per worker thread and tick
//!   → session::line      a connection's sending end → socket bytes
//!       (session::text       on both ways, where a client speaks JSON: text in, text out)
//!
//! POST /api/join → http → lobby → directory (which room) → room::driver (which seat)
//!                                → identity (a signed token)
//! room::driver → journal::writer   one thread that writes matches down; journal::revival brings them back
//! … with a recording's name → recordings (which match) → a room that shows it
//!
//! in a cluster:  http → cluster (whose room it is) → here, or http::peer of the server that has it
//!                cluster::membership → room::warrant   until when rooms may run here
//!                room::driver → room::safekeeping → journal::keeper → Redis → cluster::takeover of another server
//!                another server's room → room::taking_over → room::driver → room::leaving → yet another server
//!
//! room::driver → events → http::events   what happens, for those who only listen
//! session::lobbying → lobby::channel → cluster::bus → lobby::channel of each server → session::outbox
//!                                        what people in different rooms say to each other
//! room::timer    one thread that knows when each room's next tick is due
//!
//! server replay FILE → replay → tickwire_simulation::journal            (no server at all)
//! ```
//!
//! Data goes one way; nothing is asked back on the hot path. After a
//! session has joined it talks to its room directly, and the lobby is out of the way.

pub mod admission;
pub mod cluster;
pub mod config;
mod connection;
pub mod directory;
pub mod events;
pub mod http;
pub mod identity;
pub mod journal;
pub mod lobby;
pub mod messages;
pub mod metrics;
pub mod recordings;
pub mod replay;
pub mod room;
pub mod server;
pub mod session;
pub mod sockets;
pub mod stopping;
pub mod tls;

pub use config::ServerConfig;
pub use server::Server;
