//! HTTP: joining, listing, recordings, health, metrics, the demo, and the upgrade to a WebSocket.

pub(crate) mod admin;
mod body;
mod cluster;
mod credentials;
mod demo;
mod error;
mod events;
mod fallback;
pub(crate) mod handshake;
mod health;
mod join;
mod listing;
mod online;
pub mod origin;
mod pages;
mod peer;
mod replays;
mod resume;
mod roaming;
mod rooms;
pub(crate) mod upgrade;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use actix_cors::Cors;
use actix_web::HttpRequest;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, FORWARDED, HeaderMap, RETRY_AFTER};
use actix_web::web::{self, JsonConfig, QueryConfig, ServiceConfig};
use tracing::warn;

use crate::admission::Admission;
use crate::cluster::Node;
use crate::events::Feed;
use crate::lobby::Lobby;
use crate::metrics::Metrics;
use crate::session::environment::SocketEnvironment;

pub use error::ApiError;
pub use pages::Pages;

/// Seconds for which a browser need not ask again what other origins may do.
const CORS_MAX_AGE_SECONDS: usize = 3600;
/// Largest JSON body of a request, in bytes.
const MAX_JSON_BYTES: usize = 16 * 1024;

/// Asks proxies that know it, as nginx does, not to hold an answer back that goes on for long.
const NO_BUFFERING: (&str, &str) = ("x-accel-buffering", "no");

/// What the handlers work with.
#[derive(Clone)]
pub struct Api {
    /// Rooms and tokens.
    pub lobby: Arc<Lobby>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// How many come in.
    pub admission: Arc<Admission>,
    /// What happens on the server.
    pub events: Arc<Feed>,
    /// Where the server is one of many.
    pub node: Option<Arc<Node>>,
    /// What connections share.
    pub sockets: Arc<SocketEnvironment>,
}

/// Lets pages of the listed origins use the API.
pub fn cors(api: &Api) -> Cors {
    let origins = api.lobby.config().access.origins.clone();
    let node = api.node.clone();
    Cors::default()
        .allowed_origin_fn(move |origin, _| {
            let knows = |origin| node.as_ref().is_some_and(|node| node.knows_origin(origin));
            origin.to_str().is_ok_and(|origin| origins.is_listed(origin) || knows(origin))
        })
        .allowed_methods(["GET", "POST", "DELETE"])
        .allowed_headers([AUTHORIZATION, CONTENT_TYPE, events::LAST_EVENT_ID])
        .expose_headers([RETRY_AFTER])
        .max_age(CORS_MAX_AGE_SECONDS)
        // Pages of the server itself send an origin too, and are not in the list.
        .block_on_origin_mismatch(false)
}

/// The address that a request is counted to.
pub(crate) fn client_address(
    admission: &Admission,
    peer: Option<SocketAddr>,
    headers: &HeaderMap,
) -> Option<IpAddr> {
    // Several headers are one list.
    let lines = headers.get_all("x-forwarded-for");
    let forwarded: Vec<_> = lines.map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    let forwarded = (!forwarded.is_empty()).then(|| forwarded.join(","));
    let peer = peer.map(|peer| peer.ip());
    if forwarded.is_some() || headers.contains_key(FORWARDED) {
        warn_of_unknown_proxy(admission, peer);
    }
    admission.address_of(peer, forwarded.as_deref())
}

fn warn_of_unknown_proxy(admission: &Admission, peer: Option<IpAddr>) {
    if let Some(proxy) = admission.meets_unknown_proxy(peer) {
        warn!(
            "a proxy on this machine is not known: everybody behind it counts as this machine, which \
             has no limits per address unless --limit-loopback is set; tell of it with \
             --trusted-proxy={proxy}, and have it send X-Forwarded-For"
        );
    }
}

/// Where a request was sent to, as its sender sees it: host and port. Behind a proxy that is believed, it is
/// what the proxy says; and only there is it said whether it was sent by TLS.
pub(crate) fn requested_host<'a>(
    admission: &Admission,
    peer: Option<SocketAddr>,
    headers: &'a HeaderMap,
) -> (Option<&'a str>, Option<bool>) {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let is_trusted = peer.is_some_and(|peer| admission.is_trusted(peer.ip()));
    // Of several proxies the first one has seen the sender.
    let first = |name| text(name).and_then(|list| list.split(',').next()).map(str::trim);
    let forwarded = |name| if is_trusted { first(name) } else { None };
    let is_secure = forwarded("x-forwarded-proto").map(|scheme| scheme == "https");
    (forwarded("x-forwarded-host").or_else(|| text("host")), is_secure)
}

/// Where clients find the server, without a slash at the end: as `--public-url` says, else as they have asked.
pub(crate) fn page_url(api: &Api, request: &HttpRequest) -> String {
    if let Some(url) = &api.lobby.config().public_url {
        return url.clone();
    }
    let (host, is_secure) = requested_host(&api.admission, request.peer_addr(), request.headers());
    let is_secure = is_secure.unwrap_or(api.lobby.config().tls.is_some());
    let scheme = if is_secure { "https" } else { "http" };
    format!("{scheme}://{}", host.unwrap_or_else(|| request.app_config().host()))
}

/// Adds every route.
pub fn configure(service: &mut ServiceConfig, api: Api) {
    let json = JsonConfig::default().limit(MAX_JSON_BYTES).error_handler(|cause, request| {
        let refusal = ApiError::body(&cause);
        if let Some(api) = request.app_data::<web::Data<Api>>() {
            api.metrics.note_refused(request.path(), refusal.code());
        }
        refusal.into()
    });
    let query = QueryConfig::default()
        .error_handler(|cause, _| ApiError::bad_request(&cause.to_string()).into());
    let pages = api.lobby.config().pages.clone();
    service
        .app_data(web::Data::new(api))
        .app_data(json)
        .app_data(query)
        // First, since they are asked many times a second.
        .configure(fallback::configure)
        .service(join::join)
        .service(resume::resume)
        .service(cluster::list)
        .service(listing::list)
        .service(online::online)
        .service(rooms::open)
        .service(rooms::close)
        .service(events::of_server)
        .service(events::of_room)
        .service(replays::list)
        .service(replays::details)
        .service(upgrade::no_upgrade)
        .service(health::healthz)
        .service(health::readyz)
        .service(health::metrics)
        .service(demo::sdk)
        .configure(peer::configure)
        .configure(|service| pages.configure(service))
        .default_service(web::to(error::not_found));
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;
    use crate::admission::AdmissionLimits;

    #[test]
    fn a_request_that_was_forwarded_says_so() {
        let limits = AdmissionLimits {
            sessions: 1,
            sessions_per_address: 1,
            joins_per_second: NonZeroU32::MIN,
            upgrades_per_second: NonZeroU32::MIN,
            guesses_per_minute: NonZeroU32::MIN,
            event_listeners: 1,
            limits_loopback: false,
            trusted_proxies: Vec::new(),
        };
        let peer = SocketAddr::from(([127, 0, 0, 1], 8080));
        for (name, is_forwarded) in
            [("forwarded", true), ("x-forwarded-for", true), ("user-agent", false)]
        {
            let admission = Admission::new(limits.clone());
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static("192.0.2.1"));
            assert_eq!(client_address(&admission, Some(peer), &headers), Some(peer.ip()));
            let is_met = admission.meets_unknown_proxy(Some(peer.ip())).is_none();
            assert_eq!(is_met, is_forwarded, "{name}");
        }
    }
}
