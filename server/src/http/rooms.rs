//! `GET /api/rooms` and `POST /api/rooms`: listing and opening rooms.

use std::collections::BTreeMap;

use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, get, post};
use serde::{Deserialize, Serialize};
use tracing::info;

use super::{Api, ApiError, client_address};
use crate::identity::RoomAttempt;
use crate::room::board::RoomNumbers;
use crate::room::{RoomHandle, Shows};

#[derive(Debug, Serialize)]
struct Listing {
    /// Whether recordings are served beside them.
    replays: bool,
    rooms: Vec<ListedRoom>,
}

#[derive(Debug, Serialize)]
struct ListedRoom {
    room: String,
    game: String,
    capacity: usize,
    tick_rate_hz: u16,
    /// The recording that it shows; nothing for a match.
    #[serde(skip_serializing_if = "Option::is_none")]
    replay: Option<String>,
    #[serde(flatten)]
    numbers: RoomNumbers,
}

/// What to open.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    game: Option<String>,
    options: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
struct Opened {
    room: String,
    game: String,
}

#[get("/api/rooms")]
pub(super) async fn list(api: Data<Api>) -> HttpResponse {
    let config = api.lobby.config();
    let is_listed = |room: &RoomHandle| !matches!(room.shows, Shows::Delayed { .. });
    let listed = api.lobby.rooms().into_iter().filter(is_listed).map(|room| ListedRoom {
        room: room.id.to_string(),
        game: room.game.to_string(),
        capacity: config.room_capacity,
        tick_rate_hz: config.tick_rate_hz,
        replay: room.shows.recording().map(str::to_owned),
        numbers: room.board.read(),
    });
    let replays = api.lobby.recordings().is_some();
    HttpResponse::Ok().json(Listing { replays, rooms: listed.collect() })
}

#[post("/api/rooms")]
pub(super) async fn open(
    request: HttpRequest,
    api: Data<Api>,
    Json(wanted): Json<Wanted>,
) -> Result<HttpResponse, ApiError> {
    let room = try_open(&api, &request, wanted).inspect_err(|cause| {
        info!(cause = cause.code(), message = %cause, "room refused");
        api.metrics.note_refused(request.path(), cause.code());
    })?;
    let opened = Opened { room: room.id.to_string(), game: room.game.to_string() };
    Ok(HttpResponse::Created().json(opened))
}

fn try_open(api: &Api, request: &HttpRequest, wanted: Wanted) -> Result<RoomHandle, ApiError> {
    let address = client_address(&api.admission, request.peer_addr(), request.headers());
    api.admission.admit_join(address)?;
    let authorization = request.headers().get(AUTHORIZATION);
    let attempt = RoomAttempt {
        game: wanted.game.as_deref(),
        authorization: authorization.and_then(|value| value.to_str().ok()),
        address,
    };
    Ok(api.lobby.open_room_for(&attempt, wanted.options)?)
}
