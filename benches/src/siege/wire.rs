//! A WebSocket that does as it is told, and nothing by itself: for peers who break rules, keep silent, or
//! are too many for a client library.
//!
//! Pings are not answered here, and nothing is put together that comes in parts: the server sends whole
//! messages.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use thiserror::Error;
use tickwire_protocol::envelope::MAX_SERVER_MESSAGE_BYTES;
use tickwire_protocol::version::Subprotocol;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::http::Line;
use crate::websocket::{self, FIN, Header, Kind, WebSocketError};

/// Bytes that are read at once: a few frames.
const READ_BYTES: usize = 512;
/// The masking key: one like any other, and it leaves payloads as they are.
const MASK: [u8; 4] = [0; 4];
/// Opcode of a further part of a message.
const CONTINUATION: u8 = 0;
/// Close code that stands for a close without one (RFC 6455, section 7.4.1).
const NO_CODE: u16 = 1005;

/// What the server sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// A message.
    Binary(Bytes),
    /// A ping.
    Ping(Bytes),
    /// A pong.
    Pong,
    /// The last word: why.
    Close(u16),
}

/// Why a WebSocket is none, or ended.
#[derive(Debug, Error)]
pub enum WireError {
    /// The connection was not made, or broke.
    #[error("connection: {0}")]
    Connection(#[from] io::Error),
    /// It ended without a close frame.
    #[error("the connection ended without a close frame")]
    Ended,
    /// The server does not open a WebSocket.
    #[error("the handshake was refused: {0}")]
    Refused(String),
    /// The server's frame breaks a rule.
    #[error(transparent)]
    Frame(#[from] WebSocketError),
    /// It is none that it sends.
    #[error("{kind:?} of {payload} bytes is no message of the server")]
    Unexpected {
        /// What it is.
        kind: Kind,
        /// How many bytes it has, as claimed.
        payload: usize,
    },
}

/// An open WebSocket.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    received: BytesMut,
}

/// A message as a client sends it, in one frame.
#[must_use]
pub fn frame(kind: Kind, payload: &[u8]) -> Vec<u8> {
    framed(FIN | kind.opcode(), payload)
}

/// A part of a message: the first one says what the message is, the others do not.
#[must_use]
pub fn fragment(kind: Option<Kind>, is_last: bool, payload: &[u8]) -> Vec<u8> {
    let opcode = kind.map_or(CONTINUATION, Kind::opcode);
    framed(if is_last { FIN | opcode } else { opcode }, payload)
}

fn framed(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = header(first, payload.len() as u64);
    bytes.extend_from_slice(payload);
    bytes
}

/// The header of a frame that claims a payload of so many bytes; `first` is its first byte.
#[must_use]
pub fn header(first: u8, length: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    websocket::push_header(&mut bytes, first, length, MASK);
    bytes
}

/// The request that opens a WebSocket.
#[must_use]
pub fn request(host: &str, target: &str) -> String {
    format!(
        "GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: {}\r\n\r\n",
        Subprotocol::ALL[0].name()
    )
}

impl Wire {
    /// Connects, and asks for a WebSocket at a target such as `/ws?token=…`.
    ///
    /// # Errors
    /// [`WireError`].
    pub async fn open(line: &Line, target: &str) -> Result<Self, WireError> {
        let mut stream = line.connect().await?;
        stream.write_all(request(&line.server.to_string(), target).as_bytes()).await?;
        let mut received = BytesMut::with_capacity(READ_BYTES);
        loop {
            if let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") {
                let head = received.split_to(end + 4);
                if head.starts_with(b"HTTP/1.1 101 ") {
                    return Ok(Self { stream, received });
                }
                return Err(WireError::Refused(first_line(&head)));
            }
            if stream.read_buf(&mut received).await? == 0 {
                return Err(WireError::Refused(first_line(&received)));
            }
        }
    }

    /// Sends a message, in one frame.
    ///
    /// # Errors
    /// [`WireError::Connection`].
    pub async fn send(&mut self, kind: Kind, payload: &[u8]) -> Result<(), WireError> {
        self.send_bytes(&frame(kind, payload)).await
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// [`WireError::Connection`].
    pub async fn send_bytes(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        Ok(self.stream.write_all(bytes).await?)
    }

    /// Sends as many of the bytes as the kernel takes at once, which may be none.
    ///
    /// # Errors
    /// [`WireError::Connection`].
    pub fn try_send_bytes(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        match self.stream.try_write(bytes) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// The next frame. May be cancelled without losing anything.
    ///
    /// # Errors
    /// [`WireError`].
    pub async fn next(&mut self) -> Result<Received, WireError> {
        loop {
            if let Some(received) = take_frame(&mut self.received)? {
                return Ok(received);
            }
            self.received.reserve(READ_BYTES);
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err(WireError::Ended);
            }
        }
    }
}

fn first_line(bytes: &[u8]) -> String {
    let line = bytes.split(|&byte| byte == b'\r').next().unwrap_or_default();
    String::from_utf8_lossy(line).into_owned()
}

/// The frame at the front, if all of it is there.
fn take_frame(bytes: &mut BytesMut) -> Result<Option<Received>, WireError> {
    let Some(Header { kind, bytes: begin, payload }) = Header::read(bytes)? else {
        return Ok(None);
    };
    // The server speaks binary, in messages of bounded size.
    if kind == Kind::Text || payload > MAX_SERVER_MESSAGE_BYTES {
        return Err(WireError::Unexpected { kind, payload });
    }
    if bytes.len() < begin + payload {
        return Ok(None);
    }
    bytes.advance(begin);
    let payload = bytes.split_to(payload).freeze();
    Ok(Some(match kind {
        Kind::Text | Kind::Binary => Received::Binary(payload),
        Kind::Close => Received::Close(close_code(&payload)),
        Kind::Ping => Received::Ping(payload),
        Kind::Pong => Received::Pong,
    }))
}

fn close_code(payload: &[u8]) -> u16 {
    match payload {
        &[high, low, ..] => u16::from_be_bytes([high, low]),
        _ => NO_CODE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(bytes: &[u8]) -> Result<Option<Received>, WireError> {
        take_frame(&mut BytesMut::from(bytes))
    }

    #[test]
    fn frames_of_the_server_are_read_when_they_are_whole() {
        let bytes = [0x82, 3, 1, 2, 3];
        for cut in 0..bytes.len() {
            assert_eq!(take(&bytes[..cut]).unwrap(), None);
        }
        assert_eq!(take(&bytes).unwrap(), Some(Received::Binary(Bytes::from_static(&[1, 2, 3]))));
        assert_eq!(take(&[0x88, 2, 0x11, 0x4d]).unwrap(), Some(Received::Close(4429)));
        assert_eq!(take(&[0x88, 0]).unwrap(), Some(Received::Close(NO_CODE)));
        let long = [&[0x82, 126, 1, 0][..], &[7; 256]].concat();
        assert_eq!(take(&long).unwrap(), Some(Received::Binary(Bytes::from(vec![7; 256]))));
    }

    #[test]
    fn what_the_server_never_sends_is_an_error() {
        for bytes in [[0x82, 0x80], [0x02, 1], [0xc2, 0]] {
            assert!(matches!(take(&bytes), Err(WireError::Frame(_))), "{bytes:02x?}");
        }
        for bytes in [&[0x81, 0][..], &[0x82, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]]
        {
            assert!(matches!(take(bytes), Err(WireError::Unexpected { .. })), "{bytes:02x?}");
        }
    }

    #[test]
    fn frames_of_a_client_are_masked_by_nothing() {
        assert_eq!(frame(Kind::Ping, &[5]), [0x89, 0x81, 0, 0, 0, 0, 5]);
        assert_eq!(fragment(None, false, &[5]), [0x00, 0x81, 0, 0, 0, 0, 5]);
        assert_eq!(header(0x82, 4097)[..4], [0x82, 0xfe, 0x10, 0x01]);
        assert_eq!(header(0x82, 1 << 40).len(), 14);
    }
}
