//! What the requests that begin a session have in common, whatever is to carry it: where they may come from,
//! what they speak, and the token in their query.

use actix_http::header::{HeaderMap, HeaderValue, ORIGIN};
use serde::Deserialize;
use std::net::SocketAddr;
use tickwire_protocol::ids::EventNumber;
use tickwire_protocol::version::Subprotocol;

use super::{Api, ApiError, client_address, requested_host};
use crate::admission::Place;
use crate::lobby::Lobby;
use crate::session::entry::Entry;

/// The query of `ws_url`, and that of what stands in for it.
#[derive(Debug, Deserialize)]
pub(super) struct Credentials {
    token: Option<String>,
    resume: Option<String>,
    /// With `resume`: number of the newest event that the client has.
    event: Option<u32>,
    /// Where there is no header to say so: the subprotocols that the client speaks.
    protocol: Option<String>,
}

impl Credentials {
    /// What they let a connection do.
    pub(super) fn entry(&self, lobby: &Lobby) -> Entry {
        let event = EventNumber(self.event.unwrap_or_default());
        match (&self.token, &self.resume) {
            (Some(token), _) => Entry::Decided(lobby.redeem(token)),
            (None, Some(token)) => Entry::Decided(lobby.resume(token, event)),
            (None, None) => Entry::Awaited,
        }
    }

    /// What is to be spoken: not as text, which is carried by WebSockets alone.
    pub(super) fn speaks(&self) -> Result<Subprotocol, ApiError> {
        let lists = self.protocol.as_deref().into_iter();
        let speaks = choose(lists)?;
        if speaks.is_text() {
            let offered = format!("{}, which WebSockets alone carry", speaks.name());
            return Err(ApiError::version(&offered));
        }
        Ok(speaks)
    }
}

/// What is to be spoken with a client that speaks what these lists say. One that says nothing gets the
/// oldest, one that speaks only others is told so.
pub(super) fn choose<'a>(lists: impl Iterator<Item = &'a str>) -> Result<Subprotocol, ApiError> {
    let offered: Vec<_> = lists.flat_map(|list| list.split(',')).map(str::trim).collect();
    if offered.is_empty() {
        return Ok(Subprotocol::UNNAMED);
    }
    Subprotocol::choose(offered.iter().copied())
        .ok_or_else(|| ApiError::version(&offered.join(", ")))
}

/// Whether a page may begin a session here.
pub(super) fn check_origin(
    api: &Api,
    peer: Option<SocketAddr>,
    headers: &HeaderMap,
) -> Result<(), ApiError> {
    let origin = headers.get(ORIGIN).and_then(|value: &HeaderValue| value.to_str().ok());
    let knows = |origin| api.node.as_ref().is_some_and(|node| node.knows_origin(origin));
    if origin.is_some_and(knows) {
        return Ok(());
    }
    let (host, _) = requested_host(&api.admission, peer, headers);
    let origins = &api.lobby.config().access.origins;
    origins.check(origin, host).map_err(|cause| ApiError::origin(&cause))
}

/// A place for another session of its address.
pub(super) fn admit(
    api: &Api,
    peer: Option<SocketAddr>,
    headers: &HeaderMap,
) -> Result<Place, ApiError> {
    let address = client_address(&api.admission, peer, headers);
    api.admission.admit_upgrade(address)?;
    Ok(api.admission.admit_session(address)?)
}
