//! A few servers in one cluster, and what is asked of them over HTTP.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::player::Player;
use crate::redis_process::RedisProcess;
use crate::support::PATIENCE;
use crate::support::process::Process;

/// What all of them have.
pub const KEY: &str = "--auth-key=0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";
/// What those who run them show.
pub const ADMIN: &str = "a token of sixteen and more";
/// How often a test looks whether what it waits for has come.
const POLL: Duration = Duration::from_millis(20);

/// Three servers, a Redis, and nothing else that runs.
pub struct Fleet {
    pub nodes: Vec<Process>,
    pub redis: RedisProcess,
}

/// What was answered.
#[derive(Debug)]
pub struct Told {
    pub status: u16,
    pub retry_after: Option<String>,
    pub location: Option<String>,
    pub body: Value,
}

impl Fleet {
    /// A Redis alone.
    pub fn empty() -> Self {
        Self { nodes: Vec::new(), redis: RedisProcess::start() }
    }

    /// Three nodes with these flags, all of which know each other.
    pub async fn start(flags: &[&str]) -> Self {
        let mut fleet = Self::empty();
        for index in 1..=3 {
            fleet.add(&format!("n{index}"), flags);
        }
        fleet.meet().await;
        fleet
    }

    /// One more.
    pub fn add(&mut self, name: &str, flags: &[&str]) {
        let url = self.redis.url();
        self.nodes.push(node(name, &url, flags));
    }

    /// Waits until each knows all.
    pub async fn meet(&self) {
        self.meet_as(self.nodes.len()).await;
    }

    /// Waits until each knows of so many.
    pub async fn meet_as(&self, count: usize) {
        for node in &self.nodes {
            until("the nodes know each other", async || {
                let told = get(&node.url, "/api/cluster").await;
                told.body["nodes"].as_array().is_some_and(|nodes| nodes.len() == count)
            })
            .await;
        }
    }

    pub fn url(&self, index: usize) -> String {
        self.nodes[index].url.clone()
    }

    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(|node| node.url.clone()).collect()
    }

    /// Which node has this address.
    pub fn index_of(&self, url: &str) -> usize {
        let host = host_of(url);
        self.nodes.iter().position(|node| host_of(&node.url) == host).unwrap()
    }

    /// Opens a room of drift and has somebody come in: the room's node, its id, and the player.
    pub async fn room(&self) -> (usize, String, Player) {
        let opened = post(&self.url(0), "/api/rooms", json!({"game": "drift"})).await;
        assert_eq!(opened.status, 201, "{opened:?}");
        let room = opened.body["room"].as_str().unwrap().to_owned();
        let player = Player::join(&self.url(0), json!({"name": "one", "room": room})).await;
        (self.index_of(&player.ws_url), room, player)
    }

    /// Waits until each of the nodes lists exactly these rooms, each once.
    pub async fn lists(&self, rooms: &[&str]) {
        let mut wanted: Vec<String> = rooms.iter().map(|&room| room.to_owned()).collect();
        wanted.sort();
        for node in &self.nodes {
            until("all rooms are listed once", async || rooms_at(&node.url).await == wanted).await;
        }
    }

    /// A node is gone: killed, and not waited for by anybody.
    pub fn kill(&mut self, index: usize) {
        let mut node = self.nodes.remove(index);
        node.signal("-KILL");
        node.exit_code();
    }
}

impl Drop for Fleet {
    /// What nodes have said helps to see why a test has failed.
    fn drop(&mut self) {
        if std::thread::panicking() {
            for node in &mut self.nodes {
                node.has_logged("");
                eprintln!("{}:\n{}", node.url, node.log.join("\n"));
            }
        }
    }
}

/// A node of the cluster of this Redis.
pub fn node(name: &str, redis: &str, flags: &[&str]) -> Process {
    let (cluster, name) = (format!("--cluster={redis}"), format!("--node-name={name}"));
    let all = ["--workers=1", "--room-threads=1", "--bots=0", KEY, &cluster, &name];
    Process::start(&[&all, flags].concat())
}

/// The rooms that a node lists, in order.
pub async fn rooms_at(url: &str) -> Vec<String> {
    let told = get(url, "/api/rooms").await;
    let rooms = told.body["rooms"].as_array().cloned().unwrap_or_default();
    let mut ids: Vec<_> =
        rooms.iter().map(|room| room["room"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

/// The cluster's nodes as one of them tells of them, by name.
pub async fn nodes_at(url: &str) -> BTreeMap<String, Value> {
    let told = get(url, "/api/cluster").await;
    let nodes = told.body["nodes"].as_array().cloned().unwrap_or_default();
    nodes.into_iter().map(|node| (node["name"].as_str().unwrap().to_owned(), node)).collect()
}

/// A metric's value at a node; 0 when it does not exist yet.
pub async fn metric(url: &str, name: &str) -> f64 {
    let response = ask(Method::GET, url, "/metrics", None, None).await.unwrap();
    let text = response.text().await.unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map_or(0.0, |value| value.parse().unwrap())
}

pub async fn get(url: &str, path: &str) -> Told {
    told(ask(Method::GET, url, path, None, None).await.unwrap()).await
}

pub async fn post(url: &str, path: &str, body: Value) -> Told {
    try_post(url, path, body).await.unwrap()
}

/// The same of a node that may be gone.
pub async fn try_post(url: &str, path: &str, body: Value) -> Option<Told> {
    Some(told(ask(Method::POST, url, path, Some(body), None).await.ok()?).await)
}

/// With a token: `Authorization: Bearer TOKEN`.
pub async fn with_token(
    method: Method,
    url: &str,
    path: &str,
    body: Option<Value>,
    token: &str,
) -> Told {
    told(ask(method, url, path, body, Some(token)).await.unwrap()).await
}

async fn ask(
    method: Method,
    url: &str,
    path: &str,
    body: Option<Value>,
    token: Option<&str>,
) -> Result<Response, reqwest::Error> {
    let http = reqwest::Client::builder().redirect(Policy::none()).timeout(PATIENCE);
    let mut request = http.build().unwrap().request(method, format!("{url}{path}"));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    request.send().await
}

async fn told(response: Response) -> Told {
    let header =
        |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let (retry_after, location) = (header("retry-after"), header("location"));
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Told { status, retry_after, location, body }
}

/// Waits until it is so.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let wait = async {
        let mut polls = tokio::time::interval(POLL);
        while !is_so().await {
            polls.tick().await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, wait).await.is_ok(), "{what}");
}

/// `HOST:PORT` of a URL.
pub fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").unwrap().1;
    rest.split(['/', '?']).next().unwrap()
}
