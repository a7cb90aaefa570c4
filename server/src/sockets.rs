//! Listening, and options of accepted sockets. What only Linux has is set there and left out elsewhere.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::TcpStream;
use tracing::debug;

/// Connections that the kernel keeps until they are accepted: a crowd that comes back at once.
const BACKLOG: i32 = 4096;

/// Listens at an address.
///
/// # Errors
/// What the system says.
pub fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A server that is started again must not wait for connections of the last one to be forgotten.
    // (On Windows the option means something else, and is not needed.)
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Bytes that the kernel may hold for a client that does not read. The default lets megabytes pile
/// up before anything is felt; a frame is a few hundred bytes, so this is seconds of them.
const SEND_BUFFER_BYTES: usize = 64 * 1024;

/// Prepares a connection that was just accepted: what is written leaves at once, little waits in the
/// kernel, and data that stays unacknowledged for `timeout` ends it, as with a peer that vanished, or one
/// that does not read.
pub fn prepare(stream: &TcpStream, timeout: Duration) {
    let socket = SockRef::from(stream);
    let prepared = socket
        .set_tcp_nodelay(true)
        .and_then(|()| socket.set_send_buffer_size(SEND_BUFFER_BYTES))
        .and_then(|()| set_timeout(&socket, timeout));
    if let Err(error) = prepared {
        debug!(%error, "socket options could not be set");
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn set_timeout(socket: &SockRef<'_>, timeout: Duration) -> std::io::Result<()> {
    socket.set_tcp_user_timeout(Some(timeout))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn set_timeout(_: &SockRef<'_>, _: Duration) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_accepted_connection_has_its_options() {
        let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let _client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let timeout = Duration::from_millis(12_345);
        prepare(&stream, timeout);
        let socket = SockRef::from(&stream);
        assert!(socket.tcp_nodelay().unwrap());
        // Linux doubles what is asked for, to have room for its own records.
        assert!(socket.send_buffer_size().unwrap() <= 2 * SEND_BUFFER_BYTES);
        #[cfg(any(target_os = "linux", target_os = "android"))]
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(timeout));
    }
}
