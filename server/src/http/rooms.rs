//! `POST /api/rooms` and `DELETE /api/rooms/{id}`: rooms that somebody opens, and their end.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse, delete, post};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tickwire_protocol::ids::RoomId;
use tickwire_simulation::names::display_name;
use tracing::info;

use super::roaming::{self, Told};
use super::{Api, ApiError, body, client_address, page_url};
use crate::cluster::{Forwarded, OPEN, Placement};
use crate::identity::{Lock, RoomAttempt};
use crate::lobby::{JoinError, Opened};
use crate::room::door::Terms;

/// What to open.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    game: Option<String>,
    options: BTreeMap<String, String>,
    name: Option<String>,
    private: bool,
    password: Option<String>,
}

/// What was opened.
#[derive(Serialize)]
pub(super) struct Answer {
    room: String,
    game: String,
    /// Of a private room.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// The link to share.
    url: String,
    host_key: String,
}

#[post("/api/rooms")]
pub(super) async fn open(
    request: HttpRequest,
    api: Data<Api>,
    body: Json<Value>,
) -> Result<HttpResponse, ApiError> {
    let told = open_somewhere(&api, &request, body).await;
    let told = told.inspect_err(|cause| note(&api, &request, cause))?;
    Ok(told.into_response(StatusCode::CREATED))
}

async fn open_somewhere(
    api: &Api,
    request: &HttpRequest,
    Json(body): Json<Value>,
) -> Result<Told<Answer>, ApiError> {
    let address = client_address(&api.admission, request.peer_addr(), request.headers());
    api.admission.admit_join(address)?;
    let authorization = request.headers().get(AUTHORIZATION);
    let authorization = authorization.and_then(|value| Some(value.to_str().ok()?.to_owned()));
    let asked = Forwarded { body, room: None, address, authorization };
    if let Some(node) = &api.node
        && let Placement::There(url) = node.placement().map_err(JoinError::from)?
        && let Ok(answer) = node.pass_on(url, OPEN, asked.again()).await
        && answer.status < 500
    {
        return Ok(Told::Theirs(answer));
    }
    here(api, &page_url(api, request), asked).await.map(Told::Own)
}

/// Opens a room for somebody who has asked another node.
pub(super) async fn for_peer(api: &Api, page: &str, asked: Forwarded) -> Result<Answer, ApiError> {
    here(api, page, asked).await
}

/// Opens a room at this server, which its clients find at `page`.
async fn here(api: &Api, page: &str, asked: Forwarded) -> Result<Answer, ApiError> {
    let Opened { room, host_key } = try_open(api, asked).await?;
    let code = room.door.code().map(|code| code.to_string());
    let url = match &code {
        Some(code) => format!("{page}/?code={code}"),
        None => format!("{page}/?room={}", room.id),
    };
    let (room, game) = (room.id.to_string(), room.game.to_string());
    Ok(Answer { room, game, code, url, host_key })
}

async fn try_open(api: &Api, asked: Forwarded) -> Result<Opened, ApiError> {
    let Forwarded { body, address, authorization, .. } = asked;
    let Wanted { game, options, name, private, password } = body::read(Json(body))?;
    let lock = password.map(|password| Lock::new(&password)).transpose();
    let lock =
        lock.map_err(|cause| ApiError::bad_request(&cause.to_string()).in_field("password"))?;
    let title = name.filter(|name| !name.trim().is_empty()).map(|name| display_name(&name));
    let attempt =
        RoomAttempt { game: game.as_deref(), authorization: authorization.as_deref(), address };
    let terms = Terms { title, is_private: private, lock };
    Ok(api.lobby.open_room_for(&attempt, options, terms).await?)
}

#[delete("/api/rooms/{id}")]
pub(super) async fn close(
    request: HttpRequest,
    api: Data<Api>,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    if let Some(elsewhere) = roaming::elsewhere(&api, &request, &id).await? {
        return Ok(elsewhere);
    }
    let close = async {
        let id: RoomId = id
            .parse()
            .map_err(|cause| ApiError::bad_request(&format!("room: {cause}")).in_field("room"))?;
        let address = client_address(&api.admission, request.peer_addr(), request.headers());
        let key = bearer(request.headers());
        Ok(api.lobby.close_room_for(id, key, address).await?)
    };
    close.await.inspect_err(|cause| note(&api, &request, cause))?;
    Ok(HttpResponse::NoContent().finish())
}

/// What follows `Bearer` in the request's `Authorization` header.
fn bearer(headers: &HeaderMap) -> Option<String> {
    let (scheme, key) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim().to_owned())
}

fn note(api: &Api, request: &HttpRequest, cause: &ApiError) {
    info!(cause = cause.code(), field = cause.field(), "room refused");
    api.metrics.note_refused(request.path(), cause.code());
}
