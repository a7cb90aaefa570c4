//! `GET /api/online`: how many are online, on all servers.

use std::collections::BTreeMap;

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use serde::Serialize;

use super::Api;
use crate::lobby::online::{Counts, GameCounts};

#[derive(Debug, Serialize)]
struct Answer {
    players: u32,
    spectators: u32,
    games: BTreeMap<String, GameCounts>,
}

#[get("/api/online")]
pub(super) async fn online(api: Data<Api>) -> HttpResponse {
    let Counts { players, spectators, games, .. } = api.sockets.online.everybody();
    HttpResponse::Ok().json(Answer { players, spectators, games })
}
