//! A guard in front of the WebSocket codec: looks at every frame's header before its payload is
//! buffered.
//!
//! The codec of actix-http notices a frame that is too large only when all of it has arrived, so a
//! client that announces a terabyte and goes on sending fills the memory; and after some protocol
//! errors it returns the same error for ever. The guard follows the frame boundaries of
//! [RFC 6455, section 5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.2), refuses such frames
//! at their header, and from then on discards what comes, so that the peer still gets to read the
//! close frame: closing a socket with unread data would reset the connection.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::error::PayloadError;
use bytes::Bytes;
use futures_util::Stream;
use tickwire_protocol::close::CloseReason;

/// Longest frame header: two bytes, eight of length, four of mask.
const MAX_HEADER_BYTES: usize = 14;
/// Longest payload of a control frame (RFC 6455, section 5.5).
const MAX_CONTROL_BYTES: u64 = 125;

/// Follows the frames in a stream of bytes.
#[derive(Debug)]
pub struct FrameGuard {
    max_payload: u64,
    header: [u8; MAX_HEADER_BYTES],
    header_len: usize,
    /// Bytes of the present frame's payload that have not come yet.
    payload_left: u64,
}

impl FrameGuard {
    /// A guard that allows payloads of this many bytes.
    #[must_use]
    pub const fn new(max_payload: u64) -> Self {
        Self { max_payload, header: [0; MAX_HEADER_BYTES], header_len: 0, payload_left: 0 }
    }

    /// Looks at the next bytes of the stream.
    ///
    /// # Errors
    /// Why the connection must be closed; nothing after it may be handed on.
    pub fn check(&mut self, mut bytes: &[u8]) -> Result<(), CloseReason> {
        while !bytes.is_empty() {
            if self.payload_left > 0 {
                let skipped = self.payload_left.min(bytes.len() as u64);
                self.payload_left -= skipped;
                bytes = &bytes[skipped as usize..];
                continue;
            }
            self.header[self.header_len] = bytes[0];
            self.header_len += 1;
            bytes = &bytes[1..];
            self.check_header()?;
        }
        Ok(())
    }

    /// Judges the header as soon as enough of it is there.
    fn check_header(&mut self) -> Result<(), CloseReason> {
        let [first, second, rest @ ..] = self.header;
        let (is_final, reserved, opcode) = (first & 0x80 != 0, first & 0x70, first & 0x0f);
        let is_control = opcode >= 8;
        if reserved != 0 || !matches!(opcode, 0..=2 | 8..=10) || (is_control && !is_final) {
            return Err(CloseReason::ProtocolError);
        }
        if self.header_len < 2 {
            return Ok(());
        }
        if second & 0x80 == 0 {
            // Clients mask every frame.
            return Err(CloseReason::ProtocolError);
        }
        let extended = match second & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        if self.header_len < 2 + extended {
            return Ok(());
        }
        let length = match extended {
            0 => u64::from(second & 0x7f),
            _ => rest[..extended].iter().fold(0, |length, &byte| length << 8 | u64::from(byte)),
        };
        if is_control && length > MAX_CONTROL_BYTES {
            return Err(CloseReason::ProtocolError);
        }
        if length > self.max_payload {
            return Err(CloseReason::TooLarge);
        }
        if self.header_len == 2 + extended + 4 {
            self.header_len = 0;
            self.payload_left = length;
        }
        Ok(())
    }
}

/// What a stream ended with, where the codec's own error does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The peer broke a rule.
    Violation(CloseReason),
    /// The connection is gone.
    Lost,
}

/// What the guard found, for the actor to read.
pub type Finding = Rc<Cell<Option<Ending>>>;

/// A byte stream with a guard in it. After a violation it yields one error, and then discards.
pub struct Guarded<S> {
    inner: S,
    guard: FrameGuard,
    finding: Finding,
    is_discarding: bool,
}

impl<S> Guarded<S> {
    /// Guards `inner`; what is found goes to `finding`.
    pub const fn new(inner: S, guard: FrameGuard, finding: Finding) -> Self {
        Self { inner, guard, finding, is_discarding: false }
    }
}

impl<S: Stream<Item = Result<Bytes, PayloadError>> + Unpin> Stream for Guarded<S> {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            match Pin::new(&mut this.inner).poll_next(task) {
                Poll::Ready(Some(Ok(_))) if this.is_discarding => {}
                Poll::Ready(Some(Ok(bytes))) => match this.guard.check(&bytes) {
                    Ok(()) => return Poll::Ready(Some(Ok(bytes))),
                    Err(reason) => {
                        this.is_discarding = true;
                        this.finding.set(Some(Ending::Violation(reason)));
                        return Poll::Ready(Some(Err(PayloadError::Overflow)));
                    }
                },
                Poll::Ready(Some(Err(error))) => {
                    this.finding.set(Some(Ending::Lost));
                    return Poll::Ready(Some(Err(error)));
                }
                other => return other,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(first: u8, length: u64) -> Vec<u8> {
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
        bytes.extend([1, 2, 3, 4]);
        bytes
    }

    fn whole(first: u8, length: usize) -> Vec<u8> {
        let mut bytes = frame(first, length as u64);
        bytes.resize(bytes.len() + length, 0xff);
        bytes
    }

    #[test]
    fn sound_frames_pass_however_they_are_cut() {
        let stream: Vec<u8> = [
            whole(0x82, 0),
            whole(0x02, 5),
            whole(0x89, 125),
            whole(0x80, 200),
            whole(0x81, 4096),
            whole(0x88, 2),
        ]
        .concat();
        for piece in [1, 2, 3, 7, 1000, stream.len()] {
            let mut guard = FrameGuard::new(4096);
            for bytes in stream.chunks(piece) {
                assert_eq!(guard.check(bytes), Ok(()), "in pieces of {piece}");
            }
            assert_eq!((guard.header_len, guard.payload_left), (0, 0));
        }
    }

    #[test]
    fn a_frame_is_refused_at_its_header() {
        let check = |bytes: &[u8]| FrameGuard::new(4096).check(bytes);
        assert_eq!(check(&frame(0x82, 4097)), Err(CloseReason::TooLarge));
        assert_eq!(check(&frame(0x82, 1 << 40)), Err(CloseReason::TooLarge));
        assert_eq!(check(&frame(0x82, u64::MAX)), Err(CloseReason::TooLarge));
        for (what, bytes) in [
            ("reserved bits", frame(0xc2, 1)),
            ("unknown opcode", frame(0x83, 1)),
            ("control frame in fragments", frame(0x09, 1)),
            ("long control frame", frame(0x89, 126)),
            ("no mask", vec![0x82, 0x01]),
        ] {
            assert_eq!(check(&bytes), Err(CloseReason::ProtocolError), "{what}");
        }
    }
}
