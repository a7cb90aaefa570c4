//! `GET /api/rooms`: the rooms that anybody may see, a page at a time.

use std::collections::BTreeMap;

use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, get};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tickwire_cluster::RoomRecord;
use tickwire_protocol::ids::RoomId;

use super::{Api, ApiError};
use crate::room::board::RoomNumbers;
use crate::room::{RoomHandle, Shows};

/// Rooms of a page where none says how many.
const DEFAULT_LIMIT: usize = 100;
/// Most rooms of a page.
const MAX_LIMIT: usize = 200;
/// Longest text that is looked for, in characters.
const MAX_TEXT_CHARS: usize = 64;

#[derive(Debug, Serialize)]
struct Listing {
    /// Whether recordings are served beside them.
    replays: bool,
    rooms: Vec<ListedRoom>,
    /// What the next page is asked for with, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Debug, Serialize)]
struct ListedRoom {
    room: String,
    game: String,
    /// What whoever opened it called it.
    name: Option<String>,
    has_password: bool,
    capacity: usize,
    tick_rate_hz: u16,
    /// The recording that it shows; nothing for a match.
    #[serde(skip_serializing_if = "Option::is_none")]
    replay: Option<String>,
    /// Among the numbers, too.
    #[serde(skip)]
    free_seats: u32,
    #[serde(flatten)]
    numbers: Numbers,
}

/// A room's numbers: of one that is here, or as another node has noted them.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Numbers {
    Own(RoomNumbers),
    Theirs(Map<String, Value>),
}

/// What is asked for, as it was written.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    game: Option<String>,
    free: Option<String>,
    q: Option<String>,
    limit: Option<String>,
    after: Option<String>,
}

/// What is asked for.
struct Wish {
    game: Option<String>,
    is_free: bool,
    /// In lower case.
    text: Option<String>,
    limit: usize,
    after: Option<RoomId>,
}

#[get("/api/rooms")]
pub(super) async fn list(
    api: Data<Api>,
    Query(asked): Query<Asked>,
) -> Result<HttpResponse, ApiError> {
    let wish = asked.read()?;
    let own = api.lobby.rooms().into_iter().filter(is_listed).map(|room| listed(&api, &room));
    let mut rooms: BTreeMap<RoomId, ListedRoom> = own.collect();
    if let Some(node) = &api.node {
        // While the store is away there are those that are here.
        let others = node.rooms_elsewhere().await;
        for record in others.iter().flat_map(|rooms| rooms.iter()).filter(|room| !room.is_private) {
            // One that has just come here is here.
            rooms.entry(record.room.0).or_insert_with(|| record.clone().into());
        }
    }
    rooms.retain(|id, room| wish.has(*id, room));
    let next = rooms.keys().nth(wish.limit).and(rooms.keys().nth(wish.limit - 1));
    let next = next.map(RoomId::to_string);
    let rooms = rooms.into_values().take(wish.limit).collect();
    let replays = api.lobby.recordings().is_some();
    Ok(HttpResponse::Ok().json(Listing { replays, rooms, next }))
}

/// Whether anybody may see that a room is there.
fn is_listed(room: &RoomHandle) -> bool {
    !matches!(room.shows, Shows::Delayed { .. }) && !room.door.is_private()
}

fn listed(api: &Api, room: &RoomHandle) -> (RoomId, ListedRoom) {
    let (config, numbers) = (api.lobby.config(), room.board.read());
    let listed = ListedRoom {
        room: room.id.to_string(),
        game: room.game.to_string(),
        name: room.door.title().map(str::to_owned),
        has_password: room.door.lock().is_some(),
        capacity: config.room_capacity,
        tick_rate_hz: config.tick_rate_hz,
        replay: room.shows.recording().map(str::to_owned),
        free_seats: numbers.free_seats,
        numbers: Numbers::Own(numbers),
    };
    (room.id, listed)
}

impl From<RoomRecord> for ListedRoom {
    fn from(record: RoomRecord) -> Self {
        Self {
            room: record.room.0.to_string(),
            game: record.game,
            name: record.name,
            has_password: record.has_password,
            capacity: record.capacity as usize,
            tick_rate_hz: record.tick_rate_hz,
            replay: None,
            free_seats: record.free_seats,
            numbers: Numbers::Theirs(record.numbers),
        }
    }
}

impl Asked {
    fn read(self) -> Result<Wish, ApiError> {
        let wrong = |field: &str, due: &str| {
            ApiError::bad_request(&format!("{field}: {due}")).in_field(field)
        };
        let is_free = match self.free.as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(wrong("free", "true or false is due")),
        };
        let limit = match self.limit {
            None => DEFAULT_LIMIT,
            Some(limit) => {
                let limit = limit.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
                limit.ok_or_else(|| wrong("limit", "a number from 1 to 200 is due"))?
            }
        };
        let after = self.after.map(|after| after.parse()).transpose();
        let after =
            after.map_err(|_| wrong("after", "what the page before had as `next` is due"))?;
        if self.q.as_ref().is_some_and(|text| text.chars().count() > MAX_TEXT_CHARS) {
            return Err(wrong("q", "at most 64 characters are due"));
        }
        let text = self.q.map(|text| text.trim().to_lowercase());
        Ok(Wish { game: self.game, is_free, text, limit, after })
    }
}

impl Wish {
    fn has(&self, id: RoomId, room: &ListedRoom) -> bool {
        self.after.is_none_or(|after| id > after)
            && self.game.as_deref().is_none_or(|game| room.game == game)
            && (!self.is_free || room.free_seats > 0)
            && self.text.as_deref().is_none_or(|text| names(room, text))
    }
}

/// Whether a room is called so: by its name or its id.
fn names(room: &ListedRoom, text: &str) -> bool {
    let has_title = room.name.as_ref().is_some_and(|title| title.to_lowercase().contains(text));
    has_title || room.room.contains(text)
}
