//! `POST /api/resume`: where a client goes on that has lost its connection. Any node of a cluster knows.

use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, post};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tickwire_protocol::ids::Fence;
use tickwire_protocol::version::Subprotocol;

use super::{Api, ApiError, body, client_address, page_url};
use crate::cluster::{Unavailable, Whereabouts};
use crate::lobby::JoinError;

/// The request's body.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    token: String,
}

/// The answer's body.
#[derive(Serialize)]
struct Answer {
    room: String,
    player: u32,
    /// Where to connect, without a query.
    ws_url: String,
    fence: Fence,
    protocols: [&'static str; Subprotocol::ALL.len()],
}

#[post("/api/resume")]
pub(super) async fn resume(
    request: HttpRequest,
    api: Data<Api>,
    body: Json<Value>,
) -> Result<HttpResponse, ApiError> {
    let answer = find(&api, &request, body).await;
    let answer = answer.inspect_err(|cause| api.metrics.note_refused("/api/join", cause.code()))?;
    Ok(HttpResponse::Ok().json(answer))
}

async fn find(api: &Api, request: &HttpRequest, body: Json<Value>) -> Result<Answer, ApiError> {
    let address = client_address(&api.admission, request.peer_addr(), request.headers());
    api.admission.admit_join(address)?;
    let Body { token } = body::read(body)?;
    let claims = api.lobby.resume_claims(&token).map_err(|cause| ApiError::token(&cause))?;
    let found = match &api.node {
        Some(node) => node.find(claims.room).await.map_err(JoinError::from)?,
        None => api.lobby.find(claims.room).map_or(Whereabouts::Nowhere, Whereabouts::Here),
    };
    let (url, fence) = match found {
        Whereabouts::Here(room) => (page_url(api, request), room.fence),
        Whereabouts::There { url, fence } => (url, fence),
        Whereabouts::Moving => return Err(JoinError::from(Unavailable::Moving).into()),
        Whereabouts::Nowhere => return Err(JoinError::NoSuchRoom(claims.room).into()),
    };
    Ok(Answer {
        room: claims.room.to_string(),
        player: claims.player.0,
        ws_url: format!("{}/ws", url.replacen("http", "ws", 1)),
        fence,
        protocols: Subprotocol::ALL.map(Subprotocol::name),
    })
}
