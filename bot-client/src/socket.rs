//! A WebSocket: how it is opened, and what its frames cost on the wire.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tickwire_protocol::envelope::MAX_SERVER_MESSAGE_BYTES;
use tickwire_protocol::version::Subprotocol;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::UrlError;
use tokio_tungstenite::tungstenite::http::{HeaderValue, Uri};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::carrier::Heard;
use crate::dial::{Dial, Wire};
use crate::end::{ConnectError, End};

/// Size of a connection's read buffer, in bytes: some frames. The library's default of 128 KiB
/// would make it the largest part of a bot.
const READ_BUFFER_BYTES: usize = 4096;

/// Saying goodbye is given up after this long.
pub(crate) const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// An open WebSocket.
#[derive(Debug)]
pub(crate) struct Socket(WebSocketStream<Wire>);

impl Socket {
    /// Connects, and offers the protocol that is spoken here.
    pub(crate) async fn open(ws_url: &str, dial: &mut Dial) -> Result<Self, ConnectError> {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            // Every message is written at once: at most one waits, when the kernel takes no more.
            .write_buffer_size(0)
            .max_message_size(Some(MAX_SERVER_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_SERVER_MESSAGE_BYTES));
        let mut request = ws_url.into_client_request()?;
        let subprotocol = HeaderValue::from_static(Subprotocol::ALL[0].name());
        request.headers_mut().insert("Sec-WebSocket-Protocol", subprotocol);
        let wire = address(request.uri())?.open(dial).await?;
        let (socket, _) = client_async_with_config(request, wire, Some(config)).await?;
        Ok(Self(socket))
    }

    /// Waits for what comes next. Pings are answered by the library while reading.
    pub(crate) async fn next(&mut self) -> Result<Heard, End> {
        match self.0.next().await {
            Some(Ok(Message::Binary(bytes))) => {
                let wire_bytes = wire_bytes(bytes.len());
                Ok(Heard::Message { bytes, wire_bytes })
            }
            Some(Ok(Message::Ping(bytes) | Message::Pong(bytes))) => {
                Ok(Heard::Other { wire_bytes: wire_bytes(bytes.len()) })
            }
            other => Err(self.end_with(other).await),
        }
    }

    /// Sends a message.
    pub(crate) async fn send(&mut self, message: Vec<u8>) -> Result<(), End> {
        match self.0.send(Message::Binary(message.into())).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.end_after_failed_write(error).await),
        }
    }

    /// Sends a message but for what the kernel does not take at once.
    pub(crate) async fn feed(&mut self, message: Vec<u8>) -> Result<(), End> {
        match self.0.feed(Message::Binary(message.into())).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.end_after_failed_write(error).await),
        }
    }

    /// Says goodbye and waits for the server to do so too.
    pub(crate) async fn close(mut self) {
        // Whether it was heard makes no difference to one who leaves.
        if self.0.close(None).await.is_ok() {
            while let Some(Ok(_)) = self.0.next().await {}
        }
    }

    /// Ends the TCP connection without a word.
    pub(crate) async fn cut(&mut self) {
        // That it has ended already is as good.
        let _ = self.0.get_mut().cut().await;
    }

    /// What a message that is not binary, or the lack of one, means for the connection.
    async fn end_with(&mut self, message: Option<Result<Message, Error>>) -> End {
        let Some(Ok(Message::Close(_))) = &message else { return End::of(message) };
        // The library has an answer to the close ready; it leaves with the next flush.
        let _ = timeout(CLOSE_TIMEOUT, self.0.flush()).await;
        End::of(message)
    }

    /// A write fails when the server has closed: its reason may still wait to be read.
    async fn end_after_failed_write(&mut self, error: Error) -> End {
        let lost = End::Lost(error.to_string());
        let reason = async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Close(close))) => {
                        break End::of(Some(Ok(Message::Close(close))));
                    }
                    Some(Ok(_)) => {}
                    None | Some(Err(_)) => break lost,
                }
            }
        };
        timeout(CLOSE_TIMEOUT, reason).await.unwrap_or_else(|_| End::Lost(error.to_string()))
    }
}

/// Where a WebSocket is, and how it is reached.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Address<'a> {
    by_tls: bool,
    /// An IPv6 address without its brackets.
    host: &'a str,
    port: u16,
}

impl Address<'_> {
    /// Opens a connection there.
    pub(crate) async fn open(&self, dial: &mut Dial) -> Result<Wire, Error> {
        let Self { by_tls, host, port } = *self;
        let opened =
            if by_tls { dial.open_by_tls(host, port).await } else { dial.open(host, port).await };
        opened.map_err(Error::Io)
    }
}

/// Where a WebSocket's URL leads.
pub(crate) fn address(uri: &Uri) -> Result<Address<'_>, Error> {
    let (by_tls, usual_port) = match uri.scheme_str() {
        Some("ws") => (false, 80),
        Some("wss") => (true, 443),
        _ => return Err(UrlError::UnsupportedUrlScheme.into()),
    };
    let host = uri.host().ok_or(UrlError::NoHostName)?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Ok(Address { by_tls, host, port: uri.port_u16().unwrap_or(usual_port) })
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
