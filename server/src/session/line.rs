//! The sending end of a connection, which everybody on its thread shares who has something to send: the
//! session's actor through its [`Pump`](super::pump::Pump), and the [`outbox`](super::outbox) for the room. It
//! also carries what its two directions have to tell each other.
//!
//! What the kernel does not take at once waits here, in order. Nobody overtakes it: who finds something
//! waiting queues behind it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::net::Shutdown;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_http::ws::{OpCode, Parser};
use bytes::{Buf, Bytes, BytesMut};
use socket2::SockRef;
use tickwire_protocol::close::CloseReason;
use tokio::net::tcp::OwnedWriteHalf;

use super::cipher::Cipher;

/// Bytes that are discarded in one go.
const DISCARD_BYTES: usize = 4096;
/// Pieces that are discarded in a row before others get their turn.
const DISCARDS: usize = 16;

thread_local! {
    /// Where messages get their headers.
    static MESSAGE: RefCell<BytesMut> = RefCell::default();
    /// Where messages are sealed, if they are.
    static SEALED: RefCell<Vec<u8>> = RefCell::default();
}

/// What a stream of frames ended with, where the codec's own error does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The peer broke a rule.
    Violation(CloseReason),
    /// The connection is gone.
    Lost,
}

/// How much of a message was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The kernel has it.
    Whole,
    /// The rest waits, and has to be flushed.
    Partly,
    /// Nothing of it: it has to go the long way.
    Nothing,
}

/// The sending end of a connection.
#[derive(Debug)]
pub struct Line {
    stream: OwnedWriteHalf,
    /// Seals what is sent, before it queues.
    cipher: Option<Cipher>,
    unsent: RefCell<VecDeque<Bytes>>,
    unsent_bytes: Cell<usize>,
    is_closing: Cell<bool>,
    ending: Cell<Option<Ending>>,
}

impl Line {
    /// A line on which nothing has been sent.
    #[must_use]
    pub fn new(stream: OwnedWriteHalf, cipher: Option<Cipher>) -> Self {
        Self {
            stream,
            cipher,
            unsent: RefCell::default(),
            unsent_bytes: Cell::new(0),
            is_closing: Cell::new(false),
            ending: Cell::new(None),
        }
    }

    /// Bytes that wait for the kernel to take them.
    #[must_use]
    pub const fn unsent_bytes(&self) -> usize {
        self.unsent_bytes.get()
    }

    /// Whether a close frame is on its way, or has been sent.
    #[must_use]
    pub const fn is_closing(&self) -> bool {
        self.is_closing.get()
    }

    /// Notes that a close frame is about to be queued: nothing may follow it.
    pub fn note_closing(&self) {
        self.is_closing.set(true);
    }

    /// Notes what reading came to, for the actor to see.
    pub fn note_ending(&self, ending: Ending) {
        self.ending.set(Some(ending));
    }

    /// What reading came to.
    #[must_use]
    pub fn take_ending(&self) -> Option<Ending> {
        self.ending.take()
    }

    /// Queues bytes behind what waits. They go out at the next [`poll_flush`](Self::poll_flush).
    pub fn push(&self, bytes: Bytes) {
        match &self.cipher {
            None => self.enqueue(bytes),
            Some(cipher) => {
                let mut sealed = Vec::new();
                cipher.seal(&bytes, &mut sealed);
                self.enqueue(sealed.into());
            }
        }
    }

    /// Queues what TLS has to answer to what was read.
    pub fn push_answers(&self) {
        if let Some(cipher) = &self.cipher {
            let mut sealed = Vec::new();
            cipher.take_answers(&mut sealed);
            self.enqueue(sealed.into());
        }
    }

    /// Queues bytes as they go to the kernel.
    fn enqueue(&self, bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        self.unsent_bytes.set(self.unsent_bytes.get() + bytes.len());
        self.unsent.borrow_mut().push_back(bytes);
    }

    /// Sends a binary message at once, unless it would overtake something or follow a close frame.
    pub fn send(&self, payload: &[u8]) -> Sent {
        self.send_frames(|out| Parser::write_message(out, payload, OpCode::Binary, true, false))
    }

    /// The same with a text message, which is UTF-8, and a ping right behind it, if there is to be one.
    pub fn send_text(&self, text: &[u8], ping: Option<&[u8]>) -> Sent {
        self.send_frames(|out| {
            Parser::write_message(out, text, OpCode::Text, true, false);
            if let Some(ping) = ping {
                Parser::write_message(out, ping, OpCode::Ping, true, false);
            }
        })
    }

    fn send_frames(&self, write: impl FnOnce(&mut BytesMut)) -> Sent {
        if self.unsent_bytes.get() > 0 || self.is_closing.get() {
            return Sent::Nothing;
        }
        MESSAGE.with_borrow_mut(|message| {
            message.clear();
            write(message);
            if let Some(cipher) = &self.cipher {
                return self.send_sealed(cipher, message);
            }
            match self.stream.try_write(message) {
                Ok(written) => self.sent(message, written),
                // Full, or gone: the long way finds out.
                Err(_) => Sent::Nothing,
            }
        })
    }

    /// Seals a message and sends it. A record has its number, so there is no way back: what the kernel does not take
    /// waits, all of it if need be.
    fn send_sealed(&self, cipher: &Cipher, message: &[u8]) -> Sent {
        SEALED.with_borrow_mut(|sealed| {
            sealed.clear();
            cipher.seal(message, sealed);
            // Full, or gone: flushing finds out.
            let written = self.stream.try_write(sealed).unwrap_or(0);
            self.sent(sealed, written)
        })
    }

    /// So many of these bytes were written: the others wait.
    fn sent(&self, bytes: &[u8], written: usize) -> Sent {
        if written == bytes.len() {
            return Sent::Whole;
        }
        self.enqueue(Bytes::copy_from_slice(&bytes[written..]));
        Sent::Partly
    }

    /// Queues a binary message behind what waits, unless the connection is closing.
    pub fn queue(&self, payload: &[u8]) {
        self.queue_message(payload, OpCode::Binary);
    }

    /// The same with a text message, which is UTF-8.
    pub fn queue_text(&self, text: &[u8]) {
        self.queue_message(text, OpCode::Text);
    }

    fn queue_message(&self, payload: &[u8], opcode: OpCode) {
        if !self.is_closing.get() {
            let mut message = BytesMut::new();
            Parser::write_message(&mut message, payload, opcode, true, false);
            self.push(message.freeze());
        }
    }

    /// Sends what waits, as far as the kernel takes it.
    ///
    /// # Errors
    /// The connection is lost.
    pub fn poll_flush(&self, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = self.stream.as_ref();
        let mut unsent = self.unsent.borrow_mut();
        while let Some(bytes) = unsent.front_mut() {
            ready!(stream.poll_write_ready(task))?;
            match stream.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
                Ok(written) => {
                    bytes.advance(written);
                    self.unsent_bytes.set(self.unsent_bytes.get() - written);
                    if bytes.is_empty() {
                        unsent.pop_front();
                    }
                }
            }
        }
        // Something waits rarely, and needs no memory in between.
        *unsent = VecDeque::new();
        Poll::Ready(Ok(()))
    }

    /// Closes our end, when nothing waits any more.
    pub fn shut_down(&self) {
        if let Some(cipher) = &self.cipher {
            let mut sealed = Vec::new();
            cipher.seal_end(&mut sealed);
            // A kernel that is full to these few bytes has a peer who does not read; and that nothing was cut off
            // a WebSocket's close frame says as well.
            let _ = self.stream.try_write(&sealed);
        }
        let _ = SockRef::from(self.stream.as_ref()).shutdown(Shutdown::Write);
    }

    /// Discards what comes until the peer has closed its end as well. Not all of it in a row, so that a peer who
    /// goes on and on is still found to have had its time.
    pub fn poll_discard(&self, task: &mut Context<'_>) -> Poll<()> {
        let stream = self.stream.as_ref();
        let mut scratch = [0; DISCARD_BYTES];
        for _ in 0..DISCARDS {
            match ready!(stream.poll_read_ready(task)).and_then(|()| stream.try_read(&mut scratch))
            {
                Ok(1..) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(0) | Err(_) => return Poll::Ready(()),
            }
        }
        task.waker().wake_by_ref();
        Poll::Pending
    }

    /// Has the kernel forget what it holds for the peer, once the connection is dropped.
    pub fn abort(&self) {
        let _ = SockRef::from(self.stream.as_ref()).set_linger(Some(Duration::ZERO));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::TcpStream;

    use super::super::cipher::tests::{hear, pair};
    use super::*;

    async fn line() -> (Line, TcpStream) {
        sealed_line(None).await
    }

    async fn sealed_line(cipher: Option<Cipher>) -> (Line, TcpStream) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        stream.writable().await.unwrap();
        (Line::new(stream.into_split().1, cipher), peer)
    }

    #[tokio::test]
    async fn a_message_has_its_header() {
        let (line, mut peer) = line().await;
        assert_eq!(line.send(b"abc"), Sent::Whole);
        let mut read = [0; 5];
        peer.read_exact(&mut read).unwrap();
        assert_eq!(&read, b"\x82\x03abc");
    }

    #[tokio::test]
    async fn nothing_overtakes_what_waits_and_nothing_follows_a_close_frame() {
        let (line, peer) = line().await;
        let large = vec![7; 60_000];
        let mut whole = 0;
        let last = loop {
            match line.send(&large) {
                Sent::Whole => whole += 1,
                last => break last,
            }
        };
        let waits = if last == Sent::Partly {
            assert!(line.unsent_bytes() > 0 && line.unsent_bytes() < large.len());
            assert_eq!(line.send(b"later"), Sent::Nothing);
            1
        } else {
            0
        };
        line.push(Bytes::from_static(b"end"));
        let reader = std::thread::spawn(move || {
            let (mut peer, mut all) = (peer, Vec::new());
            peer.read_to_end(&mut all).unwrap();
            all
        });
        std::future::poll_fn(|task| line.poll_flush(task)).await.unwrap();
        line.note_closing();
        assert_eq!(line.send(b"later"), Sent::Nothing);
        line.shut_down();
        let all = reader.join().unwrap();
        // A header of four bytes each.
        assert_eq!(all.len(), (whole + waits) * (large.len() + 4) + 3);
        assert!(all.ends_with(b"end"));
    }

    #[tokio::test]
    async fn what_was_sealed_is_sent_to_the_end_and_in_order() {
        let (cipher, mut client) = pair();
        let (line, mut peer) = sealed_line(Some(cipher)).await;
        let large = vec![7; 60_000];
        let mut messages = 0;
        loop {
            messages += 1;
            // It is on its way, whether or not the kernel has taken any of it.
            match line.send(&large) {
                Sent::Whole => {}
                last => break assert_eq!(last, Sent::Partly),
            }
        }
        assert!(line.unsent_bytes() > 0);
        assert_eq!(line.send(b"later"), Sent::Nothing);
        line.push(Bytes::from_static(b"end"));
        let reader = std::thread::spawn(move || {
            let mut all = Vec::new();
            peer.read_to_end(&mut all).unwrap();
            all
        });
        std::future::poll_fn(|task| line.poll_flush(task)).await.unwrap();
        line.shut_down();
        let all = hear(&mut client, &reader.join().unwrap());
        assert_eq!(all.len(), messages * (large.len() + 4) + 3);
        assert!(all.ends_with(b"end"));
        assert!(client.process_new_packets().unwrap().peer_has_closed());
    }
}
