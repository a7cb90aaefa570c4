//! From a connection's bytes to whole WebSocket frames.
//!
//! Frames are cut by their headers ([`frame`](super::frame)) and looked at one by one, so that what waits
//! here is one frame and what the kernel had beside it, however much a client sends. A frame that breaks
//! a rule or is too large is refused at its header, before its payload is there; from then on everything
//! is discarded, so that the peer still gets to read the close frame: closing a socket with unread data
//! would reset the connection.
//!
//! Nothing is read while too much waits to be written: who does not read is not heard either, so it can
//! neither have its pings answered without end nor acknowledge what it has not read, and ends by its
//! silence.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::error::PayloadError;
use bytes::{Buf, Bytes, BytesMut};
use tickwire_protocol::close::CloseReason;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::tcp::OwnedReadHalf;

use super::cipher::Cipher;
use super::frame::{check_text, frame_length};
use super::line::{Ending, Line};

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

/// The frames of a connection.
pub struct Inbound {
    stream: OwnedReadHalf,
    cipher: Option<Cipher>,
    line: Rc<Line>,
    max_payload: u64,
    buffer: BytesMut,
    is_discarding: bool,
    /// The peer has said by TLS that nothing follows.
    has_ended: bool,
}

impl Inbound {
    /// Frames of payloads of at most `max_payload` bytes. `begun` has been read already.
    #[must_use]
    pub fn new(
        stream: OwnedReadHalf,
        cipher: Option<Cipher>,
        line: Rc<Line>,
        max_payload: u64,
        begun: BytesMut,
    ) -> Self {
        let (is_discarding, has_ended) = (false, false);
        let mut inbound =
            Self { stream, cipher, line, max_payload, buffer: begun, is_discarding, has_ended };
        // TLS may have opened more than was asked for. (If it is at odds with its peer, reading says so.)
        let _ = inbound.take_in(&[]);
        inbound
    }

    /// Waits for a whole frame; its length, header included. `None` at the end.
    pub fn poll_frame(
        &mut self,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<usize, PayloadError>>> {
        let mut discards = 0;
        loop {
            match self.whole_frame() {
                Ok(None) => {}
                Ok(Some(length)) => return Poll::Ready(Some(Ok(length))),
                Err(reason) => return Poll::Ready(Some(Err(self.refuse(reason)))),
            }
            if self.line.unsent_bytes() > MAX_UNSENT {
                // Whoever writes comes back here when there is less.
                return Poll::Pending;
            }
            match ready!(self.poll_read(task)) {
                Ok(0) => return Poll::Ready(None),
                Ok(_) if self.is_discarding && discards == DISCARDS => {
                    task.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Ok(_) => discards += usize::from(self.is_discarding),
                Err(error) => {
                    self.line.note_ending(Ending::Lost);
                    return Poll::Ready(Some(Err(error.into())));
                }
            }
        }
    }

    /// The frame of this length at the front.
    #[must_use]
    pub fn frame(&self, length: usize) -> &[u8] {
        &self.buffer[..length]
    }

    /// Takes it out.
    pub fn take(&mut self, length: usize) -> Bytes {
        let frame = self.buffer.split_to(length).freeze();
        self.release();
        frame
    }

    /// Passes over it.
    pub fn skip(&mut self, length: usize) {
        self.buffer.advance(length);
        self.release();
    }

    /// Most clients are silent most of the time, and need no memory for it.
    fn release(&mut self) {
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
        }
    }

    /// The length of the next frame, if all of it is here.
    fn whole_frame(&self) -> Result<Option<usize>, CloseReason> {
        let length = frame_length(&self.buffer, self.max_payload)?;
        let Some(length) = length.filter(|&length| length <= self.buffer.len()) else {
            return Ok(None);
        };
        check_text(self.frame(length))?;
        Ok(Some(length))
    }

    fn refuse(&mut self, reason: CloseReason) -> PayloadError {
        self.is_discarding = true;
        self.buffer = BytesMut::new();
        self.line.note_ending(Ending::Violation(reason));
        PayloadError::Overflow
    }

    /// Reads what is there; 0 bytes at the end. (By `AsyncRead`, which takes it from a read that did not fill
    /// its memory that nothing is left, and does not ask the kernel once more.)
    fn poll_read(&mut self, task: &mut Context<'_>) -> Poll<std::io::Result<usize>> {
        if self.has_ended {
            return Poll::Ready(Ok(0));
        }
        SCRATCH.with_borrow_mut(|scratch| {
            let mut read = ReadBuf::new(scratch);
            ready!(Pin::new(&mut self.stream).poll_read(task, &mut read))?;
            if !self.is_discarding {
                self.take_in(read.filled())?;
            }
            Poll::Ready(Ok(read.filled().len()))
        })
    }

    /// Takes bytes in as they came from the kernel.
    fn take_in(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let Some(cipher) = &self.cipher else {
            self.buffer.extend_from_slice(bytes);
            return Ok(());
        };
        let opened = cipher.open(bytes, &mut self.buffer);
        self.line.push_answers();
        self.has_ended = opened?;
        Ok(())
    }
}
