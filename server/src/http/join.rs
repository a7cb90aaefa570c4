//! `POST /api/join`: a seat, and the token to take it with.

use std::net::IpAddr;

use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, post};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tickwire_protocol::ids::{ParseRoomIdError, RoomId};
use tickwire_protocol::message::Role;
use tickwire_protocol::version::Subprotocol;
use tickwire_simulation::names::display_name;
use tracing::info;

use super::{Api, ApiError, body, client_address, page_url};
use crate::lobby::{JoinRequest, Joined, Pass};
use crate::recordings::{NameError, RecordingError, RecordingName};

/// The request's body.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(default)]
    name: String,
    room: Option<String>,
    code: Option<String>,
    password: Option<String>,
    host_key: Option<String>,
    game: Option<String>,
    replay: Option<String>,
    send_hz: Option<u32>,
    #[serde(default)]
    spectate: bool,
}

/// The answer's body.
#[derive(Debug, Serialize)]
struct Answer {
    token: String,
    room: String,
    player: u32,
    ws_url: String,
    /// What is spoken there.
    protocols: [&'static str; Subprotocol::ALL.len()],
}

#[post("/api/join")]
pub(super) async fn join(
    request: HttpRequest,
    api: Data<Api>,
    body: Json<Value>,
) -> Result<HttpResponse, ApiError> {
    let address = client_address(&api.admission, request.peer_addr(), request.headers());
    let joined = seat(&api, &request, address, body).await.inspect_err(|cause| {
        info!(cause = cause.code(), field = cause.field(), "join refused");
        api.metrics.note_refused(request.path(), cause.code());
    })?;
    let Joined { token, room, player } = joined;
    let ws_url = socket_url(&api, &request, &token);
    let protocols = Subprotocol::ALL.map(Subprotocol::name);
    let answer = Answer { token, room: room.to_string(), player: player.0, ws_url, protocols };
    Ok(HttpResponse::Ok().json(answer))
}

async fn seat(
    api: &Api,
    request: &HttpRequest,
    address: Option<IpAddr>,
    body: Json<Value>,
) -> Result<Joined, ApiError> {
    api.admission.admit_join(address)?;
    let body: Body = body::read(body)?;
    if body.send_hz == Some(0) {
        return Err(ApiError::bad_request("send_hz: at least 1 is due").in_field("send_hz"));
    }
    let room: Option<Result<RoomId, ParseRoomIdError>> = body.room.map(|room| room.parse());
    let room = room
        .transpose()
        .map_err(|cause| ApiError::bad_request(&format!("room: {cause}")).in_field("room"))?;
    let replay: Option<Result<RecordingName, NameError>> = body.replay.map(|name| name.parse());
    let replay = replay.transpose().map_err(RecordingError::from)?;
    // Nobody plays in the past.
    let role = if body.spectate || replay.is_some() { Role::Spectator } else { Role::Player };
    let authorization = request.headers().get(AUTHORIZATION);
    let attempt = JoinRequest {
        room,
        pass: Pass { code: body.code, password: body.password, host_key: body.host_key },
        game: body.game,
        replay,
        name: display_name(&body.name),
        role,
        send_hz: body.send_hz,
        authorization: authorization.and_then(|value| Some(value.to_str().ok()?.to_owned())),
        address,
    };
    Ok(api.lobby.join(attempt).await?)
}

/// Where the client connects to.
fn socket_url(api: &Api, request: &HttpRequest, token: &str) -> String {
    format!("{}/ws?token={token}", page_url(api, request).replacen("http", "ws", 1))
}
