//! Moves bytes between a TCP connection and its session's actor, and ends connections that are stuck.
//!
//! ```text
//!   TCP → Inbound ─┬─→ Uplink ─→ the room
//!                  └─→ Frames → codec → actor ─┐
//!                         the room ─→ Outbox ──┴→ Line → TCP
//! ```
//!
//! The actor is polled when it has anything to do: its own waker says so, so that messages to the room do
//! not wake it.
//!
//! Behind actix's HTTP dispatcher an actor is polled only while the dispatcher wants bytes of it, so a
//! client that stops reading freezes its own session, heartbeat included. Here the actor goes on while a
//! write is pending, and the connection has a watchdog that does not depend on it: a write that makes no
//! progress for as long as the client may be silent ends the connection.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use actix_web::error::PayloadError;
use bytes::Bytes;
use futures_util::Stream;
use futures_util::task::AtomicWaker;
use tokio::time::{Instant, Sleep};
use tracing::debug;

use super::frame::binary_payload;
use super::inbound::Inbound;
use super::line::Line;
use super::uplink::Uplink;

/// Time for the last bytes, such as a close frame, to get into the kernel.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(500);
/// Time for the peer to close its end once we have closed ours: until then what it sends is read, so
/// that the close frame is not lost by a reset.
const LINGER_TIMEOUT: Duration = Duration::from_secs(1);

/// Frames that are looked at in a row before others get their turn: with what a flood can have waiting in
/// the kernel, a thread would be busy for long.
const FRAMES: usize = 64;

thread_local! {
    /// Where payloads are unmasked.
    static PAYLOAD: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Frames on their way from a connection to its actor, one at a time.
#[derive(Clone, Default)]
pub struct Frames(Rc<FrameCell>);

#[derive(Default)]
struct FrameCell {
    next: Cell<Option<Result<Bytes, PayloadError>>>,
    /// No more come.
    is_over: Cell<bool>,
}

impl Frames {
    fn put(&self, frame: Result<Bytes, PayloadError>) {
        self.0.next.set(Some(frame));
    }

    fn is_taken(&self) -> bool {
        let next = self.0.next.take();
        let is_taken = next.is_none();
        self.0.next.set(next);
        is_taken
    }
}

impl Stream for Frames {
    type Item = Result<Bytes, PayloadError>;

    /// (Nobody is to be woken: the pump polls the actor when it has put something here.)
    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.0.next.take() {
            None if !self.0.is_over.get() => Poll::Pending,
            next => Poll::Ready(next),
        }
    }
}

/// Whether the actor has anything to do, as its timers, its mailbox and the outbox say.
#[derive(Default)]
struct Nudge {
    is_due: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Nudge {
    fn wake(self: Arc<Self>) {
        self.is_due.store(true, Ordering::Release);
        self.task.wake();
    }
}

/// What an actor wants written.
pub type Outbound = Pin<Box<dyn Stream<Item = Result<Bytes, actix_web::Error>>>>;

/// Where a connection is in its life.
enum Stage {
    /// The session is alive.
    Serving(Outbound),
    /// It has ended; the last bytes are on their way.
    Flushing,
    /// Our end is closed.
    Lingering,
}

/// A connection's future: completes when the connection is closed.
pub struct Pump {
    line: Rc<Line>,
    /// Until the peer has closed its end.
    inbound: Option<Inbound>,
    uplink: Option<Rc<Uplink>>,
    frames: Frames,
    nudge: Arc<Nudge>,
    /// The same, for the actor to be polled with.
    waker: Waker,
    stage: Stage,
    /// How long a write may make no progress.
    patience: Duration,
    /// Runs while something is waited for that has to come.
    alarm: Option<Pin<Box<Sleep>>>,
    /// The alarm is for a close frame.
    is_hurried: bool,
}

impl Pump {
    /// Serves a session until it ends. What its uplink does not forward is put into `frames`, for the
    /// session to take. A write that makes no progress for `patience` ends it too.
    #[must_use]
    pub fn new(
        line: Rc<Line>,
        inbound: Option<Inbound>,
        uplink: Option<Rc<Uplink>>,
        frames: Frames,
        session: Outbound,
        patience: Duration,
    ) -> Self {
        let nudge = Arc::new(Nudge { is_due: AtomicBool::new(true), task: AtomicWaker::new() });
        let waker = Arc::clone(&nudge).into();
        let stage = Stage::Serving(session);
        let (alarm, is_hurried) = (None, false);
        Self { line, inbound, uplink, frames, nudge, waker, stage, patience, alarm, is_hurried }
    }

    /// Looks at the next frame: forwards it, or hands it to the actor. Whether there was one.
    fn poll_inbound(&mut self, task: &mut Context<'_>) -> bool {
        if !matches!(self.stage, Stage::Serving(_)) || !self.frames.is_taken() {
            return false;
        }
        let Some(inbound) = &mut self.inbound else { return false };
        let frame = match inbound.poll_frame(task) {
            Poll::Pending => return false,
            Poll::Ready(Some(Ok(length))) => {
                let is_forwarded = self.uplink.as_ref().is_some_and(|uplink| {
                    PAYLOAD.with_borrow_mut(|payload| {
                        let payload = binary_payload(inbound.frame(length), payload);
                        payload.is_some_and(|payload| uplink.forward(payload))
                    })
                });
                if is_forwarded {
                    inbound.skip(length);
                    return true;
                }
                Ok(inbound.take(length))
            }
            Poll::Ready(Some(Err(error))) => Err(error),
            Poll::Ready(None) => {
                self.inbound = None;
                self.frames.0.is_over.set(true);
                self.nudge.is_due.store(true, Ordering::Release);
                return true;
            }
        };
        self.frames.put(frame);
        self.nudge.is_due.store(true, Ordering::Release);
        true
    }

    /// Lets the actor work if it has anything to do, and takes what it wants written.
    fn poll_session(&mut self) {
        if !self.nudge.is_due.swap(false, Ordering::AcqRel) {
            return;
        }
        let Stage::Serving(session) = &mut self.stage else { return };
        let mut task = Context::from_waker(&self.waker);
        loop {
            match session.as_mut().poll_next(&mut task) {
                Poll::Ready(Some(Ok(bytes))) => self.line.push(bytes),
                Poll::Ready(Some(Err(_)) | None) => break,
                Poll::Pending => return,
            }
        }
        self.stage = Stage::Flushing;
        self.set_alarm(FLUSH_TIMEOUT);
    }

    /// The kernel takes no more: how long may that go on?
    fn note_stuck(&mut self) {
        if !matches!(self.stage, Stage::Serving(_)) {
            // Flushing has its own time.
        } else if self.line.is_closing() && !self.is_hurried {
            self.is_hurried = true;
            self.set_alarm(FLUSH_TIMEOUT);
        } else if self.alarm.is_none() {
            self.set_alarm(self.patience);
        }
    }

    fn set_alarm(&mut self, after: Duration) {
        match &mut self.alarm {
            Some(alarm) => alarm.as_mut().reset(Instant::now() + after),
            None => self.alarm = Some(Box::pin(tokio::time::sleep(after))),
        }
    }

    fn has_run_out(&mut self, task: &mut Context<'_>) -> bool {
        self.alarm.as_mut().is_some_and(|alarm| alarm.as_mut().poll(task).is_ready())
    }

    fn poll_stage(&mut self, task: &mut Context<'_>) -> Poll<()> {
        let mut heard = 0;
        loop {
            self.poll_session();
            let has_heard = heard < FRAMES && self.poll_inbound(task);
            heard += usize::from(has_heard);
            let unsent = self.line.unsent_bytes();
            let flushed = self.line.poll_flush(task);
            let has_progressed = self.line.unsent_bytes() < unsent;
            if has_progressed && matches!(self.stage, Stage::Serving(_)) && !self.is_hurried {
                self.alarm = None;
            }
            match flushed {
                Poll::Ready(Err(error)) => {
                    debug!(%error, "connection lost while writing");
                    return Poll::Ready(());
                }
                Poll::Ready(Ok(())) => {}
                Poll::Pending => self.note_stuck(),
            }
            match &self.stage {
                // More may be there, or may have waited for this.
                Stage::Serving(_) if has_heard || has_progressed => {}
                Stage::Flushing if flushed.is_ready() => {
                    self.line.shut_down();
                    self.stage = Stage::Lingering;
                    self.set_alarm(LINGER_TIMEOUT);
                }
                Stage::Lingering => return self.line.poll_discard(task),
                Stage::Serving(_) | Stage::Flushing => {
                    if heard == FRAMES {
                        task.waker().wake_by_ref();
                    }
                    return Poll::Pending;
                }
            }
        }
    }
}

impl Future for Pump {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<()> {
        self.nudge.task.register(task.waker());
        if self.poll_stage(task).is_ready() {
            return Poll::Ready(());
        }
        // Asked last: its waker has to be the one of what is waited for now.
        if self.has_run_out(task) {
            self.line.abort();
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use bytes::BytesMut;
    use futures_util::stream;

    use super::*;
    use tokio::net::TcpListener;

    /// Time for which nothing may move here.
    const PATIENCE: Duration = Duration::from_millis(100);

    /// A connection: our end, and the peer's, which does nothing by itself.
    async fn connection() -> (Rc<Line>, std::net::TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        (Rc::new(Line::new(stream.into_split().1, None)), peer)
    }

    /// More than the kernel takes, and then what comes after it.
    fn much(then: impl Stream<Item = Result<Bytes, actix_web::Error>> + 'static) -> Outbound {
        let pieces = stream::iter((0..1000).map(|_| Ok(Bytes::from(vec![0; 64 * 1024]))));
        Box::pin(stream::StreamExt::chain(pieces, then))
    }

    /// What the peer gets to read until the end, which is a reset or not.
    fn read_all(mut peer: std::net::TcpStream) -> std::io::Result<usize> {
        let mut all = Vec::new();
        peer.read_to_end(&mut all)
    }

    #[tokio::test]
    async fn a_write_that_makes_no_progress_ends_the_connection_by_a_reset() {
        let (line, peer) = connection().await;
        // The session itself notices nothing, and never ends.
        Pump::new(
            Rc::clone(&line),
            None,
            None,
            Frames::default(),
            much(stream::pending()),
            PATIENCE,
        )
        .await;
        assert!(line.unsent_bytes() > 0);
        drop(line);
        // Without a reset the kernel would go on holding what it has for the peer.
        assert!(read_all(peer).is_err());
    }

    #[tokio::test]
    async fn the_session_goes_on_while_a_write_is_pending() {
        let (line, _peer) = connection().await;
        let polled = Rc::new(std::cell::Cell::new(0));
        let count = Rc::clone(&polled);
        // As an actor's heartbeat: wakes up again and again, whatever becomes of its bytes.
        let mut beats = tokio::time::interval(Duration::from_millis(5));
        let beating = stream::poll_fn(move |task| {
            while beats.poll_tick(task).is_ready() {
                count.set(count.get() + 1);
            }
            Poll::Pending
        });
        let pump =
            Pump::new(line, None, None, Frames::default(), much(beating), Duration::from_secs(60));
        let beaten = async {
            while polled.get() < 10 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            () = pump => panic!("nothing ends it"),
            () = beaten => {}
        }
    }

    #[tokio::test]
    async fn a_flood_leaves_others_their_turn() {
        const FLOOD: usize = 20 * FRAMES;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut peer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        peer.write_all(&[0x82, 0x80, 0, 0, 0, 0].repeat(FLOOD)).unwrap();
        let (reader, writer) = listener.accept().await.unwrap().0.into_split();
        let line = Rc::new(Line::new(writer, None));
        let inbound = Inbound::new(reader, None, Rc::clone(&line), 100, BytesMut::new());
        let (frames, heard) = (Frames::default(), Rc::new(Cell::new(0)));
        let (mut taken, count) = (frames.clone(), Rc::clone(&heard));
        let session = stream::poll_fn(move |task| {
            while Pin::new(&mut taken).poll_next(task).is_ready() {
                count.set(count.get() + 1);
            }
            Poll::Pending
        });
        let mut pump = Pump::new(line, Some(inbound), None, frames, Box::pin(session), PATIENCE);
        let mut turns = 0;
        std::future::poll_fn(|task| {
            let before = heard.get();
            assert!(Pin::new(&mut pump).poll(task).is_pending());
            assert!(heard.get() <= before + FRAMES);
            turns += 1;
            if heard.get() == FLOOD { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        assert!(turns >= FLOOD / FRAMES);
    }

    #[tokio::test]
    async fn the_last_bytes_reach_a_peer_that_reads() {
        let (line, peer) = connection().await;
        let reader = std::thread::spawn(move || read_all(peer));
        Pump::new(line, None, None, Frames::default(), much(stream::empty()), PATIENCE).await;
        assert_eq!(reader.join().unwrap().unwrap(), 1000 * 64 * 1024);
    }
}
