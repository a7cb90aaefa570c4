//! A client's side of a WebSocket, as cheap as can be: frames by
//! [RFC 6455, section 5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.2).
//!
//! `siege` looks at single frames by their [`Header`]; `compare` has a [`Reader`], which counts messages and
//! keeps only as much of each as its wire wants to see. The load must not be what is measured, and has to
//! take in more than a gigabyte a second from servers that send everything to everybody. So one buffer per
//! thread is read into, messages are looked at where they lie, and what nobody wants is skipped without
//! being copied.

use thiserror::Error;

/// Longest payload of pings, pongs and closes.
pub const MAX_CONTROL_BYTES: usize = 125;
/// Longest header of a server's frame: two bytes and a length of 64 bits.
const MAX_HEADER_BYTES: usize = 10;
/// The key that clients' payloads are masked with. Servers do the same work whatever it is.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
/// Says in the first byte that a message ends with this frame.
pub const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;
/// Lengths in the second byte that say that the length follows, in 2 bytes or in 8.
const LENGTH_OF_2: u8 = 126;
const LENGTH_OF_8: u8 = 127;

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8.
    Text,
    /// Bytes.
    Binary,
    /// The end, with a code and a reason.
    Close,
    /// Asks for a pong.
    Ping,
    /// Answers a ping.
    Pong,
}

/// Why a stream cannot be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WebSocketError {
    /// No server here cuts messages into fragments.
    #[error("a fragment of a message")]
    Fragment,
    /// Of no known kind, masked, or compressed.
    #[error("a frame that begins with {0:02x} {1:02x}")]
    Header(u8, u8),
}

/// A message from the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// What it is.
    pub kind: Kind,
    /// Its first bytes: all of it, unless that is more than the reader keeps.
    pub head: &'a [u8],
    /// Bytes on the wire, header included.
    pub wire_bytes: usize,
}

impl Kind {
    /// As the header has it.
    #[must_use]
    pub const fn opcode(self) -> u8 {
        match self {
            Self::Text => 1,
            Self::Binary => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
        }
    }

    fn of_opcode(opcode: u8) -> Option<Self> {
        let all = [Self::Text, Self::Binary, Self::Close, Self::Ping, Self::Pong];
        all.into_iter().find(|kind| kind.opcode() == opcode)
    }
}

/// Appends a message from a client to what is to be sent.
pub fn push(out: &mut Vec<u8>, kind: Kind, payload: &[u8]) {
    push_header(out, FIN | kind.opcode(), payload.len() as u64, MASK);
    out.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
}

/// Appends the header of a client's frame that claims a payload of so many bytes, masked with this key;
/// `first` is its first byte.
pub fn push_header(out: &mut Vec<u8>, first: u8, payload: u64, mask: [u8; 4]) {
    out.push(first);
    match u16::try_from(payload) {
        Ok(length @ 0..126) => out.push(MASKED | length as u8),
        Ok(length) => {
            out.push(MASKED | LENGTH_OF_2);
            out.extend_from_slice(&length.to_be_bytes());
        }
        Err(_) => {
            out.push(MASKED | LENGTH_OF_8);
            out.extend_from_slice(&payload.to_be_bytes());
        }
    }
    out.extend_from_slice(&mask);
}

/// Finds the messages in what a server sends, however it is cut into pieces.
#[derive(Clone, Debug)]
pub struct Reader {
    /// Bytes of a message that are kept.
    keep: usize,
    /// A header that has not arrived in full.
    header: Vec<u8>,
    /// A message that has not.
    open: Option<Open>,
    /// Its first bytes.
    head: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    header: Header,
    /// Bytes that are still to come.
    left: usize,
}

/// The header of a server's frame that is a whole message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What the message is.
    pub kind: Kind,
    /// Bytes of the header itself.
    pub bytes: usize,
    /// Bytes of the payload, as claimed.
    pub payload: usize,
}

impl Header {
    /// Reads a header, if it is there in full.
    ///
    /// # Errors
    /// [`WebSocketError`].
    pub fn read(bytes: &[u8]) -> Result<Option<Self>, WebSocketError> {
        let &[first, second, ref rest @ ..] = bytes else { return Ok(None) };
        if first & FIN == 0 {
            return Err(WebSocketError::Fragment);
        }
        let kind = Kind::of_opcode(first & !FIN).ok_or(WebSocketError::Header(first, second))?;
        let length_bytes = match second {
            LENGTH_OF_2 => 2,
            LENGTH_OF_8 => 8,
            0..126 => 0,
            _ => return Err(WebSocketError::Header(first, second)),
        };
        let Some(length) = rest.get(..length_bytes) else { return Ok(None) };
        let long = length.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
        let payload = if length_bytes == 0 { usize::from(second) } else { long };
        Ok(Some(Self { kind, bytes: 2 + length_bytes, payload }))
    }
}

impl Reader {
    /// One that keeps so many bytes of each message.
    #[must_use]
    pub const fn new(keep: usize) -> Self {
        Self { keep, header: Vec::new(), open: None, head: Vec::new() }
    }

    /// Takes in what has arrived, and shows every message that is complete.
    ///
    /// # Errors
    /// [`WebSocketError`], or what `see` says.
    pub fn read<E: From<WebSocketError>>(
        &mut self,
        mut bytes: &[u8],
        mut see: impl FnMut(Message<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        while !bytes.is_empty() {
            let Some(open) = self.open else {
                bytes = self.begin(bytes, &mut see)?;
                continue;
            };
            let (here, rest) = bytes.split_at(open.left.min(bytes.len()));
            let kept = here.len().min(self.keep - self.head.len());
            self.head.extend_from_slice(&here[..kept]);
            self.open = Some(Open { left: open.left - here.len(), ..open });
            bytes = rest;
            if here.len() == open.left {
                self.open = None;
                see(open.header.message(&self.head))?;
            }
        }
        Ok(())
    }

    /// Reads a header, and the message too where that is here as a whole; says what follows.
    fn begin<'a, E: From<WebSocketError>>(
        &mut self,
        bytes: &'a [u8],
        see: &mut impl FnMut(Message<'_>) -> Result<(), E>,
    ) -> Result<&'a [u8], E> {
        let before = self.header.len();
        let header = if before == 0 {
            Header::read(bytes)?
        } else {
            let missing = &bytes[..bytes.len().min(MAX_HEADER_BYTES - before)];
            self.header.extend_from_slice(missing);
            Header::read(&self.header)?
        };
        let Some(header) = header else {
            if before == 0 {
                self.header.extend_from_slice(bytes);
            }
            return Ok(&[]);
        };
        self.header.clear();
        let bytes = &bytes[header.bytes - before..];
        if let Some((payload, rest)) = bytes.split_at_checked(header.payload) {
            see(header.message(&payload[..payload.len().min(self.keep)]))?;
            return Ok(rest);
        }
        self.head.clear();
        self.open = Some(Open { header, left: header.payload });
        Ok(bytes)
    }
}

impl Header {
    const fn message(self, head: &[u8]) -> Message<'_> {
        Message { kind: self.kind, head, wire_bytes: self.bytes + self.payload }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Seen = Vec<(Kind, Vec<u8>, usize)>;

    /// What is seen of a stream that arrives in pieces of this size.
    fn seen(stream: &[u8], keep: usize, piece: usize) -> Result<Seen, WebSocketError> {
        let (mut reader, mut seen) = (Reader::new(keep), Vec::new());
        for bytes in stream.chunks(piece) {
            reader.read(bytes, |message| {
                seen.push((message.kind, message.head.to_vec(), message.wire_bytes));
                Ok::<_, WebSocketError>(())
            })?;
        }
        Ok(seen)
    }

    fn server_frame(kind: Kind, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![FIN | kind.opcode()];
        match payload.len() {
            length @ 0..126 => frame.push(length as u8),
            length @ 126..65_536 => {
                frame.push(126);
                frame.extend_from_slice(&(length as u16).to_be_bytes());
            }
            length => {
                frame.push(127);
                frame.extend_from_slice(&(length as u64).to_be_bytes());
            }
        }
        frame.extend_from_slice(payload);
        frame
    }

    #[test]
    fn messages_are_found_however_they_are_cut() {
        let payloads: Vec<Vec<u8>> =
            [0, 1, 125, 126, 65_535, 65_536].iter().map(|&size| vec![7; size]).collect();
        let mut stream = Vec::new();
        for payload in &payloads {
            stream.extend(server_frame(Kind::Binary, payload));
        }
        stream.extend(server_frame(Kind::Ping, b"are you there"));
        for keep in [0, 4, usize::MAX] {
            let mut expected: Seen = payloads
                .iter()
                .zip([2, 3, 127, 130, 65_539, 65_546])
                .map(|(payload, wire_bytes)| {
                    (Kind::Binary, payload[..payload.len().min(keep)].to_vec(), wire_bytes)
                })
                .collect();
            expected.push((Kind::Ping, b"are you there"[..keep.min(13)].to_vec(), 15));
            for piece in [1, 2, 3, 5, 1000, stream.len()] {
                assert_eq!(seen(&stream, keep, piece).as_ref(), Ok(&expected), "{keep} {piece}");
            }
        }
    }

    #[test]
    fn headers_are_read_when_they_are_whole() {
        for (bytes, payload) in [
            (&[0x82, 125][..], 125),
            (&[0x82, 126, 1, 0], 256),
            (&[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0], 65_536),
        ] {
            for cut in 0..bytes.len() {
                assert_eq!(Header::read(&bytes[..cut]), Ok(None));
            }
            let header = Header { kind: Kind::Binary, bytes: bytes.len(), payload };
            assert_eq!(Header::read(&[bytes, &[7]].concat()), Ok(Some(header)));
        }
    }

    #[test]
    fn what_no_server_here_sends_is_an_error() {
        assert_eq!(seen(&[0x02, 0x00], 0, 2), Err(WebSocketError::Fragment));
        // Compressed, masked, and of no known kind.
        for header in [[0xc2, 0x00], [0x82, 0x80], [0x83, 0x00]] {
            let [first, second] = header;
            assert_eq!(seen(&header, 0, 1), Err(WebSocketError::Header(first, second)));
        }
    }

    #[test]
    fn clients_mask_what_they_send() {
        let mut out = Vec::new();
        push(&mut out, Kind::Text, b"Hello");
        // The example of RFC 6455, section 5.7.
        assert_eq!(out, [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
        for (size, header) in [(125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            out.clear();
            push(&mut out, Kind::Binary, &vec![0; size]);
            assert_eq!(out.len(), header + MASK.len() + size);
        }
    }
}
