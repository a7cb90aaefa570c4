//! A WebSocket: how it is opened, and what its frames cost on the wire.

use bytes::Bytes;
use futures_util::StreamExt;
use tickwire_protocol::envelope::MAX_SERVER_MESSAGE_BYTES;
use tickwire_protocol::version::Subprotocol;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::UrlError;
use tokio_tungstenite::tungstenite::http::{HeaderValue, Uri};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::dial::{Dial, Wire};
use crate::end::{ConnectError, End};

/// Size of a connection's read buffer, in bytes: some frames. The library's default of 128 KiB
/// would make it the largest part of a bot.
const READ_BUFFER_BYTES: usize = 4096;

pub(crate) type Socket = WebSocketStream<Wire>;

/// Connects, and offers the protocol that is spoken here.
pub(crate) async fn connect(ws_url: &str, dial: &mut Dial) -> Result<Socket, ConnectError> {
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        // Every message is written at once: at most one waits, when the kernel takes no more.
        .write_buffer_size(0)
        .max_message_size(Some(MAX_SERVER_MESSAGE_BYTES))
        .max_frame_size(Some(MAX_SERVER_MESSAGE_BYTES));
    let mut request = ws_url.into_client_request()?;
    let subprotocol = HeaderValue::from_static(Subprotocol::ALL[0].name());
    request.headers_mut().insert("Sec-WebSocket-Protocol", subprotocol);
    let Address { by_tls, host, port } = address(request.uri())?;
    let opened =
        if by_tls { dial.open_by_tls(host, port).await } else { dial.open(host, port).await };
    let wire = opened.map_err(Error::Io)?;
    let (socket, _) = client_async_with_config(request, wire, Some(config)).await?;
    Ok(socket)
}

/// Where a WebSocket is, and how it is reached.
#[derive(Debug, PartialEq, Eq)]
struct Address<'a> {
    by_tls: bool,
    /// An IPv6 address without its brackets.
    host: &'a str,
    port: u16,
}

fn address(uri: &Uri) -> Result<Address<'_>, Error> {
    let (by_tls, usual_port) = match uri.scheme_str() {
        Some("ws") => (false, 80),
        Some("wss") => (true, 443),
        _ => return Err(UrlError::UnsupportedUrlScheme.into()),
    };
    let host = uri.host().ok_or(UrlError::NoHostName)?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Ok(Address { by_tls, host, port: uri.port_u16().unwrap_or(usual_port) })
}

/// Reads the first binary message, and says how many bytes came.
pub(crate) async fn read_first(socket: &mut Socket) -> Result<(Bytes, u64), End> {
    let mut received_bytes = 0;
    loop {
        match socket.next().await {
            Some(Ok(Message::Binary(bytes))) => {
                received_bytes += wire_bytes(bytes.len()) as u64;
                return Ok((bytes, received_bytes));
            }
            Some(Ok(Message::Ping(bytes) | Message::Pong(bytes))) => {
                received_bytes += wire_bytes(bytes.len()) as u64;
            }
            other => return Err(End::of(other)),
        }
    }
}

/// Size of a WebSocket frame from the server: its payload and a header without a mask.
#[must_use]
pub const fn wire_bytes(payload: usize) -> usize {
    payload
        + match payload {
            0..126 => 2,
            126..65_536 => 4,
            _ => 10,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_have_a_host_and_a_port() {
        for (url, by_tls, host, port) in [
            ("ws://127.0.0.1:8080/ws", false, "127.0.0.1", 8080),
            ("ws://[::1]:9/ws", false, "::1", 9),
            ("ws://example.org/ws", false, "example.org", 80),
            ("wss://example.org/ws", true, "example.org", 443),
        ] {
            let read = address(&url.parse().unwrap())
                .map(|address| address == Address { by_tls, host, port });
            assert!(read.unwrap(), "{url}");
        }
        assert!(address(&"http://example.org/ws".parse().unwrap()).is_err());
    }

    #[test]
    fn messages_have_a_header() {
        assert_eq!([0, 125, 126, 65_535, 65_536].map(wire_bytes), [2, 127, 130, 65_539, 65_546]);
    }
}
