//! The address of those who run the server: `POST` and `DELETE /api/admin/drain`, `POST /api/admin/announce`. Every
//! request shows the token.

use std::sync::Arc;

use actix_web::dev::{Server, Service};
use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{Data, Json};
use actix_web::{App, HttpResponse, HttpServer, delete, post, web};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::{info, warn};

use super::{ApiError, body, error};
use crate::cluster::Node;
use crate::config::AdminConfig;
use crate::lobby::channel::Channel;

/// What the handlers work with.
#[derive(Clone)]
struct Admin {
    node: Option<Arc<Node>>,
    lobby: Arc<Channel>,
}

/// What is to be announced.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Announcement {
    text: String,
}

#[derive(Serialize)]
struct Drained {
    draining: bool,
    /// Rooms that are still here.
    rooms_left: usize,
}

/// Serves it, in a thread of its own.
///
/// # Errors
/// When the address cannot be listened on.
pub fn serve(
    config: &AdminConfig,
    node: Option<Arc<Node>>,
    lobby: Arc<Channel>,
) -> std::io::Result<Server> {
    let (admin, token) = (Admin { node, lobby }, config.token.clone());
    let server = HttpServer::new(move || {
        let token = token.clone();
        App::new()
            .app_data(Data::new(admin.clone()))
            .wrap_fn(move |request, routes| {
                let shown =
                    request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
                let shown =
                    shown.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
                let is_admin = is_same(shown.as_bytes(), token.as_bytes());
                let answer = is_admin.then(|| routes.call(request));
                async move {
                    match answer {
                        Some(answer) => answer.await,
                        None => {
                            warn!("a request without the administrators' token");
                            Err(ApiError::admin_token().into())
                        }
                    }
                }
            })
            .service(drain)
            .service(fill)
            .service(announce)
            .default_service(web::to(error::not_found))
    });
    let server = server.workers(1).disable_signals().bind(config.bind)?;
    for address in server.addrs() {
        info!("administrators are heard at http://{address}");
    }
    Ok(server.run())
}

/// Gives all rooms to other nodes, and takes nothing new; the server goes on.
#[post("/api/admin/drain")]
async fn drain(admin: Data<Admin>) -> Result<HttpResponse, ApiError> {
    let node = admin.node.as_ref().ok_or_else(ApiError::no_cluster)?;
    info!("the rooms are handed over: an administrator wants it");
    let rooms_left = node.hand_over_all().await;
    let status = if rooms_left == 0 { StatusCode::OK } else { StatusCode::CONFLICT };
    Ok(HttpResponse::build(status).json(Drained { draining: true, rooms_left }))
}

/// Takes rooms again.
#[delete("/api/admin/drain")]
async fn fill(admin: Data<Admin>) -> Result<HttpResponse, ApiError> {
    let node = admin.node.as_ref().ok_or_else(ApiError::no_cluster)?;
    node.set_draining(false);
    Ok(HttpResponse::Ok().json(Drained { draining: false, rooms_left: node.rooms_here() }))
}

/// Tells everybody in the lobby something, on all servers.
#[post("/api/admin/announce")]
async fn announce(admin: Data<Admin>, said: Json<Value>) -> Result<HttpResponse, ApiError> {
    let Announcement { text } = body::read(said)?;
    let announced = admin.lobby.announce(&text);
    announced.map_err(|cause| ApiError::bad_request(&cause.to_string()).in_field("text"))?;
    Ok(HttpResponse::NoContent().finish())
}

/// In a time that tells nothing but the lengths.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let differing = one.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b));
    one.len() == other.len() && differing == 0
}
