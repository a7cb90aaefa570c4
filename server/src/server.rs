//! Putting it together: bind, run, and stop without leaving anybody hanging.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol};
use actix_server::Server as HttpTask;
use actix_service::{ServiceFactoryExt, fn_service, map_config};
use actix_web::App;
use actix_web::dev::AppConfig;
use actix_web::middleware::from_fn;
use tickwire_simulation::registry::GameRegistry;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tracing::{debug, info, warn};

use crate::admission::Admission;
use crate::cluster::bus::{Bus, LocalBus};
use crate::cluster::{ClusterError, Home, Node};
use crate::config::{ClusterConfig, DrainConfig, ServerConfig};
use crate::connection::Connection;
use crate::directory::{Directory, LocalDirectory};
use crate::events::{Feed, health};
use crate::http::handshake::{self, Handshake};
use crate::http::{self, Api, upgrade};
use crate::identity::{AuthKey, Authenticator, Keyring};
use crate::journal::writer::{Writer, WriterError};
use crate::lobby::Lobby;
use crate::lobby::channel::Channel;
use crate::lobby::online::Online;
use crate::messages::Drain;
use crate::metrics::Metrics;
use crate::recordings::Library;
use crate::room::clock::Epoch;
use crate::room::clustered::ClusterParts;
use crate::room::opener::RoomOpener;
use crate::session::environment::SocketEnvironment;
use crate::sockets;
use crate::stopping::Stopping;
use crate::tls::{Certificates, TlsError};

/// Longest time to wait, after the notice, for events to be acknowledged: several round trips of whoever
/// still listens.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);
/// How much longer than a client may be silent the kernel goes on sending what its peer does not take:
/// sessions end by themselves before that. This is for what they leave behind, and for a client that says
/// it has read what it has not.
const KERNEL_MARGIN: Duration = Duration::from_millis(500);
/// Events of the server that are kept for those who come back: a quarter of an hour of its health.
const SERVER_EVENTS_KEPT: usize = 1024;
/// Longest time to wait for those who listen to events to take in the last one.
const GOODBYE_TIMEOUT: Duration = Duration::from_millis(500);
/// How often a draining server looks whether everybody is gone.
const DRAIN_POLL: Duration = Duration::from_millis(20);

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on --bind {address}: {cause}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        cause: std::io::Error,
    },
    /// No thread left.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
    /// TLS is wanted, and cannot be had.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Matches cannot be written down.
    #[error(transparent)]
    Journals(#[from] WriterError),
    /// The cluster cannot be joined.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The address of those who run it cannot be listened on.
    #[error("cannot listen on --admin-bind {address}: {cause}")]
    Admin {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Two metrics with one name.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
}

/// A server that listens.
pub struct Server {
    address: SocketAddr,
    epoch: Epoch,
    /// Where it is one of many.
    node: Option<Arc<Node>>,
    /// Serves those who run it.
    admin: Option<actix_web::dev::Server>,
    lobby: Arc<Lobby>,
    opener: Arc<RoomOpener>,
    directory: Arc<dyn Directory>,
    channel: Arc<Channel>,
    online: Arc<Online>,
    admission: Arc<Admission>,
    events: Arc<Feed>,
    task: HttpTask,
    certificates: Option<Arc<Certificates>>,
    /// Whether tokens are signed with a key that only this process knows.
    has_passing_key: bool,
}

impl Server {
    /// Starts listening. Must be called within an actix system.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn bind(config: ServerConfig, games: GameRegistry) -> Result<Self, StartError> {
        let keyring = Arc::new(keyring(&config));
        let authenticator = Arc::clone(&keyring);
        Self::start(config, games, keyring, authenticator, ClusterParts::none(), local_bus())
    }

    /// The same in a cluster that is made up of these parts.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn bind_in(
        config: ServerConfig,
        games: GameRegistry,
        cluster: ClusterParts,
    ) -> Result<Self, StartError> {
        let keyring = Arc::new(keyring(&config));
        let authenticator = Arc::clone(&keyring);
        Self::start(config, games, keyring, authenticator, cluster, local_bus())
    }

    /// The same beside other servers, which it reaches over this bus: people on all of them are in one lobby.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn bind_on(
        config: ServerConfig,
        games: GameRegistry,
        bus: Arc<dyn Bus>,
    ) -> Result<Self, StartError> {
        let keyring = Arc::new(keyring(&config));
        let authenticator = Arc::clone(&keyring);
        Self::start(config, games, keyring, authenticator, ClusterParts::none(), bus)
    }

    /// The same with an authenticator of the application's own.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn bind_with(
        config: ServerConfig,
        games: GameRegistry,
        authenticator: Arc<dyn Authenticator>,
    ) -> Result<Self, StartError> {
        let keyring = Arc::new(keyring(&config));
        Self::start(config, games, keyring, authenticator, ClusterParts::none(), local_bus())
    }

    fn start(
        config: ServerConfig,
        games: GameRegistry,
        keyring: Arc<Keyring>,
        authenticator: Arc<dyn Authenticator>,
        cluster: ClusterParts,
        bus: Arc<dyn Bus>,
    ) -> Result<Self, StartError> {
        let has_passing_key = config.access.auth_keys.is_empty();
        let config = Arc::new(config);
        // Before anything that another server's matches might suffer from.
        let listener = sockets::listen(config.bind)
            .map_err(|cause| StartError::Bind { address: config.bind, cause })?;
        let node = config.cluster.clone();
        let node = node
            .map(|cluster| join_cluster(cluster, &config, &listener, Arc::clone(&keyring)))
            .transpose()?;
        let cluster = node.as_ref().map_or(cluster, Node::parts);
        let bus = node.as_ref().map_or(bus, |node| node.bus());
        let (epoch, is_alone) = (cluster.epoch, cluster.is_alone);
        let metrics = Arc::new(Metrics::new()?);
        let certificates = config.tls.clone();
        let certificates = certificates
            .map(|files| Certificates::load(files, Arc::clone(&metrics)).map(Arc::new))
            .transpose()?;
        let tls = certificates.as_ref().map(Certificates::server_config).transpose()?;
        let directory: Arc<dyn Directory> = match &node {
            Some(node) => Arc::new(node.directory()),
            None => Arc::<LocalDirectory>::default(),
        };
        let events = Arc::new(Feed::new(SERVER_EVENTS_KEPT));
        let journals = config.journal.dir.clone();
        let journals = journals
            .map(|dir| Writer::start(dir, &config.journal, Arc::clone(&metrics)))
            .transpose()?;
        let recordings = recordings(&config, &games, directory.clone());
        let opener = RoomOpener::start(
            Arc::clone(&config),
            games,
            directory.clone(),
            Arc::clone(&keyring),
            Arc::clone(&metrics),
            Arc::clone(&events),
            journals,
            cluster,
        )
        .map(Arc::new)
        .map_err(StartError::Thread)?;
        // With a key of its own, nobody has a token that this process knows. In a cluster it is for all of it to
        // say who goes on with what.
        if is_alone && !has_passing_key {
            opener.revive_all();
        }
        let stopping = Stopping::default();
        let admission = Arc::new(Admission::new(config.access.admission.clone()));
        let lobby = Arc::new(Lobby::new(
            Arc::clone(&config),
            directory.clone(),
            Arc::clone(&opener),
            authenticator,
            keyring,
            Arc::clone(&admission),
            recordings,
            stopping.clone(),
            node.clone(),
        ));
        let channel = Channel::start(Arc::clone(&bus), Arc::clone(&metrics));
        let online = Online::start(bus, Arc::clone(&lobby), Arc::clone(&channel));
        let limits = config.limits.session(config.tick_rate_hz, config.heartbeat_timeout);
        let sockets = Arc::new(SocketEnvironment {
            epoch,
            heartbeat_interval: config.heartbeat_interval,
            limits,
            metrics: Arc::clone(&metrics),
            lobby: Arc::clone(&lobby),
            channel: Arc::clone(&channel),
            online: Arc::clone(&online),
            stopping,
            keys: Arc::default(),
        });
        let api = Api {
            lobby: Arc::clone(&lobby),
            metrics: Arc::clone(&metrics),
            admission: Arc::clone(&admission),
            events: Arc::clone(&events),
            node: node.clone(),
            sockets,
        };
        // Before anybody asks it for something of the cluster.
        if let Some(node) = &node {
            node.begin(Home {
                config: Arc::clone(&config),
                directory: directory.clone(),
                opener: Arc::clone(&opener),
                admission: Arc::clone(&admission),
            })?;
        }
        let (address, task) = serve(listener, &config, api, tls.map(TlsAcceptor::from))
            .map_err(|cause| StartError::Bind { address: config.bind, cause })?;
        actix::spawn(health::tell(
            Arc::clone(&events),
            Arc::clone(&lobby),
            metrics,
            Arc::clone(&admission),
        ));
        let admin = config.admin.as_ref().map(|admin| {
            http::admin::serve(admin, node.clone(), Arc::clone(&channel))
                .map_err(|cause| StartError::Admin { address: admin.bind, cause })
        });
        let admin = admin.transpose()?;
        Ok(Self {
            address,
            epoch,
            node,
            admin,
            lobby,
            opener,
            directory,
            channel,
            online,
            admission,
            events,
            task,
            certificates,
            has_passing_key,
        })
    }

    /// The address that it listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Opens its rooms, and goes on with those of others.
    #[must_use]
    pub fn opener(&self) -> Arc<RoomOpener> {
        Arc::clone(&self.opener)
    }

    /// Its rooms.
    #[must_use]
    pub fn directory(&self) -> Arc<dyn Directory> {
        Arc::clone(&self.directory)
    }

    /// What it proves itself by, if it speaks TLS: to be [reloaded](Certificates::reload) while it runs.
    #[must_use]
    pub fn certificates(&self) -> Option<Arc<Certificates>> {
        self.certificates.clone()
    }

    /// What people in different rooms say to each other: to [announce](Channel::announce) something to them.
    #[must_use]
    pub fn channel(&self) -> Arc<Channel> {
        Arc::clone(&self.channel)
    }

    /// Serves until `shutdown` completes, then says goodbye to everybody.
    ///
    /// # Errors
    /// When accepting connections fails for good.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> std::io::Result<()> {
        if self.has_passing_key {
            info!(
                "no --auth-key is set: tokens will not outlive this process, nor matches a crash"
            );
        }
        let handle = self.task.handle();
        let task = actix::spawn(self.task);
        let admin = self.admin.map(|admin| {
            let handle = admin.handle();
            actix::spawn(admin);
            handle
        });
        tokio::select! {
            () = shutdown => {}
            ended = task => return ended.map_err(std::io::Error::other)?,
        }
        let timeout = self.lobby.config().drain.timeout;
        info!(sessions = self.admission.sessions(), ?timeout, "shutting down");
        let ended = async {
            if let Some(node) = &self.node {
                node.hand_over_all().await;
            }
            drain(&self.lobby, self.epoch, &self.admission).await;
            say_goodbye(&self.events, &self.admission).await;
            handle.stop(false).await;
        };
        if actix::clock::timeout(timeout, ended).await.is_err() {
            warn!(sessions = self.admission.sessions(), "not everybody is gone in time");
        }
        self.online.end();
        if let Some(node) = &self.node {
            node.end().await;
        }
        if let Some(admin) = admin {
            admin.stop(false).await;
        }
        self.lobby.stop();
        info!("goodbye");
        Ok(())
    }
}

/// Connects to the cluster's store, as a node that is reached at this address.
fn join_cluster(
    cluster: ClusterConfig,
    config: &ServerConfig,
    listener: &TcpListener,
    keyring: Arc<Keyring>,
) -> Result<Arc<Node>, StartError> {
    let bind_error = |cause| StartError::Bind { address: config.bind, cause };
    let address = listener.local_addr().map_err(bind_error)?;
    if address.ip().is_unspecified() && cluster.advertise.is_none() {
        return Err(ClusterError::NoAddress.into());
    }
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{address}");
    Ok(Node::connect(cluster, url, Epoch::begin(), keyring)?)
}

/// Serves HTTP, by TLS where there is an acceptor for it: upgrades by a way of their own, past the routes.
fn serve(
    listener: TcpListener,
    config: &ServerConfig,
    api: Api,
    tls: Option<TlsAcceptor>,
) -> std::io::Result<(SocketAddr, HttpTask)> {
    let address = listener.local_addr()?;
    let handshake_timeout = config.limits.handshake_timeout;
    let user_timeout = config.heartbeat_timeout + KERNEL_MARGIN;
    let door = Door { api: api.clone(), tls, handshake_timeout, user_timeout };
    let builder = HttpTask::build().workers(config.workers).disable_signals();
    let http = builder.listen("http", listener, move || {
        let (routes, upgrades) = (api.clone(), api.clone());
        let door = door.clone();
        let app = App::new()
            .wrap(from_fn(handshake::deadline))
            .wrap(http::cors(&routes))
            .configure(move |service| http::configure(service, routes));
        let http = HttpService::build()
            .client_request_timeout(handshake_timeout)
            .on_connect_ext(|connection: &Connection, data| {
                data.insert(connection.handshake());
            })
            .upgrade(fn_service(move |(request, connection)| {
                upgrade::serve(request, connection, upgrades.clone())
            }))
            .finish(map_config(app, |_| AppConfig::default()));
        fn_service(move |stream| door.clone().accept(stream)).and_then(http)
    })?;
    Ok((address, http.run()))
}

/// Where connections come in.
#[derive(Clone)]
struct Door {
    api: Api,
    tls: Option<TlsAcceptor>,
    handshake_timeout: Duration,
    user_timeout: Duration,
}

impl Door {
    /// Prepares a connection, gives it its place, and agrees on TLS with it, where that is spoken.
    async fn accept(
        self,
        stream: TcpStream,
    ) -> Result<(Connection, Protocol, Option<SocketAddr>), DispatchError> {
        sockets::prepare(&stream, self.user_timeout);
        let peer = stream.peer_addr().ok();
        let handshake = Handshake::begin(&stream, &self.api);
        let connection = match self.tls {
            None => Connection::plain(stream, handshake),
            Some(tls) => Connection::secured(stream, handshake, tls, self.handshake_timeout)
                .await
                .inspect_err(|error| debug!(%error, "no TLS was agreed on"))?,
        };
        Ok((connection, Protocol::Http1, peer))
    }
}

/// The recordings that are served, if any are.
fn recordings(
    config: &ServerConfig,
    games: &GameRegistry,
    directory: Arc<dyn Directory>,
) -> Option<Arc<Library>> {
    let dir = config.journal.dir.as_ref().filter(|_| config.journal.serve_replays)?;
    Some(Arc::new(Library::new(dir.clone(), games.clone(), directory)))
}

/// The bus of a server that is in no cluster.
fn local_bus() -> Arc<dyn Bus> {
    Arc::<LocalBus>::default()
}

/// The keys of the configuration, or one for this process alone.
fn keyring(config: &ServerConfig) -> Keyring {
    if let [newest, older @ ..] = &config.access.auth_keys[..] {
        return Keyring::new(newest.clone(), older.iter().cloned());
    }
    Keyring::new(AuthKey::random(), [])
}

/// Lets nobody in any more, while HTTP still says so to whoever asks, and sends everybody away. Completes
/// when everybody is gone.
async fn drain(lobby: &Lobby, epoch: Epoch, admission: &Admission) {
    lobby.close();
    let DrainConfig { timeout, notice, restart_delay } = lobby.config().drain;
    let now = epoch.now();
    let last = now + timeout - timeout / DrainConfig::CLOSING_SHARE;
    let earliest = now + notice;
    let latest = (earliest + FLUSH_TIMEOUT).min(last);
    let drain = Drain { earliest, latest, back_after: restart_delay };
    // Again and again: a join that was under way may just have opened a room.
    while !lobby.rooms().is_empty() || admission.sessions() > 0 {
        for room in lobby.rooms() {
            room.address.do_send(drain);
        }
        actix::clock::sleep(DRAIN_POLL).await;
    }
}

/// Ends the answers to those who listen to the server, and waits a moment for all answers of that kind to end.
async fn say_goodbye(events: &Feed, admission: &Admission) {
    events.publish("stopping", &serde_json::json!({}));
    events.end();
    let gone = async {
        while admission.listeners() > 0 {
            actix::clock::sleep(DRAIN_POLL).await;
        }
    };
    // Who does not read is not waited for.
    let _ = actix::clock::timeout(GOODBYE_TIMEOUT, gone).await;
}
