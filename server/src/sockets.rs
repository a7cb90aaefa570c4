//! Options of accepted sockets. What only Linux has is set there and left out elsewhere.

use std::any::Any;
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use socket2::SockRef;
use tracing::debug;

/// Bytes that the kernel may hold for a client that does not read. The default lets megabytes pile
/// up before anything is felt; a frame is a few hundred bytes, so this is seconds of them.
const SEND_BUFFER_BYTES: usize = 64 * 1024;

/// Prepares a connection that was just accepted. Data that stays unacknowledged for `timeout` ends
/// it: a peer that vanished, or one that does not read.
pub fn prepare(connection: &dyn Any, timeout: Duration) {
    let Some(stream) = connection.downcast_ref::<TcpStream>() else { return };
    let socket = SockRef::from(stream);
    let limited = socket.set_send_buffer_size(SEND_BUFFER_BYTES);
    let limited = limited.and_then(|()| set_timeout(&socket, timeout));
    if let Err(error) = limited {
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
