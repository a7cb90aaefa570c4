//! What carries a connection's messages: a WebSocket, or plain HTTP where there is none.

use std::fmt;

use bytes::Bytes;
use clap::ValueEnum;

use crate::dial::Dial;
use crate::end::{ConnectError, End};
use crate::over_http::OverHttp;
use crate::socket::Socket;

/// What is to carry a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Transport {
    /// A WebSocket
    #[default]
    Ws,
    /// One long answer of HTTP down, batches up
    Stream,
    /// Long polling, batches up
    Poll,
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ws => "ws",
            Self::Stream => "stream",
            Self::Poll => "poll",
        })
    }
}

/// What came from the server.
#[derive(Debug)]
pub(crate) enum Heard {
    /// A message, and what it took on the wire.
    Message { bytes: Bytes, wire_bytes: usize },
    /// A sign of life.
    Other { wire_bytes: usize },
}

/// What carries a connection.
#[derive(Debug)]
pub(crate) enum Carrier {
    Socket(Box<Socket>),
    Http(OverHttp),
}

impl Carrier {
    /// Connects to a seat's `ws_url`, or to what stands in for it.
    pub(crate) async fn open(ws_url: &str, dial: &mut Dial) -> Result<Self, ConnectError> {
        Ok(match dial.transport {
            Transport::Ws => Self::Socket(Box::new(Socket::open(ws_url, dial).await?)),
            Transport::Stream => Self::Http(OverHttp::stream(ws_url, dial).await?),
            Transport::Poll => Self::Http(OverHttp::poll(ws_url, dial).await?),
        })
    }

    /// Waits for what comes next. May be cancelled without losing anything.
    pub(crate) async fn next(&mut self) -> Result<Heard, End> {
        match self {
            Self::Socket(socket) => socket.next().await,
            Self::Http(http) => http.next().await,
        }
    }

    /// Sends a message.
    pub(crate) async fn send(&mut self, message: Vec<u8>) -> Result<(), End> {
        match self {
            Self::Socket(socket) => socket.send(message).await,
            Self::Http(http) => http.send(message).await,
        }
    }

    /// Sends a message, and does not wait until all of it is with the kernel. Cancelled, it was not sent; once
    /// it is done, it is on its way.
    pub(crate) async fn feed(&mut self, message: Vec<u8>) -> Result<(), End> {
        match self {
            Self::Socket(socket) => socket.feed(message).await,
            Self::Http(http) => http.send(message).await,
        }
    }

    /// Says goodbye and waits for the server to do so too.
    pub(crate) async fn close(self) {
        match self {
            Self::Socket(socket) => socket.close().await,
            Self::Http(http) => http.close().await,
        }
    }

    /// Ends the connection without a word.
    pub(crate) async fn cut(&mut self) {
        match self {
            Self::Socket(socket) => socket.cut().await,
            Self::Http(http) => http.cut(),
        }
    }
}
