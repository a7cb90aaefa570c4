//! A connection as it was accepted, until it is upgraded: plain, or by TLS.
//!
//! It has a place among those of its address from its first moment, before TLS: who never gets to the end of
//! a handshake is counted, held to the limits and ended like whoever never gets to the end of a request.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::http::handshake::Handshake;
use crate::session::cipher::Cipher;

/// A connection of HTTP.
pub struct Connection {
    stream: Stream,
    handshake: Rc<Handshake>,
}

enum Stream {
    Plain(TcpStream),
    /// (In a box: with its state TLS takes a kilobyte.)
    Secured(Box<TlsStream<TcpStream>>),
}

impl Connection {
    /// A plain one.
    #[must_use]
    pub const fn plain(stream: TcpStream, handshake: Rc<Handshake>) -> Self {
        Self { stream: Stream::Plain(stream), handshake }
    }

    /// One by TLS, for which the client has so much time.
    ///
    /// # Errors
    /// What came is no TLS, or none that is spoken here; or the time has run out.
    pub async fn secured(
        stream: TcpStream,
        handshake: Rc<Handshake>,
        acceptor: TlsAcceptor,
        timeout: Duration,
    ) -> io::Result<Self> {
        let stream = tokio::time::timeout(timeout, acceptor.accept(stream)).await??;
        Ok(Self { stream: Stream::Secured(Box::new(stream)), handshake })
    }

    /// Its handshake.
    #[must_use]
    pub fn handshake(&self) -> Rc<Handshake> {
        Rc::clone(&self.handshake)
    }

    /// What carries it, and what TLS makes of its bytes.
    #[must_use]
    pub fn into_parts(self) -> (TcpStream, Option<Cipher>) {
        match self.stream {
            Stream::Plain(stream) => (stream, None),
            Stream::Secured(stream) => {
                let (stream, tls) = stream.into_inner();
                (stream, Some(Cipher::new(tls)))
            }
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(task, buffer),
            Stream::Secured(stream) => Pin::new(stream).poll_read(task, buffer),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(task, bytes),
            Stream::Secured(stream) => Pin::new(stream).poll_write(task, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write_vectored(task, slices),
            Stream::Secured(stream) => Pin::new(stream).poll_write_vectored(task, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Secured(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(task),
            Stream::Secured(stream) => Pin::new(stream).poll_flush(task),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(task),
            Stream::Secured(stream) => Pin::new(stream).poll_shutdown(task),
        }
    }
}
