//! Requests that any node of a cluster is asked, and that another one may have to answer.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use tickwire_cluster::record::RoomText;
use tickwire_protocol::ids::RoomId;

use super::join::{Answer, here};
use super::{Api, ApiError};
use crate::cluster::peers::PeerAnswer;
use crate::cluster::{Forwarded, JOIN, Node, Placement, Unavailable, Whereabouts};
use crate::identity::RoomCode;
use crate::lobby::{JoinError, JoinRequest};

/// Tries to find a seat while another node is about to open a room, and the time between two.
const OPENING_TRIES: u32 = 25;
const OPENING_POLL: Duration = Duration::from_millis(100);

/// What is answered: by this node, or by another one.
pub(super) enum Told<T> {
    /// By this one.
    Own(T),
    /// By another one: passed on as it is.
    Theirs(PeerAnswer),
}

impl<T: Serialize> Told<T> {
    /// As a response; this node's own has this status.
    pub(super) fn into_response(self, status: StatusCode) -> HttpResponse {
        match self {
            Self::Own(answer) => HttpResponse::build(status).json(answer),
            Self::Theirs(PeerAnswer { status, retry_after, body }) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
                let mut response = HttpResponse::build(status);
                response.insert_header((CONTENT_TYPE, "application/json"));
                if let Some(after) = retry_after {
                    response.insert_header((RETRY_AFTER, after));
                }
                response.body(body)
            }
        }
    }
}

/// Which room somebody means.
enum Meant {
    Room(RoomId),
    Any,
    /// One that is found here if at all.
    Local,
}

/// A seat in the room that is meant, wherever that is, or in any.
pub(super) async fn seat(
    api: &Api,
    node: &Arc<Node>,
    page: &str,
    attempt: JoinRequest,
    asked: &Forwarded,
) -> Result<Told<Answer>, ApiError> {
    match meant(api, node, &attempt).await? {
        Meant::Local => here(api, page, attempt).await.map(Told::Own),
        Meant::Any => anywhere(api, node, page, attempt, asked).await,
        Meant::Room(room) => match node.find(room).await.map_err(JoinError::from)? {
            // Who asks for what is not there is told so as ever.
            Whereabouts::Here(_) | Whereabouts::Nowhere => {
                here(api, page, attempt).await.map(Told::Own)
            }
            Whereabouts::There { url, .. } => {
                let answer = node.pass_on(url, JOIN, asked.to_room(RoomText(room))).await;
                Ok(Told::Theirs(answer.map_err(JoinError::from)?))
            }
            Whereabouts::Moving => Err(JoinError::from(Unavailable::Moving).into()),
        },
    }
}

async fn meant(api: &Api, node: &Arc<Node>, attempt: &JoinRequest) -> Result<Meant, ApiError> {
    let pass = &attempt.pass;
    if let Some(room) = attempt.room {
        return Ok(Meant::Room(room));
    }
    if let Some(key) = &pass.host_key {
        return Ok(api.lobby.room_of_host_key(key).map_or(Meant::Local, Meant::Room));
    }
    if let Some(code) = &pass.code {
        let Ok(code) = code.parse::<RoomCode>() else { return Ok(Meant::Local) };
        let room = node.room_of_code(code.to_string()).await;
        // While the store is away those that are here can be joined.
        return Ok(room.unwrap_or_default().map_or(Meant::Local, Meant::Room));
    }
    Ok(if attempt.replay.is_some() { Meant::Local } else { Meant::Any })
}

/// A seat in the fullest room that has one, or in a new one.
async fn anywhere(
    api: &Api,
    node: &Arc<Node>,
    page: &str,
    attempt: JoinRequest,
    asked: &Forwarded,
) -> Result<Told<Answer>, ApiError> {
    let game = attempt.game.clone().unwrap_or_else(|| api.lobby.config().default_game.clone());
    for _ in 0..OPENING_TRIES {
        match in_any_room(api, node, page, &game, &attempt, asked).await {
            Ok(Some(told)) => return Ok(told),
            Ok(None) => {}
            // While the store is away there are those that are here.
            Err(Failed::Store) => return here(api, page, attempt).await.map(Told::Own),
            Err(Failed::Refused(cause)) => return Err(cause),
        }
        if node.begin_opening(&game).await.map_err(JoinError::from)? {
            let told = open_and_join(api, node, page, &game, attempt, asked).await;
            node.end_opening(&game).await;
            return told;
        }
        actix_web::rt::time::sleep(OPENING_POLL).await;
    }
    Err(JoinError::from(Unavailable::Full).into())
}

enum Failed {
    Store,
    Refused(ApiError),
}

impl From<Unavailable> for Failed {
    fn from(cause: Unavailable) -> Self {
        match cause {
            Unavailable::Store => Self::Store,
            other => Self::Refused(JoinError::from(other).into()),
        }
    }
}

async fn in_any_room(
    api: &Api,
    node: &Arc<Node>,
    page: &str,
    game: &str,
    attempt: &JoinRequest,
    asked: &Forwarded,
) -> Result<Option<Told<Answer>>, Failed> {
    for room in node.candidates(game).await? {
        match node.find(room).await? {
            Whereabouts::Here(_) => {
                let attempt = JoinRequest { room: Some(room), ..attempt.clone() };
                match here(api, page, attempt).await {
                    Ok(answer) => return Ok(Some(Told::Own(answer))),
                    Err(cause) if cause.is_of_the_room() => {}
                    Err(cause) => return Err(Failed::Refused(cause)),
                }
            }
            Whereabouts::There { url, .. } => {
                match node.pass_on(url, JOIN, asked.to_room(RoomText(room))).await {
                    // Full, gone, or not for this one: the next may do.
                    Ok(answer) if matches!(answer.status, 403 | 404 | 409 | 500..) => {}
                    Ok(answer) => return Ok(Some(Told::Theirs(answer))),
                    Err(_) => {}
                }
            }
            Whereabouts::Moving => {}
            Whereabouts::Nowhere => node.strike_off(game, room).await,
        }
    }
    Ok(None)
}

async fn open_and_join(
    api: &Api,
    node: &Arc<Node>,
    page: &str,
    game: &str,
    attempt: JoinRequest,
    asked: &Forwarded,
) -> Result<Told<Answer>, ApiError> {
    // Somebody else may have been faster.
    match in_any_room(api, node, page, game, &attempt, asked).await {
        Ok(Some(told)) => return Ok(told),
        Ok(None) | Err(Failed::Store) => {}
        Err(Failed::Refused(cause)) => return Err(cause),
    }
    match node.placement().map_err(JoinError::from)? {
        Placement::Here => here(api, page, attempt).await.map(Told::Own),
        Placement::There(url) => match node.pass_on(url, JOIN, asked.again()).await {
            Ok(answer) if answer.status < 500 => Ok(Told::Theirs(answer)),
            // It has no place after all, or is about to stop.
            _ => here(api, page, attempt).await.map(Told::Own),
        },
    }
}

/// Sends whoever asks about a room to the node that has it; `None` where that is this one, or none.
pub(super) async fn elsewhere(
    api: &Api,
    request: &HttpRequest,
    room: &str,
) -> Result<Option<HttpResponse>, ApiError> {
    let (Some(node), Ok(room)) = (&api.node, room.parse::<RoomId>()) else { return Ok(None) };
    match node.find(room).await.map_err(JoinError::from)? {
        Whereabouts::Here(_) | Whereabouts::Nowhere => Ok(None),
        Whereabouts::Moving => Err(JoinError::from(Unavailable::Moving).into()),
        Whereabouts::There { url, .. } => {
            let path = request.uri().path_and_query().map_or("", |path| path.as_str());
            let mut response = HttpResponse::TemporaryRedirect();
            Ok(Some(response.insert_header((LOCATION, format!("{url}{path}"))).finish()))
        }
    }
}
