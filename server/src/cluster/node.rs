//! This server as a node of its cluster: what all the parts of it share, and how it comes and goes.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use tickwire_cluster::bus::RedisBus;
use tickwire_cluster::store::{Barred, Patience};
use tickwire_cluster::{Instance, NodeRecord, RoomRecord, Standing, Store, StoreError};
use tickwire_protocol::ids::Fence;
use tokio::runtime::{Builder, Handle};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use super::bus::Bus;
use super::directory::{Ended, NodeDirectory};
use super::error::ClusterError;
use super::home::Home;
use super::keeping::RedisKeeper;
use super::peers::Peers;
use super::records::node_record;
use super::{asking, catalogue, membership, takeover};
use crate::config::ClusterConfig;
use crate::identity::Keyring;
use crate::room::clock::Epoch;
use crate::room::clustered::{ClusterParts, NodeList};
use crate::room::warrant::Warrant;

/// Time between two tries to reach a Redis that is waited for at the start.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// Addresses of nodes that are remembered, at most.
const MOST_ORIGINS: usize = 10_000;

/// This server as a node.
pub struct Node {
    pub(super) config: ClusterConfig,
    pub(super) me: Instance,
    /// Where clients and other nodes reach it, without a slash at the end.
    pub(super) url: String,
    pub(super) store: Store,
    bus: Arc<RedisBus>,
    pub(super) peers: Peers,
    pub(super) keyring: Arc<Keyring>,
    pub(super) epoch: Epoch,
    pub(super) warrant: Arc<Warrant>,
    pub(super) standing: Mutex<Standing>,
    /// The nodes that there were when they were last looked at.
    nodes: Mutex<Arc<[NodeRecord]>>,
    /// The addresses of all nodes that there have been.
    origins: Mutex<BTreeSet<String>>,
    pub(super) node_list: Arc<NodeList>,
    /// The rooms of others, and when they were looked at.
    pub(super) seen_elsewhere: tokio::sync::Mutex<Option<(Instant, Arc<[RoomRecord]>)>>,
    newest_fence: AtomicU64,
    is_draining: AtomicBool,
    /// Something has changed that the others should know soon.
    pub(super) news: Notify,
    /// Where all of this runs.
    runtime: Handle,
    home: OnceLock<Home>,
    ended: UnboundedSender<Ended>,
    /// Its other end, until it is taken.
    endings: Mutex<Option<UnboundedReceiver<Ended>>>,
    /// Those who have lapsed, as of the last renewal.
    pub(super) lapsed: watch::Sender<Vec<Instance>>,
    stop: Mutex<Option<oneshot::Sender<()>>>,
}

impl Node {
    /// Connects to the cluster's store, from a thread of its own, in which all else of this runs as well. `url` is
    /// where the server is reached if the configuration does not say so.
    ///
    /// # Errors
    /// [`ClusterError`].
    pub fn connect(
        config: ClusterConfig,
        url: String,
        epoch: Epoch,
        keyring: Arc<Keyring>,
    ) -> Result<Arc<Self>, ClusterError> {
        let (sender, receiver) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let runtime =
            Builder::new_current_thread().enable_all().build().map_err(ClusterError::Thread)?;
        let begun = move || {
            runtime.block_on(async move {
                let handle = Handle::current();
                let node = Self::open(config, url, epoch, keyring, handle, stop).await;
                let _ = sender.send(node.map(Arc::new));
                // Everything else runs beside this.
                let _ = stopped.await;
            });
        };
        thread::Builder::new()
            .name("cluster".to_owned())
            .spawn(begun)
            .map_err(ClusterError::Thread)?;
        receiver
            .recv()
            .unwrap_or_else(|_| Err(ClusterError::Thread(std::io::Error::other("it has ended"))))
    }

    async fn open(
        config: ClusterConfig,
        url: String,
        epoch: Epoch,
        keyring: Arc<Keyring>,
        runtime: Handle,
        stop: oneshot::Sender<()>,
    ) -> Result<Self, ClusterError> {
        let me = Instance { name: config.name.clone(), incarnation: rand::random() };
        let (store, bus) = loop {
            match reach(&config, &me).await {
                Ok(reached) => break reached,
                Err(cause) if config.waits && cause.is_away() => {
                    warn!(%cause, "waiting for the cluster's store");
                    sleep(TRY_AGAIN).await;
                }
                Err(cause) => return Err(cause.into()),
            }
        };
        let (ended, endings) = unbounded_channel();
        Ok(Self {
            url: config.advertise.clone().unwrap_or(url),
            peers: Peers::new(Arc::clone(&keyring))?,
            standing: Mutex::new(Standing::new(config.lease)),
            config,
            me,
            store,
            bus: Arc::new(bus),
            keyring,
            epoch,
            // Until it is known which rooms are its own.
            warrant: Arc::new(Warrant::until(Duration::ZERO)),
            nodes: Mutex::new(Arc::from([])),
            origins: Mutex::default(),
            node_list: Arc::default(),
            seen_elsewhere: tokio::sync::Mutex::default(),
            newest_fence: AtomicU64::new(0),
            is_draining: AtomicBool::new(false),
            news: Notify::new(),
            runtime,
            home: OnceLock::new(),
            ended,
            endings: Mutex::new(Some(endings)),
            lapsed: watch::Sender::new(Vec::new()),
            stop: Mutex::new(Some(stop)),
        })
    }

    /// What the node's rooms are given.
    #[must_use]
    pub fn parts(self: &Arc<Self>) -> ClusterParts {
        ClusterParts {
            is_alone: false,
            epoch: self.epoch,
            warrant: Arc::clone(&self.warrant),
            keeper: Some(Arc::new(RedisKeeper::new(
                self.store.clone(),
                self.runtime.clone(),
                self.config.lease,
            ))),
            durability: self.config.durability,
            nodes: Arc::clone(&self.node_list),
        }
    }

    /// What reaches all nodes.
    #[must_use]
    pub fn bus(&self) -> Arc<dyn Bus> {
        Arc::<RedisBus>::clone(&self.bus)
    }

    /// A directory for the node's rooms, of which the cluster hears when they end.
    #[must_use]
    pub fn directory(&self) -> NodeDirectory {
        NodeDirectory::new(self.ended.clone())
    }

    /// Registers the node, which runs this from now on; and goes on doing so. Returns when it is in the cluster.
    ///
    /// # Errors
    /// [`ClusterError::Barred`] and [`ClusterError::Store`].
    pub fn begin(self: &Arc<Self>, home: Home) -> Result<(), ClusterError> {
        let _ = self.home.set(home);
        let (sender, begun) = mpsc::channel();
        let node = Arc::clone(self);
        self.runtime.spawn(async move {
            let entered = node.enter().await;
            if entered.is_ok() {
                node.keep_all();
            }
            let _ = sender.send(entered);
        });
        begun
            .recv()
            .unwrap_or_else(|_| Err(ClusterError::Thread(std::io::Error::other("it has ended"))))
    }

    async fn enter(&self) -> Result<(), ClusterError> {
        let until = Instant::now() + self.config.lease * 2;
        loop {
            match self.try_to_enter().await {
                Ok(Ok(())) => break,
                // That may be its own life before this one, whose lease has not ended yet.
                Ok(Err(Barred::NameTaken(_))) if Instant::now() < until => {
                    sleep(self.config.lease / 10).await;
                }
                Err(cause) if self.config.waits && cause.is_away() => {
                    warn!(%cause, "waiting for the cluster's store");
                    sleep(TRY_AGAIN).await;
                }
                Ok(Err(barred)) => return Err(barred.into()),
                Err(cause) => return Err(cause.into()),
            }
        }
        info!(node = %self.me, url = self.url, "in the cluster");
        Ok(())
    }

    async fn try_to_enter(&self) -> Result<Result<(), Barred>, StoreError> {
        if let Err(barred) = membership::register(self).await? {
            return Ok(Err(barred));
        }
        catalogue::learn_nodes(self).await?;
        Ok(Ok(()))
    }

    fn keep_all(self: &Arc<Self>) {
        tokio::spawn(membership::keep(Arc::clone(self)));
        tokio::spawn(asking::keep(Arc::clone(self)));
        tokio::spawn(catalogue::keep(Arc::clone(self)));
        tokio::spawn(takeover::keep(Arc::clone(self)));
        let endings = self.endings.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(endings) = endings {
            tokio::spawn(catalogue::release_ended(Arc::clone(self), endings));
        }
    }

    /// Gives the lease back, and does nothing any more.
    pub async fn end(self: &Arc<Self>) {
        let node = Arc::clone(self);
        self.run(async move {
            node.warrant.revoke();
            node.standing().handle_left();
            if let Err(cause) = node.store.leave().await {
                warn!(%cause, "the cluster could not be told of the end");
            }
        })
        .await;
        let stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(stop);
    }

    /// Runs something where the connections of the cluster are at home, and waits for it.
    ///
    /// # Panics
    /// Where that panics.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> T {
        match self.runtime.spawn(work).await {
            Ok(done) => done,
            Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
            // The runtime has ended, and so does the process.
            Err(_) => std::future::pending().await,
        }
    }

    /// What the node runs.
    ///
    /// # Panics
    /// Before [`Node::begin`].
    #[expect(clippy::expect_used, reason = "nothing of the cluster runs before it has begun")]
    pub(super) fn home(&self) -> &Home {
        self.home.get().expect("the node has begun")
    }

    pub(super) fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets rooms run for as long as the standing says.
    pub(super) fn apply_standing(&self) {
        let until = self.standing().warrant_until();
        self.warrant.set(until);
    }

    /// The nodes that there were when they were last looked at, this one included.
    #[must_use]
    pub fn nodes(&self) -> Arc<[NodeRecord]> {
        Arc::clone(&self.nodes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn set_nodes(&self, nodes: Vec<NodeRecord>) {
        let others = nodes.iter().filter(|node| node.instance != self.me && !node.draining);
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        for node in &nodes {
            if origins.len() < MOST_ORIGINS && !origins.contains(&node.url) {
                origins.insert(node.url.clone());
            }
        }
        drop(origins);
        let urls = std::iter::once(self.url.clone()).chain(others.map(|node| node.url.clone()));
        self.node_list.set(urls);
        *self.nodes.lock().unwrap_or_else(PoisonError::into_inner) = nodes.into();
    }

    /// The node as it is.
    pub(super) fn record(&self) -> NodeRecord {
        node_record(&self.me, &self.url, self.home(), self.is_draining())
    }

    /// Notes a fence that was given out.
    pub(super) fn note_fence(&self, Fence(fence): Fence) {
        self.newest_fence.fetch_max(fence, Ordering::Relaxed);
    }

    pub(super) fn newest_fence(&self) -> Fence {
        Fence(self.newest_fence.load(Ordering::Relaxed))
    }

    /// Whether pages of this origin are of a node that is, or was, in the cluster: they may be wherever their room
    /// goes, also after their node has died.
    #[must_use]
    pub fn knows_origin(&self, origin: &str) -> bool {
        self.origins.lock().unwrap_or_else(PoisonError::into_inner).contains(origin)
    }

    /// Whether a request was signed by a node of this cluster.
    #[must_use]
    pub fn is_peer(&self, signature: &str, path: &str, body: &[u8]) -> bool {
        self.keyring.verify_request(signature, path, body)
    }

    /// How many matches are played here.
    #[must_use]
    pub fn rooms_here(&self) -> usize {
        self.home().matches().count()
    }

    /// Where rooms are told of that have ended.
    pub(super) const fn ended_sender(&self) -> &UnboundedSender<Ended> {
        &self.ended
    }

    /// Where clients and other nodes reach it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether nothing new comes here.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Relaxed)
    }

    /// Nothing new comes here from now on, or something may again.
    pub fn set_draining(&self, is_draining: bool) {
        self.is_draining.store(is_draining, Ordering::Relaxed);
        self.news.notify_one();
    }
}

async fn reach(config: &ClusterConfig, me: &Instance) -> Result<(Store, RedisBus), StoreError> {
    let store = Store::connect(&config.store, me.clone(), config.lease).await?;
    store.ping().await?;
    let bus = RedisBus::connect(&config.store, Patience::of_lease(config.lease)).await?;
    Ok((store, bus))
}
