//! Many servers, one game: what a server that is in a cluster has beside its rooms.
//!
//! The logic of leases, placement and fencing is in `tickwire_cluster`; here it is driven, in a thread of its own:
//!
//! ```text
//! membership   renews the lease            ─┬─→ the warrant that rooms look at
//! asking       asks peers when that is late ─┘
//! catalogue    notes rooms and load, learns of the other nodes
//! takeover     goes on with the rooms of nodes that have died
//! keeping      rooms' journals → streams in Redis
//! directory    a room that ends is released
//! ```
//!
//! and in the threads of HTTP, where people ask for rooms:
//!
//! ```text
//! whereabouts  whose a room is → joining, resuming → here, or peers → /api/peer of its owner
//! handing_over the rooms of a node that stops → /api/peer of others
//! ```

mod asking;
pub mod bus;
mod catalogue;
pub mod directory;
mod error;
pub mod handing_over;
mod home;
mod joining;
mod keeping;
mod membership;
mod node;
pub mod peers;
mod records;
mod takeover;
mod whereabouts;

pub use asking::REACHES;
pub use error::{ClusterError, Unavailable};
pub use home::Home;
pub use joining::{Forwarded, JOIN, OPEN, Placement};
pub use node::Node;
pub use whereabouts::Whereabouts;
