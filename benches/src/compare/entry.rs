//! The way in: what each peer asks for before a WebSocket is open, and the upgrade.
//!
//! ```text
//! plain       GET /?room=3                                          ─┐
//! Socket.IO   GET /socket.io/?EIO=4&transport=websocket             ─┤
//! Colyseus    POST /matchmake/joinOrCreate/drift  → seat → GET …    ─┼→ 101, a wire
//! Tickwire    POST /api/rooms, once a room; POST /api/join → GET …  ─┘
//! ```

use std::io;
use std::net::SocketAddr;

use serde_json::{Value, json};
use thiserror::Error;
use tickwire_protocol::version::Subprotocol;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::peer::Protocol;
use super::wire::colyseus::Colyseus;
use super::wire::plain::Plain;
use super::wire::socket_io::SocketIo;
use super::wire::tickwire::Tickwire;
use super::wire::{Sight, Wire};
use super::workload::Workload;
use crate::siege::http::{Http, HttpError, Line};

/// Longest head of an answer to an upgrade.
const MAX_HEAD_BYTES: usize = 8192;
/// Any key will do: nobody checks the answer to it here.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// Why a client did not get in.
#[derive(Debug, Error)]
pub enum EntryError {
    /// A request before the WebSocket.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// It was refused.
    #[error("POST {path} is answered with {status}: {body}")]
    Refused {
        /// What was asked for.
        path: String,
        /// The status.
        status: u16,
        /// What it says.
        body: String,
    },
    /// An answer that is not what the protocol has.
    #[error("an answer without {0:?}")]
    Incomplete(&'static str),
    /// The connection was not made, or broke.
    #[error("connection: {0}")]
    Connection(#[from] io::Error),
    /// There is no WebSocket.
    #[error("the upgrade is answered with {0:?}")]
    NotUpgraded(String),
}

/// A client that has got in.
pub struct Entered {
    /// The connection.
    pub stream: TcpStream,
    /// What came right after the upgrade.
    pub received: Vec<u8>,
    /// What is spoken on it.
    pub wire: Box<dyn Wire>,
}

/// The doors of a peer's server.
#[derive(Clone, Debug)]
pub struct Doors {
    protocol: Protocol,
    server: SocketAddr,
    workload: Workload,
    /// Names of the rooms, where the server gives them names.
    rooms: Vec<String>,
}

impl Doors {
    /// Makes what must be there before anybody comes.
    ///
    /// # Errors
    /// [`EntryError`].
    pub async fn open(
        protocol: Protocol,
        server: SocketAddr,
        workload: Workload,
    ) -> Result<Self, EntryError> {
        let mut rooms = Vec::new();
        if protocol == Protocol::Tickwire {
            for _ in 0..workload.rooms {
                let body = json!({ "game": tickwire_drift::NAME });
                rooms.push(text(&post(server, "/api/rooms", &body).await?, "room")?);
            }
        }
        Ok(Self { protocol, server, workload, rooms })
    }

    /// Lets a client in, by its number.
    ///
    /// # Errors
    /// [`EntryError`].
    pub async fn enter(&self, client: usize, sight: Sight) -> Result<Entered, EntryError> {
        let room = self.workload.room_of(client);
        let (path, wire): (String, Box<dyn Wire>) = match self.protocol {
            Protocol::Plain(form) => (format!("/?room={room}"), Box::new(Plain::new(form, sight))),
            Protocol::SocketIo => {
                let path = "/socket.io/?EIO=4&transport=websocket".to_owned();
                (path, Box::new(SocketIo::new(room, sight)))
            }
            Protocol::Colyseus => {
                let path = "/matchmake/joinOrCreate/drift";
                let seat = post(self.server, path, &json!({ "room": room })).await?;
                let [process, room, session] = ["processId", "roomId", "sessionId"];
                let session = text(&seat, session)?;
                let (process, room) = (text(&seat, process)?, text(&seat, room)?);
                let path = format!("/{process}/{room}?sessionId={session}");
                (path, Box::new(Colyseus::new(session, sight)))
            }
            Protocol::Tickwire => {
                let body = json!({ "name": format!("load {client}"), "room": self.rooms[room] });
                let url = text(&post(self.server, "/api/join", &body).await?, "ws_url")?;
                let path = url.splitn(4, '/').nth(3).ok_or(EntryError::Incomplete("ws_url"))?;
                (format!("/{path}"), Box::new(Tickwire::new(sight)))
            }
        };
        let (stream, received) = upgrade(self.server, &path).await?;
        Ok(Entered { stream, received, wire })
    }
}

/// A request with a JSON body, and the JSON of its answer.
async fn post(server: SocketAddr, path: &str, body: &Value) -> Result<Value, EntryError> {
    let answer = Http::connect(&Line::to(server)).await?.post(path, &body.to_string()).await?;
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    match serde_json::from_str(&body) {
        Ok(value) if (200..300).contains(&answer.status) => Ok(value),
        _ => Err(EntryError::Refused { path: path.to_owned(), status: answer.status, body }),
    }
}

fn text(object: &Value, member: &'static str) -> Result<String, EntryError> {
    object[member].as_str().map(str::to_owned).ok_or(EntryError::Incomplete(member))
}

/// Opens a WebSocket; says with it what came right after the answer.
async fn upgrade(server: SocketAddr, path: &str) -> Result<(TcpStream, Vec<u8>), EntryError> {
    let mut stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {server}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n{}\r\n",
        // Servers that know no subprotocols would have to refuse one.
        if path.starts_with("/ws") {
            format!("Sec-WebSocket-Protocol: {}\r\n", Subprotocol::ALL[0].name())
        } else {
            String::new()
        }
    );
    stream.write_all(request.as_bytes()).await?;
    let mut received = Vec::with_capacity(1024);
    loop {
        if let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") {
            let rest = received.split_off(end + 4);
            let head = String::from_utf8_lossy(&received);
            let status = head.lines().next().unwrap_or_default().to_owned();
            let is_upgraded = status.split(' ').nth(1) == Some("101");
            return if is_upgraded {
                Ok((stream, rest))
            } else {
                Err(EntryError::NotUpgraded(status))
            };
        }
        if received.len() > MAX_HEAD_BYTES || stream.read_buf(&mut received).await? == 0 {
            let head = String::from_utf8_lossy(&received).into_owned();
            return Err(EntryError::NotUpgraded(head));
        }
    }
}
