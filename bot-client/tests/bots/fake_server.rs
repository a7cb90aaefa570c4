//! A server in a few lines: answers HTTP by hand, hands WebSockets to [`FakeRoom`]s, does what its
//! script says, and writes down what clients do.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Instant;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};

use crate::fake_metrics;
use crate::fake_room::FakeRoom;

/// Close code of [`Close`] for a connection that ends without a close (RFC 6455, 7.4.1).
pub const LOST: u16 = 1006;

/// What the server does.
#[derive(Clone, Copy, Debug, Default)]
pub struct Script {
    /// So many joins are refused at first: the room is full.
    pub refused_joins: usize,
    /// So many can be in at once; more are told that the room is full.
    pub seats: Option<usize>,
    /// Joins are refused for load.
    pub busy_joins: Busy,
    /// Upgrades are, those of clients that resume included.
    pub busy_upgrades: Busy,
    /// Rooms are gone for those who ask for one after the first connection was opened.
    pub rooms_vanish: bool,
    /// Hashes are not those of the state.
    pub wrong_hash: bool,
    /// Frames are no frames.
    pub garbage: bool,
    /// Nothing is sent after the welcome.
    pub mute: bool,
    /// The server tells its memory and how late its ticks begin.
    pub tells_metrics: bool,
    /// No frames are sent after so many of a connection.
    pub frames: Option<u32>,
    /// After the first frame, which has one, an event comes with every so many frames.
    pub event_every: Option<u32>,
    /// Connections are closed.
    pub close: Option<Close>,
    /// What the server says just before that.
    pub announcement: Option<Announcement>,
    /// Players of lost connections are kept for so long.
    pub resume_window_ms: u32,
    /// What becomes of those who resume.
    pub resume: Resume,
}

/// Requests that are refused for load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Busy {
    /// So many are not, at first.
    pub after: usize,
    /// The next so many are.
    pub times: usize,
    /// With this HTTP status.
    pub status: u16,
    /// After so many seconds they may come again, they are told.
    pub retry_after: Option<u32>,
}

/// What becomes of those who resume.
#[derive(Clone, Copy, Debug, Default)]
pub enum Resume {
    /// They are who they were, and get the events after their last.
    #[default]
    Continued,
    /// They are closed with this code before any welcome.
    Refused(u16),
    /// They are somebody else.
    OtherPlayer,
    /// They are welcomed as if they were new.
    NotResumed,
    /// So many events after their last are said to be lost, and so many are.
    LostEvents { said: u32, lost: u32 },
    /// Their last event comes again.
    RepeatedEvent,
}

/// What is said before a connection is closed: when to come back, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub enum Announcement {
    /// The server restarts.
    Restarting(u32),
    /// The room has failed.
    Failed(u32),
}

/// How connections are closed.
#[derive(Clone, Copy, Debug)]
pub struct Close {
    /// The first so many connections of the server are.
    pub connections: usize,
    /// Each after so many frames.
    pub after_frames: u32,
    /// With this code; [`LOST`] for none.
    pub code: u16,
}

/// What a server of a cluster tells of it. By default it is in none.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    /// The fence of keyframes and of what is told of the owner.
    pub fence: u64,
    /// Servers that are told of, if any.
    pub nodes: Vec<String>,
    /// What those who ask where their room is are answered: one after the other, the last one for ever.
    pub places: VecDeque<(u16, Value)>,
    /// Where the room goes, as is said before a connection is closed.
    pub moved: Option<String>,
}

/// What clients did.
#[derive(Clone, Debug, Default)]
pub struct Entries {
    /// Bodies of the joins.
    pub joins: Vec<Value>,
    /// Joins that were granted.
    pub granted: usize,
    /// Bodies of the questions where a room is.
    pub questions: Vec<Value>,
    /// Requests for the metrics.
    pub metrics: u64,
    /// Bodies of the requests for rooms.
    pub rooms: Vec<Value>,
    /// Queries of the requests for a WebSocket.
    pub upgrades: Vec<String>,
    /// WebSockets that were opened, with the subprotocol offered.
    pub subprotocols: Vec<String>,
    /// Queries of those WebSockets that resume.
    pub resumes: Vec<String>,
    /// Connections that clients closed in words.
    pub goodbyes: usize,
    /// Inputs that the schema allows.
    pub inputs: usize,
    /// The frame last acknowledged.
    pub acknowledged_frame: u32,
    /// The event last acknowledged.
    pub acknowledged_event: u32,
    /// Reports of state that differs.
    pub reports: u32,
    /// Anything that should not have been sent.
    pub wrong: Vec<String>,
}

/// The log, which can be waited on.
#[derive(Clone)]
pub struct Log(watch::Sender<Entries>);

impl Log {
    pub fn change<T>(&self, change: impl FnOnce(&mut Entries) -> T) -> T {
        let mut result = None;
        self.0.send_modify(|entries| result = Some(change(entries)));
        result.unwrap()
    }

    pub fn entries(&self) -> Entries {
        self.0.borrow().clone()
    }

    /// Waits until the log says so.
    pub async fn wait_for(&self, condition: impl FnMut(&Entries) -> bool) {
        self.0.subscribe().wait_for(condition).await.unwrap();
    }
}

pub struct FakeServer {
    address: SocketAddr,
    ws_base: Rc<RefCell<String>>,
    pub log: Log,
    pub cluster: Rc<RefCell<Cluster>>,
}

struct Shared {
    script: Script,
    log: Log,
    cluster: Rc<RefCell<Cluster>>,
    opened: Instant,
    /// Where WebSockets are, as those who join are told.
    ws_base: Rc<RefCell<String>>,
}

impl FakeServer {
    /// Starts it on a free port, as tasks of the current [`tokio::task::LocalSet`].
    pub async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let log = Log(watch::Sender::default());
        let ws_base = Rc::new(RefCell::new(format!("ws://{address}")));
        let (told, opened) = (Rc::clone(&ws_base), Instant::now());
        let cluster = Rc::new(RefCell::new(Cluster::default()));
        let shared = Rc::new(Shared {
            script,
            log: log.clone(),
            cluster: Rc::clone(&cluster),
            opened,
            ws_base: told,
        });
        tokio::task::spawn_local(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let shared = Rc::clone(&shared);
                // A client may go away at any time.
                tokio::task::spawn_local(async move { serve(&shared, stream).await.ok() });
            }
        });
        Self { address, log, ws_base, cluster }
    }

    /// From now on those who join are told that its WebSockets are there, as `wss://HOST:PORT`.
    pub fn say_it_is_at(&self, ws_base: String) {
        *self.ws_base.borrow_mut() = ws_base;
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn serve(shared: &Shared, mut stream: TcpStream) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let mut start = [0; 8];
    while stream.peek(&mut start).await? < start.len() {}
    if start.starts_with(b"GET /ws") {
        return serve_socket(shared, stream).await;
    }
    // One request per connection: the answer closes it.
    let mut request = Vec::new();
    let (head, body) = loop {
        anyhow::ensure!(stream.read_buf(&mut request).await? > 0, "the client left");
        if let Some(whole) = parse(&request) {
            break whole;
        }
    };
    let Answer { status, retry_after, body } = answer(shared, &head, &body);
    let body = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
    let length = body.len();
    let retry_after = retry_after.map(|s| format!("Retry-After: {s}\r\n")).unwrap_or_default();
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         {retry_after}Connection: close\r\n\r\n"
    );
    stream.write_all((head + &body).as_bytes()).await?;
    Ok(stream.shutdown().await?)
}

/// The head and the body of a request, once both are whole.
fn parse(request: &[u8]) -> Option<(String, Value)> {
    let text = std::str::from_utf8(request).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length = head
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok()
        })
        .unwrap_or(0);
    if body.len() < length {
        return None;
    }
    Some((head.to_owned(), serde_json::from_str(body).unwrap_or(Value::Null)))
}

/// An answer over HTTP.
struct Answer {
    status: u16,
    retry_after: Option<u32>,
    body: Value,
}

impl Answer {
    fn new(status: u16, body: Value) -> Self {
        Self { status, retry_after: None, body }
    }
}

impl Busy {
    /// The refusal of the request of a number, from 0, if it is refused.
    fn refusal(&self, number: usize) -> Option<Answer> {
        let Self { after, times, status, retry_after } = *self;
        let is_refused = number.checked_sub(after).is_some_and(|number| number < times);
        let body = json!({"error": "busy", "message": "come back later"});
        is_refused.then_some(Answer { status, retry_after, body })
    }
}

fn answer(shared: &Shared, head: &str, body: &Value) -> Answer {
    shared.log.change(|log| {
        if head.starts_with("POST /api/join ") {
            join(shared, log, body)
        } else if head.starts_with("POST /api/rooms ") {
            log.rooms.push(body.clone());
            let room = format!("room{}", log.rooms.len());
            Answer::new(201, json!({"room": room, "game": body["game"]}))
        } else if head.starts_with("POST /api/resume ") {
            log.questions.push(body.clone());
            let places = &mut shared.cluster.borrow_mut().places;
            let place = if places.len() > 1 { places.pop_front() } else { places.front().cloned() };
            let unknown = || (404, json!({"error": "not_found", "message": "no such page"}));
            let (status, body) = place.unwrap_or_else(unknown);
            Answer::new(status, body)
        } else if head.starts_with("GET /metrics ") {
            log.metrics += 1;
            match shared.script.tells_metrics {
                // As text, not as JSON: see `serve`.
                true => Answer::new(200, Value::String(fake_metrics::text(log.metrics))),
                false => Answer::new(404, json!({"error": "not_found", "message": "not told"})),
            }
        } else {
            let room = |number: usize| {
                let tick_ms = json!({"p50": 0.125 * number as f64, "p99": 0.25 * number as f64});
                json!({"room": format!("room{number}"), "game": "drift", "tick_ms": tick_ms})
            };
            Answer::new(200, json!({"rooms": (1..=9).map(room).collect::<Vec<_>>()}))
        }
    })
}

fn join(Shared { script, ws_base, .. }: &Shared, log: &mut Entries, body: &Value) -> Answer {
    log.joins.push(body.clone());
    let room = body["room"].as_str();
    let is_full = script.seats.is_some_and(|seats| log.granted - log.goodbyes >= seats);
    if is_full || log.joins.len() <= script.refused_joins {
        return Answer::new(409, json!({"error": "room_full", "message": "the room is full"}));
    }
    if let Some(refusal) = script.busy_joins.refusal(log.joins.len() - 1) {
        return refusal;
    }
    if script.rooms_vanish && room.is_some() && !log.subprotocols.is_empty() {
        return Answer::new(404, json!({"error": "no_such_room", "message": "it has ended"}));
    }
    log.granted += 1;
    let room = room.unwrap_or("anyroom");
    let ws_url = format!("{}/ws?token=t&room={room}", ws_base.borrow());
    Answer::new(200, json!({"token": "t", "room": room, "player": 1, "ws_url": ws_url}))
}

async fn serve_socket(shared: &Shared, stream: TcpStream) -> anyhow::Result<()> {
    let mut query = String::new();
    let mut connection = 0;
    #[expect(clippy::result_large_err, reason = "the library's signature")]
    let accept = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
        let offered = request.headers()["Sec-WebSocket-Protocol"].clone();
        query = request.uri().query().unwrap().to_owned();
        let number = shared.log.change(|log| {
            log.upgrades.push(query.clone());
            log.upgrades.len() - 1
        });
        if let Some(refusal) = shared.script.busy_upgrades.refusal(number) {
            return Err(refused(&refusal));
        }
        connection = shared.log.change(|log| {
            log.subprotocols.push(offered.to_str().unwrap().to_owned());
            if query.starts_with("resume=") {
                log.resumes.push(query.clone());
            }
            log.subprotocols.len() - 1
        });
        response.headers_mut().insert("Sec-WebSocket-Protocol", offered);
        Ok(response)
    };
    let socket = accept_hdr_async(stream, accept).await?;
    let Shared { script, log, opened, cluster, .. } = shared;
    let (room, last_event) = if query.starts_with("resume=") {
        let (token, event) = query.split_once("&event=").unwrap();
        (token.split_once('-').unwrap().1.to_owned(), Some(event.parse()?))
    } else {
        (query.rsplit('=').next().unwrap().to_owned(), None)
    };
    let opened = *opened;
    let room = FakeRoom { script, log, cluster, opened, room, connection, last_event };
    Ok(room.serve(socket).await?)
}

/// A refusal as the WebSocket library sends it.
fn refused(refusal: &Answer) -> ErrorResponse {
    let mut response = ErrorResponse::new(Some(refusal.body.to_string()));
    *response.status_mut() = refusal.status.try_into().unwrap();
    if let Some(seconds) = refusal.retry_after {
        response.headers_mut().insert("Retry-After", seconds.into());
    }
    response
}
