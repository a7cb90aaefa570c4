//! Requests of HTTP/1.1, one after the other on one connection, which is opened anew when it is lost.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::HOST;
use hyper::{Method, Request, Response, Uri};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite;

use crate::dial::Dial;
use crate::end::ConnectError;
use crate::refusal::Refusal;
use crate::socket;

/// Where a session is asked for, as its `ws_url` has it.
#[derive(Clone, Debug)]
pub(super) struct Target {
    uri: Uri,
}

impl Target {
    pub(super) fn of(ws_url: &str) -> Result<Self, ConnectError> {
        let uri = ws_url.parse().map_err(tungstenite::Error::from)?;
        socket::address(&uri)?;
        Ok(Self { uri })
    }

    /// What stands in for the WebSocket, with its query.
    pub(super) fn path(&self, name: &str, protocol: &str) -> String {
        let query = self.uri.query().unwrap_or_default();
        format!("{}?{query}&protocol={protocol}", self.beside(name))
    }

    /// The same without a query.
    pub(super) fn beside(&self, name: &str) -> String {
        let path = self.uri.path();
        format!("{}/{name}", path.strip_suffix("/ws").unwrap_or(path))
    }
}

/// One connection's requests.
#[derive(Debug)]
pub(super) struct Requests {
    target: Target,
    dial: Dial,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Requests {
    pub(super) fn new(target: &Target, dial: &Dial) -> Self {
        Self { target: target.clone(), dial: dial.clone(), sender: None }
    }

    /// Where what a client says goes, and what it asks for next comes from.
    pub(super) fn beside(&self, name: &str) -> String {
        self.target.beside(name)
    }

    /// The body of an answer, as it comes.
    pub(super) async fn get(&mut self, path: &str) -> Result<Incoming, ConnectError> {
        self.call(Method::GET, path, Bytes::new()).await.map(Response::into_body)
    }

    /// The whole body of an answer.
    pub(super) async fn post(&mut self, path: &str, body: Bytes) -> Result<Bytes, ConnectError> {
        let answer = self.call(Method::POST, path, body).await?;
        Ok(answer.into_body().collect().await.map_err(lost)?.to_bytes())
    }

    /// An answer that is a success.
    async fn call(
        &mut self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<Response<Incoming>, ConnectError> {
        let host = self.target.uri.authority().map_or("", |authority| authority.as_str());
        let request = Request::builder().method(method).uri(path).header(HOST, host);
        let request = request.body(Full::new(body)).map_err(tungstenite::Error::from)?;
        let answer = self.connected().await?.send_request(request).await;
        // A connection that failed once is of no more use.
        let answer = answer.inspect_err(|_| self.sender = None).map_err(lost)?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let headers = answer.headers().clone();
        // A refusal whose body does not arrive is one all the same.
        let body = answer.into_body().collect().await.map(|body| body.to_bytes());
        Err(Refusal::new(status, &headers, &body.unwrap_or_default()).into())
    }

    async fn connected(&mut self) -> Result<&mut SendRequest<Full<Bytes>>, ConnectError> {
        let is_open = match &mut self.sender {
            Some(sender) => sender.ready().await.is_ok(),
            None => false,
        };
        if !is_open {
            self.sender = None;
        }
        match &mut self.sender {
            Some(sender) => Ok(sender),
            closed @ None => {
                let wire = socket::address(&self.target.uri)?.open(&mut self.dial).await?;
                let (sender, connection) = handshake(TokioIo::new(wire)).await.map_err(lost)?;
                // Ends with its sender.
                tokio::spawn(connection);
                Ok(closed.insert(sender))
            }
        }
    }
}

/// A request that did not get an answer.
fn lost(error: hyper::Error) -> ConnectError {
    tungstenite::Error::Io(std::io::Error::other(error)).into()
}
