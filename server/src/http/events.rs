//! `GET /api/events` and `GET /api/rooms/{id}/events`: server-sent events
//! ([HTML, section 9.2](https://html.spec.whatwg.org/multipage/server-sent-events.html)).
//!
//! `Last-Event-ID`, which a browser sends when it comes back, or `?last_event_id=` goes on after that event.

use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, HeaderName};
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse, get};
use futures_util::stream::unfold;
use serde::Deserialize;
use tickwire_protocol::ids::RoomId;
use tracing::info;

use super::handshake::Handshake;
use super::{Api, ApiError, NO_BUFFERING, client_address, roaming};
use crate::events::{Feed, Listener};
use crate::lobby::Pass;

/// What browsers say when they come back.
pub(super) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// What the address has.
#[derive(Deserialize)]
pub(super) struct Asked {
    /// A private room's code.
    code: Option<String>,
    /// The room's password.
    password: Option<String>,
    last_event_id: Option<String>,
}

#[get("/api/events")]
pub(super) async fn of_server(
    request: HttpRequest,
    api: Data<Api>,
    Query(asked): Query<Asked>,
) -> Result<HttpResponse, ApiError> {
    let feed = Arc::clone(&api.events);
    listen(&api, &request, &asked, || Ok(feed)).inspect_err(note)
}

#[get("/api/rooms/{id}/events")]
pub(super) async fn of_room(
    request: HttpRequest,
    api: Data<Api>,
    id: Path<String>,
    Query(asked): Query<Asked>,
) -> Result<HttpResponse, ApiError> {
    if let Some(elsewhere) = roaming::elsewhere(&api, &request, &id).await? {
        return Ok(elsewhere);
    }
    let address = client_address(&api.admission, request.peer_addr(), request.headers());
    let find = || {
        let id: RoomId = id
            .parse()
            .map_err(|cause| ApiError::bad_request(&format!("room: {cause}")).in_field("room"))?;
        let (code, password) = (asked.code.clone(), asked.password.clone());
        let room = api.lobby.listen_to(id, &Pass { code, password, host_key: None }, address)?;
        Ok(room.feed)
    };
    listen(&api, &request, &asked, find).inspect_err(note)
}

fn listen(
    api: &Api,
    request: &HttpRequest,
    asked: &Asked,
    find: impl FnOnce() -> Result<Arc<Feed>, ApiError>,
) -> Result<HttpResponse, ApiError> {
    let address = client_address(&api.admission, request.peer_addr(), request.headers());
    api.lobby.expect_open()?;
    let place = api.admission.admit_listener(address)?;
    let feed = find()?;
    let header = request.headers().get(LAST_EVENT_ID).and_then(|last| last.to_str().ok());
    let last = header.or(asked.last_event_id.as_deref());
    let listener = Listener::begin(&feed, last);
    // All that is to live as long as the answer does.
    let busy = request.conn_data::<Rc<Handshake>>().map(Handshake::busy);
    let body = unfold((listener, place, busy), |mut all| async move {
        let chunk = all.0.next().await?;
        Some((Ok::<_, Infallible>(chunk), all))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(NO_BUFFERING)
        .streaming(body))
}

fn note(cause: &ApiError) {
    info!(cause = cause.code(), field = cause.field(), "listener refused");
}
