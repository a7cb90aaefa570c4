//! `POST /api/peer/…`: what the nodes of a cluster ask each other. Each request is signed with the key that all of
//! them have; whoever has not signed is not told that there is anything here.

use std::sync::Arc;

use actix_web::web::{self, Bytes, Data, PayloadConfig, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, post};
use serde::de::DeserializeOwned;

use super::{Api, ApiError, join, rooms};
use crate::cluster::peers::SIGNATURE;
use crate::cluster::{Forwarded, Node, handing_over};

/// Largest room that is handed over, in bytes: thousands of players and what their events have come to.
const MAX_ROOM_BYTES: usize = 64 << 20;
/// Largest of all other requests, in bytes: what a client may send, and a little around it.
const MAX_BYTES: usize = 32 * 1024;

pub(super) fn configure(service: &mut ServiceConfig) {
    let large = web::resource(handing_over::ROOMS)
        .app_data(PayloadConfig::new(MAX_ROOM_BYTES))
        .route(web::post().to(take_room));
    service.service(large).service(
        web::scope("/api/peer")
            .app_data(PayloadConfig::new(MAX_BYTES))
            .service(reaches)
            .service(join_here)
            .service(open_here),
    );
}

/// The node, for a peer of it.
fn node_for<'a>(
    api: &'a Api,
    request: &HttpRequest,
    body: &[u8],
) -> Result<&'a Arc<Node>, ApiError> {
    let path = request.uri().path_and_query().map_or("", |path| path.as_str());
    let signature = request.headers().get(SIGNATURE).and_then(|value| value.to_str().ok());
    let node = api
        .node
        .as_ref()
        .filter(|node| signature.is_some_and(|signature| node.is_peer(signature, path, body)));
    node.ok_or_else(|| ApiError::not_found(request.method(), request.path()))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|cause| ApiError::bad_request(&cause.to_string()))
}

#[post("/reaches")]
async fn reaches(
    request: HttpRequest,
    api: Data<Api>,
    body: Bytes,
) -> Result<HttpResponse, ApiError> {
    let node = node_for(&api, &request, &body)?;
    Ok(HttpResponse::Ok().json(node.answer_reaches().await))
}

#[post("/join")]
async fn join_here(
    request: HttpRequest,
    api: Data<Api>,
    body: Bytes,
) -> Result<HttpResponse, ApiError> {
    let node = node_for(&api, &request, &body)?;
    let forwarded: Forwarded = read(&body)?;
    let answer = join::for_peer(&api, node.url(), forwarded).await?;
    Ok(HttpResponse::Ok().json(answer))
}

#[post("/open")]
async fn open_here(
    request: HttpRequest,
    api: Data<Api>,
    body: Bytes,
) -> Result<HttpResponse, ApiError> {
    let node = node_for(&api, &request, &body)?;
    let forwarded: Forwarded = read(&body)?;
    let answer = rooms::for_peer(&api, node.url(), forwarded).await?;
    Ok(HttpResponse::Created().json(answer))
}

async fn take_room(
    request: HttpRequest,
    api: Data<Api>,
    offer: web::Query<handing_over::Offer>,
    body: Bytes,
) -> Result<HttpResponse, ApiError> {
    let node = node_for(&api, &request, &body)?;
    match node.take_in(offer.into_inner(), body).await {
        Ok(accepted) => Ok(HttpResponse::Ok().json(accepted)),
        Err(cause) => Err(ApiError::not_taken(&cause)),
    }
}
