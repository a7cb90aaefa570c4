//! A server on a port of its own, and clients that can do whatever they like to it.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "each test crate uses its part, and a test fails by panicking"
)]

pub mod folder;
pub mod https;
pub mod interposed;
pub mod loud;
#[cfg(unix)]
pub mod nginx;
pub mod over_http;
pub mod process;
pub mod store;
pub mod text;

use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use clap::Parser;
use futures_util::{SinkExt, StreamExt};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tickwire_protocol::envelope::FRAME_TAG;
use tickwire_protocol::frame::Frame;
use tickwire_protocol::message::{Ack, ClientMessage, ServerMessage, Welcome};
use tickwire_protocol::replica::{Agreement, Replica};
use tickwire_server::cluster::bus::Bus;
use tickwire_server::config::Flags;
use tickwire_server::directory::Directory;
use tickwire_server::identity::Authenticator;
use tickwire_server::lobby::channel::Channel;
use tickwire_server::room::clustered::ClusterParts;
use tickwire_server::room::opener::RoomOpener;
use tickwire_server::server::StartError;
use tickwire_server::tls::Certificates;
use tickwire_server::{Server, ServerConfig};
use tickwire_simulation::registry::GameRegistry;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Nothing in these tests takes this long; what does has failed.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// How often a test looks whether what it waits for has come.
const POLL: Duration = Duration::from_millis(10);

pub fn games() -> GameRegistry {
    GameRegistry::new()
        .with(tickwire_arena::NAME, tickwire_arena::create)
        .with(tickwire_drift::NAME, tickwire_drift::create)
}

/// A server in this process. Stops when dropped.
pub struct TestServer {
    pub address: SocketAddr,
    /// What it proves itself by, if it speaks TLS.
    pub certificates: Option<Arc<Certificates>>,
    /// What a cluster asks for rooms.
    pub opener: Arc<RoomOpener>,
    /// Its rooms.
    pub directory: Arc<dyn Directory>,
    /// What people in different rooms say to each other.
    pub channel: Arc<Channel>,
    shutdown: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl TestServer {
    /// Starts a server of the demo games with these flags beside `--bind 127.0.0.1:0`.
    pub fn start(flags: &[&str]) -> Self {
        Self::start_with(games(), flags)
    }

    /// Starts a server of these games.
    pub fn start_with(games: GameRegistry, flags: &[&str]) -> Self {
        Self::start_by(games, flags, Server::bind)
    }

    /// Starts a server of the demo games that lets people in as the authenticator says.
    pub fn start_authenticated(authenticator: Arc<dyn Authenticator>, flags: &[&str]) -> Self {
        Self::start_by(games(), flags, |config, games| {
            Server::bind_with(config, games, authenticator)
        })
    }

    /// Starts a server of the demo games in a cluster.
    pub fn start_in(cluster: ClusterParts, flags: &[&str]) -> Self {
        Self::start_by(games(), flags, |config, games| Server::bind_in(config, games, cluster))
    }

    /// Starts a server of the demo games beside others that are on this bus.
    pub fn start_on(bus: Arc<dyn Bus>, flags: &[&str]) -> Self {
        Self::start_by(games(), flags, |config, games| Server::bind_on(config, games, bus))
    }

    fn start_by(
        games: GameRegistry,
        flags: &[&str],
        bind: impl FnOnce(ServerConfig, GameRegistry) -> Result<Server, StartError> + Send + 'static,
    ) -> Self {
        let flags = [&["server", "--bind=127.0.0.1:0", "--workers=2"], flags].concat();
        let config = Flags::try_parse_from(flags).unwrap().validate(&games).unwrap();
        let (shutdown, stopped) = tokio::sync::oneshot::channel::<()>();
        let (sender, receiver) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            actix::System::new().block_on(async {
                let server = bind(config, games).unwrap();
                let inside = (server.opener(), server.directory(), server.channel());
                sender.send((server.address(), server.certificates(), inside)).unwrap();
                let shutdown = async {
                    let _ = stopped.await;
                };
                server.run(shutdown).await.unwrap();
            });
        });
        let (address, certificates, inside) = receiver.recv_timeout(PATIENCE).unwrap();
        let (opener, directory, channel) = inside;
        let (shutdown, thread) = (Some(shutdown), Some(thread));
        Self { address, certificates, opener, directory, channel, shutdown, thread }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub async fn get(&self, path: &str) -> (StatusCode, String) {
        let response = reqwest::get(self.url(path)).await.unwrap();
        (response.status(), response.text().await.unwrap())
    }

    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let request = reqwest::Client::new()
            .post(self.url(path))
            .header("content-type", "application/json")
            .body(body.to_string());
        let response = request.send().await.unwrap();
        let status = response.status();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap())
    }

    pub async fn join(&self, body: Value) -> Value {
        let (status, answer) = self.post("/api/join", body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    /// Joins, connects and reads the welcome.
    pub async fn enter(&self, body: Value) -> Client {
        let joined = self.join(body).await;
        Client::connect(joined["ws_url"].as_str().unwrap()).await
    }

    /// The only room's line in the listing.
    pub async fn room(&self) -> Value {
        let (_, listing) = self.get("/api/rooms").await;
        let listing: Value = serde_json::from_str(&listing).unwrap();
        listing["rooms"][0].clone()
    }

    /// Waits until the only room's line is as wanted.
    pub async fn room_until(&self, is_wanted: impl Fn(&Value) -> bool) -> Value {
        let wait = async {
            let mut polls = tokio::time::interval(POLL);
            loop {
                polls.tick().await;
                let room = self.room().await;
                if is_wanted(&room) {
                    return room;
                }
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("the room gets there")
    }

    /// Waits until one of the rooms is as wanted.
    pub async fn listed_until(&self, is_wanted: impl Fn(&Value) -> bool) {
        let wait = async {
            let mut polls = tokio::time::interval(POLL);
            loop {
                polls.tick().await;
                let (_, listing) = self.get("/api/rooms").await;
                let listing: Value = serde_json::from_str(&listing).unwrap();
                if listing["rooms"].as_array().unwrap().iter().any(&is_wanted) {
                    return;
                }
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("a room gets there");
    }

    /// Waits until a metric has this value.
    pub async fn metric_until(&self, name: &str, value: f64) {
        self.metric_as(name, |now| now == value).await;
    }

    /// Waits until a metric has at least this value.
    pub async fn metric_from(&self, name: &str, least: f64) {
        self.metric_as(name, |now| now >= least).await;
    }

    async fn metric_as(&self, name: &str, is_wanted: impl Fn(f64) -> bool) {
        let wait = async {
            let mut polls = tokio::time::interval(POLL);
            while !is_wanted(self.metric(name).await) {
                polls.tick().await;
            }
        };
        let arrived = tokio::time::timeout(PATIENCE, wait).await;
        assert!(arrived.is_ok(), "{name} is {}", self.metric(name).await);
    }

    /// The value of a metric; 0 when it does not exist yet.
    pub async fn metric(&self, name: &str) -> f64 {
        let (_, text) = self.get("/metrics").await;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0.0, |value| value.parse().unwrap())
    }

    /// Asks the server to stop, without waiting for it.
    pub fn begin_shutdown(&mut self) {
        let _ = self.shutdown.take().unwrap().send(());
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some(shutdown) = self.shutdown.take() {
            let _ = shutdown.send(());
        }
        self.thread.take().unwrap().join().unwrap();
    }
}

/// A WebSocket, opened with our subprotocol.
pub type RawSocket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub async fn open(ws_url: &str) -> RawSocket {
    open_speaking(ws_url, "tickwire.v1").await
}

/// The same with other subprotocols.
pub async fn open_speaking(ws_url: &str, protocols: &str) -> RawSocket {
    let mut request = ws_url.into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", protocols.parse().unwrap());
    connect_async(request).await.unwrap().0
}

/// Reads on until the connection is closed, and returns the close code; 1006 when there was none.
pub async fn close_code(socket: &mut RawSocket) -> u16 {
    close(socket).await.0
}

/// The same, and the text that came with it.
pub async fn close(socket: &mut RawSocket) -> (u16, String) {
    let wait = async {
        loop {
            match socket.next().await {
                Some(Ok(Message::Close(Some(frame)))) => {
                    return (frame.code.into(), frame.reason.to_string());
                }
                Some(Ok(Message::Close(None)) | Err(_)) | None => return (1006, String::new()),
                Some(Ok(_)) => {}
            }
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("the server closes the connection")
}

/// A client that plays by the rules: keeps a replica and acknowledges what it takes in.
pub struct Client {
    pub socket: RawSocket,
    pub welcome: Welcome,
    pub replica: Replica,
}

/// The plain TCP connection under a WebSocket.
pub fn tcp(socket: &mut RawSocket) -> &mut TcpStream {
    match socket.get_mut() {
        MaybeTlsStream::Plain(stream) => stream,
        other => panic!("plain TCP is used here, not {other:?}"),
    }
}

/// Reads frames from the wire without answering anything, as a WebSocket library would. Returns
/// the first bytes of each frame's header and payload, until one is a close frame or the stream
/// ends.
pub async fn read_in_silence(socket: &mut RawSocket) -> Vec<(u8, Vec<u8>)> {
    let stream = tcp(socket);
    let mut frames = Vec::new();
    let read = async {
        while let Ok(first) = stream.read_u8().await {
            let length = match stream.read_u8().await.unwrap() {
                126 => stream.read_u16().await.unwrap().into(),
                127 => stream.read_u64().await.unwrap(),
                short => short.into(),
            };
            let mut payload = vec![0; length as usize];
            stream.read_exact(&mut payload).await.unwrap();
            frames.push((first, payload));
            if first == 0x88 {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, read).await.expect("the server closes the connection");
    frames
}

impl Client {
    pub async fn connect(ws_url: &str) -> Self {
        Self::welcomed(open(ws_url).await).await
    }

    /// Reads the welcome of a connection.
    pub async fn welcomed(mut socket: RawSocket) -> Self {
        let message = tokio::time::timeout(PATIENCE, socket.next()).await.unwrap();
        let Some(Ok(Message::Binary(bytes))) = message else {
            panic!("a welcome is due, not {message:?}");
        };
        let ServerMessage::Welcome(welcome) = ServerMessage::from_bytes(&bytes).unwrap() else {
            panic!("the welcome comes first");
        };
        Self { socket, replica: Replica::new(&welcome), welcome: *welcome }
    }

    pub async fn send(&mut self, message: ClientMessage) {
        self.send_bytes(message.to_bytes()).await;
    }

    pub async fn send_bytes(&mut self, bytes: Vec<u8>) {
        self.socket.send(Message::Binary(bytes.into())).await.unwrap();
    }

    /// The next message: a state frame that has been taken in, or a control message.
    pub async fn next(&mut self) -> Received {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.socket.next()).await.unwrap();
            let bytes = match message {
                Some(Ok(Message::Binary(bytes))) => bytes,
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                other => panic!("a frame is due, not {other:?}"),
            };
            if bytes[0] < FRAME_TAG {
                return Received::Message(ServerMessage::from_bytes(&bytes).unwrap());
            }
            let (frame, agreement) = self.replica.handle_frame(&bytes).unwrap();
            assert_ne!(agreement, Agreement::Different);
            let event = frame.events.last().map(|event| event.number).unwrap_or_default();
            self.send(ClientMessage::Ack(Ack { frame: frame.number, event })).await;
            return Received::Frame(frame);
        }
    }

    /// The next state frame.
    pub async fn frame(&mut self) -> Frame {
        loop {
            if let Received::Frame(frame) = self.next().await {
                return frame;
            }
        }
    }

    /// Closes the connection properly.
    pub async fn leave(mut self) {
        self.socket.close(None).await.unwrap();
        while let Some(Ok(_)) = self.socket.next().await {}
    }
}

#[derive(Debug)]
pub enum Received {
    Frame(Frame),
    Message(ServerMessage),
}

/// A drift room without bots.
pub fn drift() -> Value {
    json!({"name": "tester", "game": "drift"})
}
