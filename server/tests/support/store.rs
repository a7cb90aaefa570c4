//! A store of journals in this process, which answers when a test says so; and a cluster of one server with it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tickwire_protocol::ids::{Fence, RoomId};
use tickwire_server::config::Durability;
use tickwire_server::journal::keeper::{Keeper, Keeping, Kept, Tell};
use tickwire_server::room::RoomHandle;
use tickwire_server::room::clustered::ClusterParts;
use tickwire_server::room::door::Terms;
use tickwire_simulation::journal::file::Journal;
use tickwire_simulation::journal::stream::{Batch, journal_of};

use super::{PATIENCE, TestServer};

/// Keeps journals in memory. All clones are one.
#[derive(Clone, Default)]
pub struct Store(Arc<Mutex<Inside>>);

/// What is in it.
#[derive(Default)]
struct Inside {
    is_silent: bool,
    journals: Vec<Stream>,
}

/// One room's journal.
struct Stream {
    fence: Fence,
    tell: Arc<Tell>,
    batches: Vec<Batch>,
    /// Whether the match was over, once it is closed.
    closed: Option<bool>,
}

struct Pen {
    store: Store,
    index: usize,
}

impl Store {
    fn kept(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap()
    }

    /// From now on it keeps what comes, and does not say so.
    pub fn fall_silent(&self) {
        self.kept().is_silent = true;
    }

    /// It says what it has kept, and goes on to do so.
    pub fn speak(&self) {
        let mut kept = self.kept();
        kept.is_silent = false;
        let told: Vec<_> = kept
            .journals
            .iter()
            .map(|stream| (Arc::clone(&stream.tell), stream.batches.len() as u64))
            .collect();
        drop(kept);
        told.into_iter().for_each(|(tell, number)| tell(Kept::UpTo(number)));
    }

    /// Tells all rooms this.
    pub fn tell(&self, what: &Kept) {
        let tells: Vec<_> =
            self.kept().journals.iter().map(|stream| Arc::clone(&stream.tell)).collect();
        tells.into_iter().for_each(|tell| tell(what.clone()));
    }

    /// How many journals were begun.
    pub fn journals(&self) -> usize {
        self.kept().journals.len()
    }

    /// How many batches there are of the newest journal; its ownership; whether the match was over, once it is
    /// closed.
    pub fn newest(&self) -> (usize, Fence, Option<bool>) {
        let kept = self.kept();
        let newest = kept.journals.last().unwrap();
        (newest.batches.len(), newest.fence, newest.closed)
    }

    /// What can be gone on with of the newest journal.
    pub fn journal(&self) -> Journal {
        journal_of(&self.kept().journals.last().unwrap().batches).unwrap()
    }

    /// Waits until there are so many batches of the newest journal.
    pub async fn batches_from(&self, least: usize) {
        let wait = async {
            let mut polls = tokio::time::interval(Duration::from_millis(5));
            while self.journals() == 0 || self.newest().0 < least {
                polls.tick().await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("so many batches are kept");
    }
}

impl Keeper for Store {
    fn open(&self, _: RoomId, fence: Fence, tell: Tell) -> Box<dyn Keeping> {
        let mut kept = self.kept();
        let index = kept.journals.len();
        let (tell, batches) = (Arc::new(tell), Vec::new());
        kept.journals.push(Stream { fence, tell, batches, closed: None });
        Box::new(Pen { store: self.clone(), index })
    }
}

impl Keeping for Pen {
    fn keep(&mut self, number: u64, batch: Batch) {
        let mut kept = self.store.kept();
        let is_silent = kept.is_silent;
        let stream = &mut kept.journals[self.index];
        assert_eq!(stream.closed, None);
        stream.batches.push(batch);
        assert_eq!(number, stream.batches.len() as u64, "each once, in order");
        let tell = Arc::clone(&stream.tell);
        drop(kept);
        if !is_silent {
            tell(Kept::UpTo(number));
        }
    }

    fn close(&mut self, is_over: bool) {
        self.store.kept().journals[self.index].closed = Some(is_over);
    }
}

/// A server's part in a cluster of which it is a node with this store.
pub fn cluster(store: &Store, durability: Durability) -> ClusterParts {
    let keeper: Arc<dyn Keeper> = Arc::new(store.clone());
    ClusterParts { is_alone: false, keeper: Some(keeper), durability, ..ClusterParts::none() }
}

/// Opens a room of a game as a cluster does, under ownership 1.
pub fn open_room(server: &TestServer, game: &str, terms: Terms) -> RoomHandle {
    let id = RoomId::from_bits(rand::random());
    server.opener.open_as(id, Fence(1), Some(game), BTreeMap::new(), terms).unwrap()
}
