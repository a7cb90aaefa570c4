//! From a connection's bytes to whole WebSocket frames.
//!
//! Frames are cut by [RFC 6455, section 5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.2) and
//! handed on one by one, so that what waits here is one frame and what the kernel had beside it, however
//! much a client sends. A frame that breaks a rule or is too large is refused at its header, before its
//! payload is there; from then on everything is discarded, so that the peer still gets to read the close
//! frame: closing a socket with unread data would reset the connection.
//!
//! Nothing is read while too much waits to be written: who does not read is not heard either, so it can
//! neither have its pings answered without end nor acknowledge what it has not read, and ends by its
//! silence.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::error::PayloadError;
use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use tickwire_protocol::close::CloseReason;
use tokio::net::TcpStream;

/// Longest payload of a control frame (RFC 6455, section 5.5).
const MAX_CONTROL_BYTES: u64 = 125;
/// Bytes that are read from the kernel at once, into memory that a thread's connections share.
const READ_BYTES: usize = 16 * 1024;
/// Pieces that are discarded in a row before others get their turn.
const DISCARDS: usize = 16;
/// Bytes that may wait to be written before reading stops: more than a client's window of state and
/// the answers to all pings of a burst take.
const MAX_UNSENT: usize = 256 * 1024;

thread_local! {
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into_boxed_slice());
}

/// What a stream of frames ended with, where the codec's own error does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The peer broke a rule.
    Violation(CloseReason),
    /// The connection is gone.
    Lost,
}

/// What the two directions of a connection tell each other.
#[derive(Debug, Default)]
pub struct Shared {
    /// Bytes that wait to be written.
    pub unsent: Cell<usize>,
    /// A close frame is among them, or has been written.
    pub is_closing: Cell<bool>,
    /// What reading came to, for the actor to see.
    pub ending: Cell<Option<Ending>>,
}

/// The frames of a connection.
pub struct Inbound {
    stream: Rc<TcpStream>,
    shared: Rc<Shared>,
    max_payload: u64,
    buffer: BytesMut,
    /// The frame that was handed on has not been looked at yet.
    has_handed_on: bool,
    is_discarding: bool,
}

impl Inbound {
    /// Frames of payloads of at most `max_payload` bytes. `begun` has been read already.
    #[must_use]
    pub fn new(
        stream: Rc<TcpStream>,
        shared: Rc<Shared>,
        max_payload: u64,
        begun: BytesMut,
    ) -> Self {
        let buffer = begun;
        Self { stream, shared, max_payload, buffer, has_handed_on: false, is_discarding: false }
    }

    /// The next frame, if all of it is here.
    fn take_frame(&mut self) -> Result<Option<Bytes>, CloseReason> {
        match frame_length(&self.buffer, self.max_payload)? {
            Some(length) if length <= self.buffer.len() => {
                let frame = self.buffer.split_to(length).freeze();
                if self.buffer.is_empty() {
                    // Most clients are silent most of the time, and need no memory for it.
                    self.buffer = BytesMut::new();
                }
                Ok(Some(frame))
            }
            _ => Ok(None),
        }
    }

    fn refuse(&mut self, reason: CloseReason) -> PayloadError {
        self.is_discarding = true;
        self.buffer = BytesMut::new();
        self.shared.ending.set(Some(Ending::Violation(reason)));
        PayloadError::Overflow
    }

    fn poll_read(&mut self, task: &mut Context<'_>) -> Poll<std::io::Result<usize>> {
        SCRATCH.with_borrow_mut(|scratch| {
            let read = ready!(poll_read(&self.stream, task, scratch))?;
            if !self.is_discarding {
                self.buffer.extend_from_slice(&scratch[..read]);
            }
            Poll::Ready(Ok(read))
        })
    }
}

/// Reads what is there into `into`; 0 bytes at the end.
pub(super) fn poll_read(
    stream: &TcpStream,
    task: &mut Context<'_>,
    into: &mut [u8],
) -> Poll<std::io::Result<usize>> {
    loop {
        ready!(stream.poll_read_ready(task))?;
        match stream.try_read(into) {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            read => return Poll::Ready(read),
        }
    }
}

impl Stream for Inbound {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if std::mem::take(&mut this.has_handed_on) {
            // The codec asks for more before it looks at what it has, and is back when it has.
            return Poll::Pending;
        }
        let mut discards = 0;
        loop {
            match this.take_frame() {
                Ok(None) => {}
                Ok(Some(frame)) => {
                    this.has_handed_on = true;
                    return Poll::Ready(Some(Ok(frame)));
                }
                Err(reason) => return Poll::Ready(Some(Err(this.refuse(reason)))),
            }
            if this.shared.unsent.get() > MAX_UNSENT {
                // Whoever writes comes back here when there is less.
                return Poll::Pending;
            }
            match ready!(this.poll_read(task)) {
                Ok(0) => return Poll::Ready(None),
                Ok(_) if this.is_discarding && discards == DISCARDS => {
                    task.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Ok(_) => discards += usize::from(this.is_discarding),
                Err(error) => {
                    this.shared.ending.set(Some(Ending::Lost));
                    return Poll::Ready(Some(Err(error.into())));
                }
            }
        }
    }
}

/// The length of the frame at the front of `bytes`, header included; `None` while too little of it is
/// there to tell.
fn frame_length(bytes: &[u8], max_payload: u64) -> Result<Option<usize>, CloseReason> {
    let Some(&first) = bytes.first() else { return Ok(None) };
    let (is_final, reserved, opcode) = (first & 0x80 != 0, first & 0x70, first & 0x0f);
    let is_control = opcode >= 8;
    if reserved != 0 || !matches!(opcode, 0..=2 | 8..=10) || (is_control && !is_final) {
        return Err(CloseReason::ProtocolError);
    }
    let Some(&second) = bytes.get(1) else { return Ok(None) };
    if second & 0x80 == 0 {
        // Clients mask every frame.
        return Err(CloseReason::ProtocolError);
    }
    let extended = match second & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let Some(extra) = bytes.get(2..2 + extended) else { return Ok(None) };
    let length = match extended {
        0 => u64::from(second & 0x7f),
        _ => extra.iter().fold(0, |length, &byte| length << 8 | u64::from(byte)),
    };
    if is_control && length > MAX_CONTROL_BYTES {
        return Err(CloseReason::ProtocolError);
    }
    if length > max_payload {
        return Err(CloseReason::TooLarge);
    }
    let mask = 4;
    Ok(Some(2 + extended + mask + length as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(first: u8, length: u64) -> Vec<u8> {
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
        bytes
    }

    #[test]
    fn the_length_of_a_frame_is_in_its_header() {
        for (first, length) in [
            (0x82, 0),
            (0x02, 5),
            (0x89, 125),
            (0x80, 200),
            (0x81, 4096),
            (0x88, 2),
            (0x82, 70_000),
        ] {
            let bytes = header(first, length);
            for cut in 0..bytes.len() {
                assert_eq!(frame_length(&bytes[..cut], 1 << 20), Ok(None), "{cut} of {bytes:?}");
            }
            let whole = bytes.len() + 4 + length as usize;
            assert_eq!(frame_length(&bytes, 1 << 20), Ok(Some(whole)));
        }
    }

    #[test]
    fn a_frame_is_refused_at_its_header() {
        let check = |bytes: &[u8]| frame_length(bytes, 4096);
        assert_eq!(check(&header(0x82, 4097)), Err(CloseReason::TooLarge));
        assert_eq!(check(&header(0x82, 1 << 40)), Err(CloseReason::TooLarge));
        assert_eq!(check(&header(0x82, u64::MAX)), Err(CloseReason::TooLarge));
        for (what, bytes) in [
            ("reserved bits", header(0xc2, 1)),
            ("unknown opcode", header(0x83, 1)),
            ("control frame in fragments", header(0x09, 1)),
            ("long control frame", header(0x89, 126)),
            ("no mask", vec![0x82, 0x01]),
        ] {
            assert_eq!(check(&bytes), Err(CloseReason::ProtocolError), "{what}");
        }
    }
}
