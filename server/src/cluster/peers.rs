//! What nodes ask each other, over HTTP: short requests, signed with the key that all of them have.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::error::ClusterError;
use crate::identity::Keyring;

/// The header with a request's signature.
pub const SIGNATURE: &str = "x-tickwire-peer";
/// Largest answer, in bytes.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Asks other nodes. The connections are kept, and belong to the runtime that opened them.
pub struct Peers {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    keyring: Arc<Keyring>,
}

/// What another node has answered.
#[derive(Clone, Debug)]
pub struct PeerAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The header of that name.
    pub retry_after: Option<String>,
    /// The body: JSON.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum NoAnswer {
    /// Its address is none.
    #[error(transparent)]
    Request(#[from] http::Error),
    /// The connection was not made, or broke.
    #[error(transparent)]
    Connection(#[from] hyper_util::client::legacy::Error),
    /// The answer broke off, or was too large.
    #[error("no sound answer: {0}")]
    Body(Box<dyn std::error::Error + Send + Sync>),
    /// It took too long.
    #[error("no answer in time")]
    TimedOut,
}

impl PeerAnswer {
    /// What was answered, if it is that.
    #[must_use]
    pub fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }
}

impl Peers {
    /// By TLS, it believes those whom the system trusts.
    pub(super) fn new(keyring: Arc<Keyring>) -> Result<Self, ClusterError> {
        let mut roots = RootCertStore::empty();
        // What cannot be read of them is not believed: a node behind such a certificate is not reached.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|cause| ClusterError::Trust(std::io::Error::other(cause)))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(config)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client =
            Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector);
        Ok(Self { client, keyring })
    }

    /// Asks a node for something, by JSON.
    pub(super) async fn ask(
        &self,
        node: &str,
        path: &str,
        said: &impl Serialize,
        patience: Duration,
    ) -> Result<PeerAnswer, NoAnswer> {
        let body = serde_json::to_vec(said).unwrap_or_default();
        self.post(node, path, body.into(), patience).await
    }

    /// The same with a body of any kind.
    pub(super) async fn post(
        &self,
        node: &str,
        path: &str,
        body: Bytes,
        patience: Duration,
    ) -> Result<PeerAnswer, NoAnswer> {
        let signature = self.keyring.sign_request(path, &body);
        let request = http::Request::post(format!("{node}{path}"))
            .header(http::header::CONTENT_TYPE, "application/json")
            .header(SIGNATURE, signature)
            .body(Full::from(body))?;
        let answered = async {
            let (head, body) = self.client.request(request).await?.into_parts();
            let body =
                Limited::new(body, MAX_ANSWER_BYTES).collect().await.map_err(NoAnswer::Body)?;
            let retry_after = head.headers.get(http::header::RETRY_AFTER);
            let retry_after = retry_after.and_then(|value| Some(value.to_str().ok()?.to_owned()));
            Ok(PeerAnswer { status: head.status.as_u16(), retry_after, body: body.to_bytes() })
        };
        tokio::time::timeout(patience, answered).await.unwrap_or(Err(NoAnswer::TimedOut))
    }
}
