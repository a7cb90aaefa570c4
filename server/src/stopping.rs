//! Whether the server is about to stop, for everybody to see or to wait for.

use std::sync::Arc;

use tokio::sync::watch;

/// Turns from no to yes, once. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Stopping(Arc<watch::Sender<bool>>);

impl Default for Stopping {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Stopping {
    /// From now on it is.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Whether it is.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Completes when it is.
    pub async fn begun(&self) {
        // It fails only without a sender, and there is one here.
        let _ = self.0.subscribe().wait_for(|&has_begun| has_begun).await;
    }
}
