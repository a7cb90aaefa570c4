//! `POST /api/join`: a seat, and the token to take it with.

use std::net::IpAddr;

use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, post};
use serde::{Deserialize, Serialize};
use tickwire_protocol::ids::{ParseRoomIdError, RoomId};
use tickwire_protocol::message::Role;
use tracing::info;

use super::{Api, ApiError, client_address, requested_host};
use crate::lobby::{JoinRequest, Joined};

/// Most characters of a name.
const MAX_NAME_CHARS: usize = 24;
/// The name of somebody who gives none.
const DEFAULT_NAME: &str = "Player";

/// The request's body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(default)]
    name: String,
    room: Option<String>,
    game: Option<String>,
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
}

#[post("/api/join")]
pub(super) async fn join(
    request: HttpRequest,
    api: Data<Api>,
    Json(body): Json<Body>,
) -> Result<HttpResponse, ApiError> {
    let address = client_address(&api.admission, request.peer_addr(), request.headers());
    let joined = seat(&api, &request, address, body).await.inspect_err(|cause| {
        info!(cause = cause.code(), message = %cause, "join refused");
        api.metrics.note_refused(request.path(), cause.code());
    })?;
    let Joined { token, room, player } = joined;
    let ws_url = socket_url(&api, &request, &token);
    let answer = Answer { token, room: room.to_string(), player: player.0, ws_url };
    Ok(HttpResponse::Ok().json(answer))
}

async fn seat(
    api: &Api,
    request: &HttpRequest,
    address: Option<IpAddr>,
    body: Body,
) -> Result<Joined, ApiError> {
    api.admission.admit_join(address)?;
    if body.send_hz == Some(0) {
        return Err(ApiError::bad_request("send_hz: at least 1 is due"));
    }
    let room: Option<Result<RoomId, ParseRoomIdError>> = body.room.map(|room| room.parse());
    let room =
        room.transpose().map_err(|cause| ApiError::bad_request(&format!("room: {cause}")))?;
    let role = if body.spectate { Role::Spectator } else { Role::Player };
    let authorization = request.headers().get(AUTHORIZATION);
    let attempt = JoinRequest {
        room,
        game: body.game,
        name: display_name(&body.name),
        role,
        send_hz: body.send_hz,
        authorization: authorization.and_then(|value| Some(value.to_str().ok()?.to_owned())),
        address,
    };
    Ok(api.lobby.join(attempt).await?)
}

/// Where the client connects to: what `--public-url` says, else the host that it asked.
fn socket_url(api: &Api, request: &HttpRequest, token: &str) -> String {
    let base = match &api.lobby.config().public_url {
        Some(url) => url.replacen("http", "ws", 1),
        None => {
            let (host, is_secure) =
                requested_host(&api.admission, request.peer_addr(), request.headers());
            let scheme = if is_secure { "wss" } else { "ws" };
            format!("{scheme}://{}", host.unwrap_or_else(|| request.app_config().host()))
        }
    };
    format!("{base}/ws?token={token}")
}

/// A name as others will see it: without control characters and without those that change the
/// direction of text, runs of white space as one blank, and cut to its limit.
fn display_name(name: &str) -> String {
    let is_shown = |&letter: &char| {
        let turns_text = matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        !turns_text && (!letter.is_control() || letter.is_whitespace())
    };
    let shown: String = name.chars().filter(is_shown).collect();
    let words: Vec<_> = shown.split_whitespace().collect();
    let cut: String = words.join(" ").chars().take(MAX_NAME_CHARS).collect();
    match cut.trim_end() {
        "" => DEFAULT_NAME.to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_fit_to_be_seen() {
        for (given, shown) in [
            ("Ada", "Ada"),
            ("  Ada \n\t Lovelace ", "Ada Lovelace"),
            ("", "Player"),
            ("\u{202e}\u{0000}", "Player"),
            ("a\u{202e}b\u{2066}c", "abc"),
            ("<b>x</b>", "<b>x</b>"),
            ("0123456789012345678901 345", "0123456789012345678901 3"),
        ] {
            assert_eq!(display_name(given), shown);
        }
        assert_eq!(display_name(&"é".repeat(10_000)).chars().count(), MAX_NAME_CHARS);
    }
}
