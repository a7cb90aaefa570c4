//! `POST /api/join`: a seat, and the token to take it with.

use std::net::IpAddr;

use actix_web::http::StatusCode;
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

use super::roaming::{self, Told};
use super::{Api, ApiError, body, client_address, page_url};
use crate::cluster::Forwarded;
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
pub(super) struct Answer {
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
    let told = seat(&api, &request, address, body).await.inspect_err(|cause| {
        info!(cause = cause.code(), field = cause.field(), "join refused");
        api.metrics.note_refused(request.path(), cause.code());
    })?;
    Ok(told.into_response(StatusCode::OK))
}

async fn seat(
    api: &Api,
    request: &HttpRequest,
    address: Option<IpAddr>,
    Json(body): Json<Value>,
) -> Result<Told<Answer>, ApiError> {
    api.admission.admit_join(address)?;
    let authorization = request.headers().get(AUTHORIZATION);
    let authorization = authorization.and_then(|value| Some(value.to_str().ok()?.to_owned()));
    let asked = Forwarded { body, room: None, address, authorization };
    let (attempt, page) = (read(&asked)?, page_url(api, request));
    match &api.node {
        Some(node) => roaming::seat(api, node, &page, attempt, &asked).await,
        None => here(api, &page, attempt).await.map(Told::Own),
    }
}

/// What somebody asks for, whichever node they have asked.
fn read(asked: &Forwarded) -> Result<JoinRequest, ApiError> {
    let body: Body = body::read(Json(asked.body.clone()))?;
    if body.send_hz == Some(0) {
        return Err(ApiError::bad_request("send_hz: at least 1 is due").in_field("send_hz"));
    }
    let room = asked.room.as_ref().or(body.room.as_ref());
    let room: Option<Result<RoomId, ParseRoomIdError>> = room.map(|room| room.parse());
    let room = room
        .transpose()
        .map_err(|cause| ApiError::bad_request(&format!("room: {cause}")).in_field("room"))?;
    let replay: Option<Result<RecordingName, NameError>> = body.replay.map(|name| name.parse());
    let replay = replay.transpose().map_err(RecordingError::from)?;
    // Nobody plays in the past.
    let role = if body.spectate || replay.is_some() { Role::Spectator } else { Role::Player };
    Ok(JoinRequest {
        room,
        pass: Pass { code: body.code, password: body.password, host_key: body.host_key },
        game: body.game,
        replay,
        name: display_name(&body.name),
        role,
        send_hz: body.send_hz,
        authorization: asked.authorization.clone(),
        address: asked.address,
    })
}

/// A seat at this server, which its clients find at `page`.
pub(super) async fn here(api: &Api, page: &str, attempt: JoinRequest) -> Result<Answer, ApiError> {
    let Joined { token, room, player } = api.lobby.join(attempt).await?;
    let ws_url = format!("{}/ws?token={token}", page.replacen("http", "ws", 1));
    let protocols = Subprotocol::ALL.map(Subprotocol::name);
    Ok(Answer { token, room: room.to_string(), player: player.0, ws_url, protocols })
}

/// The same for somebody who has asked another node.
pub(super) async fn for_peer(api: &Api, page: &str, asked: Forwarded) -> Result<Answer, ApiError> {
    here(api, page, read(&asked)?).await
}
