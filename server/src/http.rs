//! HTTP: joining, listing, health, metrics, the demo, and the upgrade to a WebSocket.

mod demo;
mod error;
mod health;
mod join;
mod rooms;
pub(crate) mod upgrade;

use std::sync::Arc;

use actix_web::web::{self, JsonConfig, QueryConfig, ServiceConfig};

use crate::lobby::Lobby;
use crate::metrics::Metrics;
use crate::session::socket::SocketEnvironment;

pub use error::ApiError;

/// Largest JSON body of a request, in bytes.
const MAX_JSON_BYTES: usize = 16 * 1024;

/// What the handlers work with.
#[derive(Clone)]
pub struct Api {
    /// Rooms and tokens.
    pub lobby: Arc<Lobby>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What connections share.
    pub sockets: SocketEnvironment,
}

/// Adds every route.
pub fn configure(service: &mut ServiceConfig, api: Api) {
    let json = JsonConfig::default()
        .limit(MAX_JSON_BYTES)
        .error_handler(|cause, _| ApiError::bad_request(&cause.to_string()).into());
    let query = QueryConfig::default()
        .error_handler(|cause, _| ApiError::bad_request(&cause.to_string()).into());
    service
        .app_data(web::Data::new(api))
        .app_data(json)
        .app_data(query)
        .service(join::join)
        .service(rooms::list)
        .service(rooms::open)
        .service(upgrade::no_upgrade)
        .service(health::healthz)
        .service(health::readyz)
        .service(health::metrics)
        .service(demo::index)
        .service(demo::sdk)
        .service(demo::page_part)
        .default_service(web::to(error::not_found));
}
