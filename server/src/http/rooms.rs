//! `GET /api/rooms` and `POST /api/rooms`: listing and opening rooms.

use std::collections::BTreeMap;

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get, post};
use serde::{Deserialize, Serialize};

use super::{Api, ApiError};
use crate::room::board::RoomNumbers;

#[derive(Debug, Serialize)]
struct Listing {
    rooms: Vec<ListedRoom>,
}

#[derive(Debug, Serialize)]
struct ListedRoom {
    room: String,
    game: String,
    capacity: usize,
    tick_rate_hz: u16,
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
    let listed = api.lobby.rooms().into_iter().map(|room| ListedRoom {
        room: room.id.to_string(),
        game: room.game.to_string(),
        capacity: config.room_capacity,
        tick_rate_hz: config.tick_rate_hz,
        numbers: room.board.read(),
    });
    HttpResponse::Ok().json(Listing { rooms: listed.collect() })
}

#[post("/api/rooms")]
pub(super) async fn open(
    api: Data<Api>,
    Json(wanted): Json<Wanted>,
) -> Result<HttpResponse, ApiError> {
    let room = api.lobby.open_room(wanted.game.as_deref(), wanted.options)?;
    let opened = Opened { room: room.id.to_string(), game: room.game.to_string() };
    Ok(HttpResponse::Created().json(opened))
}
