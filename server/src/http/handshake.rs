//! Connections that never get to the end of a request's head.
//!
//! Whoever sends it too slowly is answered with 408 and closed by actix-http, without a word to anybody
//! else; this is how it is counted.

use std::cell::Cell;
use std::sync::Arc;

use crate::metrics::Metrics;

/// Lives as long as its connection is one of HTTP, and counts it unless a request came.
pub struct Handshake {
    metrics: Arc<Metrics>,
    is_done: Cell<bool>,
}

impl Handshake {
    /// A connection begins.
    #[must_use]
    pub const fn begin(metrics: Arc<Metrics>) -> Self {
        Self { metrics, is_done: Cell::new(false) }
    }

    /// A whole request is there.
    pub fn note_request(&self) {
        self.is_done.set(true);
    }
}

impl Drop for Handshake {
    fn drop(&mut self) {
        if !self.is_done.get() {
            self.metrics.handshakes_failed.inc();
        }
    }
}
