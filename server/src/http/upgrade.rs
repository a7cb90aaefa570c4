//! `GET /ws?token=…`: from HTTP to a WebSocket.

use actix_web::http::header::SEC_WEBSOCKET_PROTOCOL;
use actix_web::web::{Data, Payload, Query};
use actix_web::{HttpRequest, HttpResponse, get};
use actix_web_actors::ws;
use serde::Deserialize;
use tickwire_protocol::SUBPROTOCOL;
use tickwire_protocol::close::CloseReason;

use super::{Api, ApiError};
use crate::lobby::RedeemError;
use crate::session::socket;

#[derive(Debug, Deserialize)]
struct Entry {
    token: Option<String>,
}

#[get("/ws")]
pub(super) async fn upgrade(
    request: HttpRequest,
    entry: Query<Entry>,
    payload: Payload,
    api: Data<Api>,
) -> Result<HttpResponse, ApiError> {
    expect_known_subprotocol(&request)?;
    let mut response = ws::handshake_with_protocols(&request, &[SUBPROTOCOL])
        .map_err(|cause| ApiError::bad_request(&cause.to_string()))?;
    let token = entry.into_inner().token.unwrap_or_default();
    let seat = api.lobby.redeem(&token).map_err(|cause| match cause {
        RedeemError::Unknown => CloseReason::Unauthorised,
        RedeemError::NoSuchRoom => CloseReason::NoSuchRoom,
        RedeemError::ShuttingDown => CloseReason::Restarting,
    });
    Ok(response.streaming(socket::open(seat, api.sockets.clone(), payload)))
}

/// A client that offers no subprotocol gets ours; one that offers only others is told so.
fn expect_known_subprotocol(request: &HttpRequest) -> Result<(), ApiError> {
    let mut offered = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL).peekable();
    if offered.peek().is_none() {
        return Ok(());
    }
    let is_known = offered
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|name| name.trim() == SUBPROTOCOL);
    let message = format!("this server speaks the subprotocol {SUBPROTOCOL}");
    if is_known { Ok(()) } else { Err(ApiError::bad_request(&message)) }
}
