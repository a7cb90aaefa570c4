//! What programs wrote.

pub(super) mod prior_table;
