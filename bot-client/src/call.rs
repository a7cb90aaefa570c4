//! HTTP/1.1 as a lobby needs it: short requests, plain or by TLS, over connections that are kept.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use thiserror::Error;
use tokio::time::timeout;

use crate::trust::Trust;

/// An answer that takes longer is given up.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Asks servers. Clones share their connections, which belong to the runtime that opened them.
#[derive(Clone, Debug)]
pub(crate) struct Caller(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub(crate) enum NoAnswer {
    /// What is asked for cannot be written down.
    #[error(transparent)]
    Request(#[from] http::Error),
    /// The connection was not made, or broke.
    #[error(transparent)]
    Connection(#[from] hyper_util::client::legacy::Error),
    /// Nothing came in time.
    #[error("no answer within {} s", ANSWER_TIMEOUT.as_secs())]
    TimedOut,
}

impl Caller {
    /// By TLS, it believes these.
    pub(crate) fn new(trust: &Trust) -> Self {
        let mut tcp = HttpConnector::new();
        // Which of both it is the URL says.
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(trust.config().as_ref().clone())
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        Self(Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector))
    }

    /// Asks for something; what is said with it is JSON.
    pub(crate) async fn ask(
        &self,
        method: Method,
        url: &str,
        said: Option<Vec<u8>>,
    ) -> Result<Answer, NoAnswer> {
        let mut request = Request::builder().method(method).uri(url);
        if said.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let request = request.body(Full::from(said.unwrap_or_default()))?;
        timeout(ANSWER_TIMEOUT, self.answer(request)).await.unwrap_or(Err(NoAnswer::TimedOut))
    }

    async fn answer(&self, request: Request<Full<Bytes>>) -> Result<Answer, NoAnswer> {
        let (head, body) = self.0.request(request).await?.into_parts();
        let answer = |body| Answer { status: head.status, headers: head.headers, body };
        match body.collect().await {
            Ok(body) => Ok(answer(body.to_bytes())),
            // A refusal whose body does not arrive is one all the same; anything else makes no sense then.
            Err(_) => Ok(answer(Bytes::new())),
        }
    }
}
