//! `GET /api/cluster`: the servers of the cluster.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use serde::Serialize;
use tickwire_cluster::NodeRecord;

use super::{Api, ApiError};

#[derive(Serialize)]
struct Nodes {
    nodes: Vec<Listed>,
}

#[derive(Serialize)]
struct Listed {
    name: String,
    url: String,
    players: u32,
    rooms: u32,
    tick_ms_p99: f64,
    draining: bool,
}

impl From<&NodeRecord> for Listed {
    fn from(node: &NodeRecord) -> Self {
        Self {
            name: node.instance.name.to_string(),
            url: node.url.clone(),
            players: node.players,
            rooms: node.rooms,
            tick_ms_p99: node.tick_ms_p99,
            draining: node.draining,
        }
    }
}

#[get("/api/cluster")]
pub(super) async fn list(api: Data<Api>) -> Result<HttpResponse, ApiError> {
    let node = api.node.as_ref().ok_or_else(ApiError::no_cluster)?;
    let nodes = node.nodes_now().await;
    let mut nodes: Vec<Listed> = nodes.iter().map(Listed::from).collect();
    nodes.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(HttpResponse::Ok().json(Nodes { nodes }))
}
