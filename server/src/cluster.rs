//! Many servers, one game: what a server that is in a cluster has beside its rooms.
//!
//! The logic of leases, placement and fencing is in `tickwire_cluster`; here it is driven.

pub mod bus;
