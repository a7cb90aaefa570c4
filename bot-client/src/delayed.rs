//! A byte stream behind a simulated network: both ways pass through a [`Link`], which says when
//! each piece arrives. What is written counts as sent at once, as in a socket's buffer.
//!
//! ```text
//! peer → inner.read  → incoming (until due) → poll_read
//! peer ← inner.write ← outgoing (until due) ← poll_write
//! ```
//!
//! There is no task behind it: whoever reads drives both ways, as a WebSocket does. Timers have a
//! granularity of a millisecond, by which pieces may be late.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::net::{Direction, Link};

/// Bytes on their way, in each direction, beyond which the sender has to wait: as a receive window.
const MOST_ON_THE_WAY: usize = 1 << 20;
/// Bytes that are read at once.
const PIECE_BYTES: usize = 4096;

/// A stream and the network before it.
#[derive(Debug)]
pub(crate) struct Delayed<S> {
    inner: S,
    link: Link,
    began: Instant,
    incoming: Line<Arrival>,
    outgoing: Line<Bytes>,
    /// Why nothing can be written any more, until a writer was told.
    failed: Option<io::Error>,
}

#[derive(Debug)]
enum Arrival {
    Bytes(Bytes),
    /// The peer has ended.
    End,
    /// Reading failed; passed on once.
    Failed(io::Error),
}

/// What is on its way in one direction.
#[derive(Debug)]
struct Line<T> {
    pieces: VecDeque<(Instant, T)>,
    bytes: usize,
    timer: Pin<Box<Sleep>>,
}

impl<T> Line<T> {
    fn new(now: Instant) -> Self {
        Self { pieces: VecDeque::new(), bytes: 0, timer: Box::pin(sleep_until(now)) }
    }

    const fn is_full(&self) -> bool {
        self.bytes >= MOST_ON_THE_WAY
    }

    /// Waits until the first piece arrives, if there is any.
    fn poll_first(&mut self, cx: &mut Context<'_>) -> Poll<Option<&mut T>> {
        let Some((due, piece)) = self.pieces.front_mut() else { return Poll::Ready(None) };
        if *due > Instant::now() {
            if self.timer.deadline() != *due {
                self.timer.as_mut().reset(*due);
            }
            ready!(self.timer.as_mut().poll(cx));
        }
        Poll::Ready(Some(piece))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Delayed<S> {
    pub(crate) fn new(inner: S, link: Link) -> Self {
        let began = Instant::now();
        let (incoming, outgoing) = (Line::new(began), Line::new(began));
        Self { inner, link, began, incoming, outgoing, failed: None }
    }

    /// The stream itself.
    pub(crate) const fn inner_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    fn arrival(&mut self, direction: Direction) -> Instant {
        self.began + self.link.arrival(direction, self.began.elapsed())
    }

    /// Sends what is due. Ready when nothing is left.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(bytes) = ready!(self.outgoing.poll_first(cx)) {
            let written = ready!(Pin::new(&mut self.inner).poll_write(cx, bytes))?;
            bytes.advance(written);
            let is_sent = bytes.is_empty();
            self.outgoing.bytes -= written;
            if is_sent {
                self.outgoing.pieces.pop_front();
            } else if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Sends what is due, on the side: a failure is told to the next who writes.
    fn send_aside(&mut self, cx: &mut Context<'_>) {
        if let Poll::Ready(Err(error)) = self.poll_send(cx) {
            self.outgoing.pieces.clear();
            self.failed = Some(error);
        }
    }

    /// Takes what the peer has sent so far.
    fn take_in(&mut self, cx: &mut Context<'_>) {
        let mut room = [0; PIECE_BYTES];
        let is_over = |line: &Line<Arrival>| {
            matches!(line.pieces.back(), Some((_, Arrival::End | Arrival::Failed(_))))
        };
        while !self.incoming.is_full() && !is_over(&self.incoming) {
            let mut buffer = ReadBuf::new(&mut room);
            let arrival = match Pin::new(&mut self.inner).poll_read(cx, &mut buffer) {
                Poll::Pending => return,
                Poll::Ready(Err(error)) => Arrival::Failed(error),
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => Arrival::End,
                Poll::Ready(Ok(())) => Arrival::Bytes(Bytes::copy_from_slice(buffer.filled())),
            };
            if let Arrival::Bytes(bytes) = &arrival {
                self.incoming.bytes += bytes.len();
            }
            let due = self.arrival(Direction::Incoming);
            self.incoming.pieces.push_back((due, arrival));
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Delayed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.send_aside(cx);
        self.take_in(cx);
        let read = match ready!(self.incoming.poll_first(cx)) {
            // What comes next wakes the reader.
            None => return Poll::Pending,
            Some(Arrival::End) => return Poll::Ready(Ok(())),
            Some(Arrival::Failed(error)) => {
                let error = std::mem::replace(error, io::ErrorKind::ConnectionReset.into());
                return Poll::Ready(Err(error));
            }
            Some(Arrival::Bytes(bytes)) => {
                let read = bytes.len().min(buffer.remaining());
                buffer.put_slice(&bytes.split_to(read));
                if bytes.is_empty() {
                    self.incoming.pieces.pop_front();
                }
                read
            }
        };
        self.incoming.bytes -= read;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Delayed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.send_aside(cx);
        if let Some(error) = self.failed.take() {
            return Poll::Ready(Err(error));
        }
        if self.outgoing.is_full() {
            return Poll::Pending;
        }
        let due = self.arrival(Direction::Outgoing);
        self.outgoing.pieces.push_back((due, Bytes::copy_from_slice(bytes)));
        self.outgoing.bytes += bytes.len();
        // Once more, so that the timer is set.
        self.send_aside(cx);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.send_aside(cx);
        Poll::Ready(self.failed.take().map_or(Ok(()), Err))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn pair(net: &str) -> (Delayed<DuplexStream>, DuplexStream) {
        let (near, far) = duplex(64);
        (Delayed::new(near, Link::new(net.parse().unwrap(), 5)), far)
    }

    /// Time is that of the test, but for a millisecond by which timers round up.
    #[track_caller]
    fn assert_about(elapsed: Duration, expected: Duration) {
        assert!(elapsed >= expected && elapsed <= expected + ms(1), "{elapsed:?}, {expected:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_comes_after_the_latency() {
        let (mut near, mut far) = pair("latency=80ms");
        let began = Instant::now();
        near.write_all(b"ping").await.unwrap();
        near.flush().await.unwrap();
        assert_eq!(began.elapsed(), Duration::ZERO, "it is sent at once, for the sender");
        let mut bytes = [0; 4];
        let echo = async {
            let mut bytes = [0; 4];
            far.read_exact(&mut bytes).await.unwrap();
            assert_about(began.elapsed(), ms(40));
            far.write_all(&bytes).await.unwrap();
        };
        let (read, ()) = tokio::join!(near.read_exact(&mut bytes), echo);
        read.unwrap();
        assert_about(began.elapsed(), ms(80));
        assert_eq!(&bytes, b"ping");
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_arrive_whole_and_in_order_through_jitter_and_stalls() {
        let (near, far) = pair("latency=80ms,jitter=80ms,stall=30%");
        let (mut near_read, mut near_write) = tokio::io::split(near);
        let (mut far_read, mut far_write) = tokio::io::split(far);
        let sent: Vec<u8> = (0..20_000_u32).map(|number| number as u8).collect();
        let write = async |to: &mut (dyn AsyncWrite + Unpin + Send)| {
            for piece in sent.chunks(97) {
                to.write_all(piece).await.unwrap();
                tokio::time::sleep(ms(7)).await;
            }
            to.shutdown().await.unwrap();
        };
        let (mut near_got, mut far_got) = (Vec::new(), Vec::new());
        let (near_result, far_result, (), ()) = tokio::join!(
            near_read.read_to_end(&mut near_got),
            far_read.read_to_end(&mut far_got),
            write(&mut near_write),
            write(&mut far_write),
        );
        assert_eq!((near_result.unwrap(), far_result.unwrap()), (sent.len(), sent.len()));
        assert!(near_got == sent && far_got == sent);
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_takes_its_time_too() {
        let (mut near, mut far) = pair("latency=100ms");
        far.write_all(b"bye").await.unwrap();
        drop(far);
        let began = Instant::now();
        let mut bytes = Vec::new();
        near.read_to_end(&mut bytes).await.unwrap();
        assert_eq!(bytes, b"bye");
        assert_about(began.elapsed(), ms(50));
        assert_eq!(near.read(&mut [0; 4]).await.unwrap(), 0, "and remains");
    }

    #[tokio::test(start_paused = true)]
    async fn a_writer_learns_that_the_peer_is_gone_and_waits_when_too_much_is_on_the_way() {
        let (mut near, far) = pair("latency=100ms");
        let much = vec![0; MOST_ON_THE_WAY];
        near.write_all(&much).await.unwrap();
        let more = tokio::time::timeout(ms(20), near.write_all(b"more")).await;
        assert!(more.is_err());
        drop(far);
        tokio::time::sleep(ms(100)).await;
        assert!(near.write_all(b"more").await.is_err());
    }
}
