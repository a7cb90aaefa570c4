//! `POST /api/rooms` and `DELETE /api/rooms/{id}`: rooms that somebody opens, and their end.

use std::collections::BTreeMap;

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse, delete, post};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tickwire_protocol::ids::RoomId;
use tickwire_simulation::names::display_name;
use tracing::info;

use super::{Api, ApiError, body, client_address, page_url};
use crate::identity::{Lock, RoomAttempt};
use crate::lobby::Opened;
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
struct Answer {
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
    let opened = try_open(&api, &request, body).inspect_err(|cause| note(&api, &request, cause))?;
    let Opened { room, host_key } = opened;
    let code = room.door.code().map(|code| code.to_string());
    let page = page_url(&api, &request);
    let url = match &code {
        Some(code) => format!("{page}/?code={code}"),
        None => format!("{page}/?room={}", room.id),
    };
    let (room, game) = (room.id.to_string(), room.game.to_string());
    Ok(HttpResponse::Created().json(Answer { room, game, code, url, host_key }))
}

fn try_open(api: &Api, request: &HttpRequest, body: Json<Value>) -> Result<Opened, ApiError> {
    let address = client_address(&api.admission, request.peer_addr(), request.headers());
    api.admission.admit_join(address)?;
    let Wanted { game, options, name, private, password } = body::read(body)?;
    let lock = password.map(|password| Lock::new(&password)).transpose();
    let lock =
        lock.map_err(|cause| ApiError::bad_request(&cause.to_string()).in_field("password"))?;
    let title = name.filter(|name| !name.trim().is_empty()).map(|name| display_name(&name));
    let authorization = request.headers().get(AUTHORIZATION);
    let attempt = RoomAttempt {
        game: game.as_deref(),
        authorization: authorization.and_then(|value| value.to_str().ok()),
        address,
    };
    let terms = Terms { title, is_private: private, lock };
    Ok(api.lobby.open_room_for(&attempt, options, terms)?)
}

#[delete("/api/rooms/{id}")]
pub(super) async fn close(
    request: HttpRequest,
    api: Data<Api>,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
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
