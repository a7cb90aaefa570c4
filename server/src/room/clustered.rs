//! What rooms need to know of the cluster that their server is in, if it is in one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tickwire_protocol::ids::Fence;

use super::clock::Epoch;
use super::warrant::Warrant;
use crate::config::Durability;
use crate::journal::keeper::Keeper;

/// Most nodes that clients are told, and the longest address of one, in bytes.
const MOST_NODES: usize = 16;
const MAX_URL_BYTES: usize = 256;

/// What a server's rooms are given of its cluster. Cheap to clone; all clones are about the same.
#[derive(Clone)]
pub struct ClusterParts {
    /// Whether there is no cluster: only then are matches brought back from this server's own files.
    pub is_alone: bool,
    /// What the server's times are counted from, those of the warrant too.
    pub epoch: Epoch,
    /// Until when the rooms may be run here.
    pub warrant: Arc<Warrant>,
    /// Keeps the rooms' journals, if anybody does.
    pub keeper: Option<Arc<dyn Keeper>>,
    /// When they are kept.
    pub durability: Durability,
    /// Where clients find the cluster.
    pub nodes: Arc<NodeList>,
}

impl ClusterParts {
    /// Those of a server which is in no cluster.
    #[must_use]
    pub fn none() -> Self {
        Self {
            is_alone: true,
            epoch: Epoch::begin(),
            warrant: Arc::new(Warrant::always()),
            keeper: None,
            durability: Durability::None,
            nodes: Arc::default(),
        }
    }

    /// Who keeps the journal of a room that is owned under this number, if it is kept at all.
    #[must_use]
    pub fn keeper_for(&self, fence: Fence) -> Option<&Arc<dyn Keeper>> {
        let is_kept = fence.is_some() && self.durability != Durability::None;
        self.keeper.as_ref().filter(|_| is_kept)
    }
}

/// The nodes that clients are told of. Empty at first.
#[derive(Debug, Default)]
pub struct NodeList {
    urls: Mutex<Arc<[String]>>,
    version: AtomicU64,
}

impl NodeList {
    /// These are the base URLs now, this server's first: at most 16 of at most 256 bytes each, the rest is left
    /// out. Where that is a change, rooms tell their clients at their next tick.
    pub fn set(&self, urls: impl IntoIterator<Item = String>) {
        let urls = urls.into_iter().filter(|url| url.len() <= MAX_URL_BYTES).take(MOST_NODES);
        let urls: Arc<[String]> = urls.collect();
        let mut held = self.urls.lock().unwrap_or_else(PoisonError::into_inner);
        if *held != urls {
            *held = urls;
            self.version.fetch_add(1, Ordering::Release);
        }
    }

    /// What changes with them.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// The base URLs.
    #[must_use]
    pub fn read(&self) -> Arc<[String]> {
        Arc::clone(&self.urls.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_version_changes_with_what_is_in_it_and_it_is_bounded() {
        let nodes = NodeList::default();
        let set = |count: usize| nodes.set((0..count).map(|node| format!("http://node{node}:1")));
        set(0);
        assert_eq!(nodes.version(), 0);
        set(2);
        set(2);
        assert_eq!((nodes.version(), nodes.read().len()), (1, 2));
        set(100);
        assert_eq!((nodes.version(), nodes.read().len()), (2, MOST_NODES));
        nodes.set([format!("http://{}", "x".repeat(MAX_URL_BYTES)), "http://b".to_owned()]);
        assert_eq!(*nodes.read(), ["http://b".to_owned()]);
    }
}
