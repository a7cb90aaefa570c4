//! HTTP/1.1 from any address of this machine, one request after the other on a connection.
//!
//! `bot-client` joins by a full HTTP client, which cannot choose where it connects from; this one knows no
//! more than the few answers that the server gives.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// An answer that takes longer is given up.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes of an answer: the metrics take a few thousand.
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// How a connection is made.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// The server.
    pub server: SocketAddr,
    /// Where to connect from; the system's choice by default.
    pub from: Option<Ipv4Addr>,
    /// Bytes that the kernel keeps for one who does not read; the system's choice by default.
    pub receive_buffer: Option<u32>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum HttpError {
    /// The connection was not made, or broke.
    #[error("HTTP connection: {0}")]
    Connection(#[from] io::Error),
    /// Nothing came in time.
    #[error("no answer within {} s", PATIENCE.as_secs())]
    TimedOut,
    /// What came is no answer.
    #[error("not an HTTP answer: {0}")]
    Malformed(&'static str),
}

impl Line {
    /// To a server, and the system chooses the rest.
    #[must_use]
    pub const fn to(server: SocketAddr) -> Self {
        Self { server, from: None, receive_buffer: None }
    }

    /// From an address.
    #[must_use]
    pub const fn from(self, address: Ipv4Addr) -> Self {
        Self { from: Some(address), ..self }
    }

    /// Makes a connection.
    ///
    /// # Errors
    /// What the system says.
    pub async fn connect(&self) -> io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        if let Some(address) = self.from {
            socket.bind((address, 0).into())?;
        }
        if let Some(bytes) = self.receive_buffer {
            socket.set_recv_buffer_size(bytes)?;
        }
        let stream = socket.connect(self.server).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

/// A connection that requests go over.
#[derive(Debug)]
pub struct Http {
    stream: TcpStream,
    server: SocketAddr,
    received: Vec<u8>,
}

impl Http {
    /// Connects.
    ///
    /// # Errors
    /// [`HttpError::Connection`].
    pub async fn connect(line: &Line) -> Result<Self, HttpError> {
        let stream = line.connect().await?;
        Ok(Self { stream, server: line.server, received: Vec::new() })
    }

    /// `GET` of a path.
    ///
    /// # Errors
    /// [`HttpError`]; the connection is then of no more use.
    pub async fn get(&mut self, path: &str) -> Result<Answer, HttpError> {
        self.call(&format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.server)).await
    }

    /// `POST` of JSON to a path.
    ///
    /// # Errors
    /// [`HttpError`]; the connection is then of no more use.
    pub async fn post(&mut self, path: &str, json: &str) -> Result<Answer, HttpError> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{json}",
            self.server,
            json.len()
        );
        self.call(&request).await
    }

    async fn call(&mut self, request: &str) -> Result<Answer, HttpError> {
        let exchange = async {
            self.stream.write_all(request.as_bytes()).await?;
            loop {
                if let Some((answer, length)) = parse(&self.received)? {
                    self.received.drain(..length);
                    return Ok(answer);
                }
                if self.stream.read_buf(&mut self.received).await? == 0 {
                    return Err(HttpError::Connection(io::ErrorKind::UnexpectedEof.into()));
                }
            }
        };
        timeout(PATIENCE, exchange).await.unwrap_or(Err(HttpError::TimedOut))
    }
}

/// An answer at the front of `bytes` and its length, once all of it is there.
fn parse(bytes: &[u8]) -> Result<Option<(Answer, usize)>, HttpError> {
    let Some(head_length) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return if bytes.len() < MAX_ANSWER_BYTES {
            Ok(None)
        } else {
            Err(HttpError::Malformed("its head has no end"))
        };
    };
    let head = std::str::from_utf8(&bytes[..head_length])
        .map_err(|_| HttpError::Malformed("its head is not text"))?;
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok())
        .ok_or(HttpError::Malformed("it has no status"))?;
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(Some(0), |(_, value)| value.trim().parse().ok())
        .filter(|&length| length <= MAX_ANSWER_BYTES)
        .ok_or(HttpError::Malformed("its length is none"))?;
    let begin = head_length + 4;
    let body = bytes.get(begin..begin + length).map(<[u8]>::to_vec);
    Ok(body.map(|body| (Answer { status, body }, begin + length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_when_all_of_it_is_there() {
        let bytes = b"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 2\r\nx: y\r\n\r\n{}HTTP";
        let whole = bytes.len() - 4;
        for cut in 0..whole {
            assert!(parse(&bytes[..cut]).unwrap().is_none(), "{cut}");
        }
        let (answer, length) = parse(bytes).unwrap().unwrap();
        assert_eq!((answer.status, &answer.body[..], length), (429, &b"{}"[..], whole));
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        for bytes in [
            &b"hello\r\n\r\n"[..],
            b"HTTP/1.1 20\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        ] {
            assert!(matches!(parse(bytes), Err(HttpError::Malformed(_))));
        }
    }
}
