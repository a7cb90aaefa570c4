//! Many servers, one game: who may run which room, for how long, and who goes on with it.
//!
//! ```text
//! node ── renew, three times per lease ──→ store (Redis) ── leases, owners, fences, rooms ──→ all nodes
//!   │  what it answers, and when it does not
//!   ↓
//! standing   until when this node may run its rooms, and whether it may take over those of others   (pure)
//! placement  where a new room goes, and who is the heir of a dead node's                            (pure)
//! ```
//!
//! What keeps two nodes from running one room is the [`store`]: every change of owner is one script there, and gives
//! the room a larger [`Fence`](tickwire_protocol::ids::Fence). What keeps a node from going on without knowing that
//! it was replaced is its [`Standing`]: a warrant that ends when its lease does, whatever happens to the node.
//! Nothing in here knows rooms, sockets or clocks; the server drives it.

pub mod bus;
mod instance;
pub mod keys;
pub mod placement;
pub mod record;
pub mod standing;
pub mod store;

pub use instance::{Instance, NodeName, ParseInstanceError, ParseNodeNameError};
pub use record::{NodeRecord, RoomRecord};
pub use standing::{Reply, Standing, State, Verdict};
pub use store::{Store, StoreError};
