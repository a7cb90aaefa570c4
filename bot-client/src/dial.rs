//! How a connection is opened on the client's side: from which address, and through which network.
//!
//! A system has some 28,000 ports for connections from one address to another. A server on this
//! machine can be reached from as many addresses as one likes: all of 127.0.0.0/8 is this machine (on
//! Linux; elsewhere addresses beyond 127.0.0.1 have to be set up).

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::carrier::Transport;
use crate::delayed::Delayed;
use crate::net::{Link, Net};
use crate::trust::Trust;

/// Connections from one source address: what Linux has ports for, less some that are in use for
/// other things or not yet free again.
pub const CONNECTIONS_PER_SOURCE: usize = 25_000;
/// Source addresses that are tried for one connection while there is no port.
const MOST_SOURCES_TRIED: usize = 4;

/// How one client's connections are opened. The default is as any program does: by the system's
/// choice of address, without delays.
#[derive(Clone, Debug, Default)]
pub struct Dial {
    /// The client's number among all of this process; decides on the source address.
    pub number: usize,
    /// The network to simulate.
    pub net: Option<Net>,
    /// Seed of what happens there at random.
    pub seed: u64,
    /// What is to carry them.
    pub transport: Transport,
    /// Whose certificates are believed; whom the system trusts by default.
    trust: Option<Trust>,
    /// Connections so far: each is another one in its network too.
    opened: u64,
}

/// A connection, maybe behind a simulated network, and maybe by TLS through that.
#[derive(Debug)]
pub(crate) enum Wire {
    Plain(TcpStream),
    Delayed(Box<Delayed<TcpStream>>),
    Tls(Box<TlsStream<Wire>>),
}

impl Dial {
    /// Connections of a client of a number, through a network where one is given.
    #[must_use]
    pub const fn new(number: usize, net: Option<Net>, seed: u64) -> Self {
        Self { number, net, seed, transport: Transport::Ws, trust: None, opened: 0 }
    }

    /// The same, carried otherwise.
    #[must_use]
    pub fn over(self, transport: Transport) -> Self {
        Self { transport, ..self }
    }

    /// The same, and these certificates are believed.
    #[must_use]
    pub fn trusting(self, trust: Trust) -> Self {
        Self { trust: Some(trust), ..self }
    }

    /// Connects to a host and port by TLS.
    pub(crate) async fn open_by_tls(&mut self, host: &str, port: u16) -> io::Result<Wire> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let wire = self.open(host, port).await?;
        let trust = self.trust.get_or_insert_with(Trust::system);
        let stream = TlsConnector::from(trust.config()).connect(name, wire).await?;
        Ok(Wire::Tls(Box::new(stream)))
    }

    /// Connects to a host and port.
    pub(crate) async fn open(&mut self, host: &str, port: u16) -> io::Result<Wire> {
        let mut result = Err(io::Error::new(io::ErrorKind::NotFound, "the host has no address"));
        for server in lookup_host((host, port)).await? {
            result = connect(server, self.number).await;
            if result.is_ok() {
                break;
            }
        }
        let stream = result?;
        stream.set_nodelay(true)?;
        self.opened += 1;
        Ok(match self.net {
            None => Wire::Plain(stream),
            Some(net) => {
                let link = Link::new(net, self.seed.wrapping_add(self.opened));
                Wire::Delayed(Box::new(Delayed::new(stream, link)))
            }
        })
    }
}

/// Connects from the first source address that has a port left.
async fn connect(server: SocketAddr, number: usize) -> io::Result<TcpStream> {
    let mut result = Err(io::ErrorKind::AddrNotAvailable.into());
    for source in sources(server.ip(), number) {
        result = connect_from(source, server).await;
        match &result {
            Err(error) if is_out_of_ports(error) => {}
            _ => break,
        }
    }
    result
}

async fn connect_from(source: Option<IpAddr>, server: SocketAddr) -> io::Result<TcpStream> {
    let socket = if server.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    if let Some(source) = source {
        // Linux could choose the port later, by IP_BIND_ADDRESS_NO_PORT; that only matters to a
        // process that connects to several servers from one source.
        socket.bind(SocketAddr::new(source, 0))?;
    }
    socket.connect(server).await
}

fn is_out_of_ports(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::AddrInUse)
}

/// Addresses to connect from, best first; `None` leaves it to the system, which takes 127.0.0.1
/// for a server on this machine.
fn sources(server: IpAddr, number: usize) -> impl Iterator<Item = Option<IpAddr>> {
    let is_own = matches!(server, IpAddr::V4(address) if address.is_loopback());
    let (first, count) =
        if is_own { (number / CONNECTIONS_PER_SOURCE, MOST_SOURCES_TRIED) } else { (0, 1) };
    (first..first + count).map(|index| {
        let offset = u32::try_from(index).unwrap_or_default();
        (offset > 0).then(|| Ipv4Addr::from_bits(Ipv4Addr::LOCALHOST.to_bits() + offset).into())
    })
}

impl Wire {
    /// Ends the connection without a word, whatever is on its way.
    pub(crate) async fn cut(&mut self) -> io::Result<()> {
        self.tcp().shutdown().await
    }

    /// What carries it all.
    fn tcp(&mut self) -> &mut TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Delayed(stream) => stream.inner_mut(),
            Self::Tls(stream) => stream.get_mut().0.tcp(),
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Delayed(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Delayed(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Delayed(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Delayed(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(server: &str, number: usize) -> Option<String> {
        let source = sources(server.parse().unwrap(), number).next().unwrap();
        source.map(|address| address.to_string())
    }

    #[test]
    fn further_loopback_addresses_are_used_when_one_is_full() {
        assert_eq!(first("127.0.0.1", 0), None);
        assert_eq!(first("127.0.0.1", 24_999), None);
        assert_eq!(first("127.0.0.1", 25_000).as_deref(), Some("127.0.0.2"));
        assert_eq!(first("127.0.0.1", 99_999).as_deref(), Some("127.0.0.4"));
        let tried: Vec<_> = sources("127.0.0.1".parse().unwrap(), 0).flatten().collect();
        assert_eq!(tried.len(), MOST_SOURCES_TRIED - 1);
    }

    #[test]
    fn elsewhere_the_system_chooses() {
        for server in ["192.0.2.1", "::1", "2001:db8::1"] {
            let all: Vec<_> = sources(server.parse().unwrap(), 99_999).collect();
            assert_eq!(all, [None], "{server}");
        }
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_connection_comes_from_its_source() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        for (number, source) in [(0, "127.0.0.1"), (CONNECTIONS_PER_SOURCE, "127.0.0.2")] {
            let _wire = Dial::new(number, None, 1).open("127.0.0.1", port).await.unwrap();
            let (_, peer) = listener.accept().await.unwrap();
            assert_eq!(peer.ip().to_string(), source);
        }
    }
}
