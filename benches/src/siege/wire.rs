//! A WebSocket that does as it is told, and nothing by itself: for peers who break rules, keep silent, or
//! are too many for a client library.
//!
//! Frames by [RFC 6455, section 5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.2). Pings are not
//! answered here, and nothing is put together that comes in parts: the server sends whole messages. The
//! masking key is always zero, which is a key like any other and leaves payloads as they are.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use thiserror::Error;
use tickwire_protocol::SUBPROTOCOL;
use tickwire_protocol::envelope::MAX_SERVER_MESSAGE_BYTES;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::http::Line;

/// Bytes that are read at once: a few frames.
const READ_BYTES: usize = 512;
/// Close code that stands for a close without one (RFC 6455, section 7.4.1).
const NO_CODE: u16 = 1005;

/// A frame's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Opcode {
    /// A further part of a message.
    Continuation = 0,
    /// Text.
    Text = 1,
    /// Bytes.
    Binary = 2,
    /// The last word.
    Close = 8,
    /// Asks for a pong.
    Ping = 9,
    /// The answer.
    Pong = 10,
}

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
    /// The server's frame breaks a rule, or is none that it sends.
    #[error("not a frame of the server: {0:02x?}")]
    Frame([u8; 2]),
}

/// An open WebSocket.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    received: BytesMut,
}

/// A frame as a client sends it.
#[must_use]
pub fn frame(opcode: Opcode, is_final: bool, payload: &[u8]) -> Vec<u8> {
    let mut bytes = header(opcode as u8 | if is_final { 0x80 } else { 0 }, payload.len() as u64);
    bytes.extend_from_slice(payload);
    bytes
}

/// The header of a frame that claims a payload of so many bytes; `first` is its first byte.
#[must_use]
pub fn header(first: u8, length: u64) -> Vec<u8> {
    let mut bytes = vec![first];
    match length {
        0..126 => bytes.push(0x80 | length as u8),
        126..65_536 => {
            bytes.push(0x80 | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        _ => {
            bytes.push(0x80 | 127);
            bytes.extend(length.to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes
}

/// The request that opens a WebSocket.
#[must_use]
pub fn request(host: &str, target: &str) -> String {
    format!(
        "GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n"
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
    pub async fn send(&mut self, opcode: Opcode, payload: &[u8]) -> Result<(), WireError> {
        self.send_bytes(&frame(opcode, true, payload)).await
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
    let &[first, second, ..] = &bytes[..] else { return Ok(None) };
    let extended = match second {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let Some(extra) = bytes.get(2..2 + extended) else { return Ok(None) };
    let length = match extended {
        0 => u64::from(second),
        _ => extra.iter().fold(0, |length, &byte| length << 8 | u64::from(byte)),
    };
    // The server masks nothing and sends whole messages of bounded size.
    if second & 0x80 != 0 || first & 0xf0 != 0x80 || length > MAX_SERVER_MESSAGE_BYTES as u64 {
        return Err(WireError::Frame([first, second]));
    }
    let (begin, length) = (2 + extended, length as usize);
    if bytes.len() < begin + length {
        return Ok(None);
    }
    bytes.advance(begin);
    let payload = bytes.split_to(length).freeze();
    Ok(Some(match first & 0x0f {
        2 => Received::Binary(payload),
        8 => Received::Close(close_code(&payload)),
        9 => Received::Ping(payload),
        10 => Received::Pong,
        _ => return Err(WireError::Frame([first, second])),
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
        for bytes in [[0x82, 0x80], [0x02, 1], [0x81, 0], [0xc2, 0]] {
            assert!(matches!(take(&bytes), Err(WireError::Frame(_))), "{bytes:02x?}");
        }
    }

    #[test]
    fn frames_of_a_client_are_masked_by_nothing() {
        assert_eq!(frame(Opcode::Ping, true, &[5]), [0x89, 0x81, 0, 0, 0, 0, 5]);
        assert_eq!(frame(Opcode::Continuation, false, &[5]), [0x00, 0x81, 0, 0, 0, 0, 5]);
        assert_eq!(header(0x82, 4097)[..4], [0x82, 0xfe, 0x10, 0x01]);
        assert_eq!(header(0x82, 1 << 40).len(), 14);
    }
}
