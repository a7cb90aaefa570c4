//! How many may come in, how fast, and from where, over real sockets.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use reqwest::StatusCode;
use serde_json::json;
use support::{Client, PATIENCE, TestServer, drift};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// Tries to open a WebSocket with a further header; the status when it is refused, and what the body
/// says.
async fn refusal(ws_url: &str, header: Option<(&'static str, &str)>) -> Option<(u16, String)> {
    let mut request = ws_url.into_client_request().unwrap();
    if let Some((name, value)) = header {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    match connect_async(request).await {
        Ok(_) => None,
        Err(Error::Http(response)) => {
            let body = response.body().clone().unwrap_or_default();
            Some((response.status().as_u16(), String::from_utf8(body).unwrap()))
        }
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_address_has_so_many_connections() {
    let flags = ["--limit-loopback", "--max-sessions-per-address=2", "--joins-per-second=100"];
    let server = TestServer::start(&flags);
    let one = server.enter(drift()).await;
    let two = server.enter(drift()).await;
    let joined = server.join(drift()).await;
    let ws_url = joined["ws_url"].as_str().unwrap();
    let (status, body) = refusal(ws_url, None).await.unwrap();
    assert!(status == 429 && body.contains("too_many_connections"), "{status} {body}");
    let cause = "tickwire_upgrades_refused_total{cause=\"too_many_connections\"}";
    assert_eq!(server.metric(cause).await, 1.0);
    two.leave().await;
    server.metric_until("tickwire_sessions", 1.0).await;
    // The refusal has cost the token nothing.
    Client::connect(ws_url).await.leave().await;
    one.leave().await;
}

#[tokio::test]
async fn a_server_has_so_many_connections() {
    let server = TestServer::start(&["--max-sessions=1"]);
    let first = server.enter(drift()).await;
    let joined = server.join(drift()).await;
    let (status, body) = refusal(joined["ws_url"].as_str().unwrap(), None).await.unwrap();
    assert!(status == 503 && body.contains("server_full"), "{status} {body}");
    first.leave().await;
}

#[tokio::test]
async fn an_address_joins_so_often_and_is_told_when_to_come_back() {
    let server = TestServer::start(&["--limit-loopback", "--joins-per-second=1"]);
    for _ in 0..4 {
        server.join(drift()).await;
    }
    let request = reqwest::Client::new()
        .post(server.url("/api/join"))
        .header("content-type", "application/json")
        // Nobody said that the own machine is a proxy.
        .header("x-forwarded-for", "198.51.100.7")
        .body(drift().to_string());
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers()["retry-after"], "1");
    let body = answer.text().await.unwrap();
    assert!(body.contains("too_many_joins"), "{body}");
    assert_eq!(server.metric("tickwire_joins_refused_total{cause=\"too_many_joins\"}").await, 1.0);
}

#[tokio::test]
async fn who_does_not_finish_a_request_is_answered_and_counted() {
    let server = TestServer::start(&["--handshake-timeout=1s"]);
    let head = "POST /api/join HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    // A head that stops, and a body that does.
    for begun in [head.to_owned(), format!("{head}content-length: 1000\r\n\r\n{{")] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(begun.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let read = stream.read_to_string(&mut answer);
        tokio::time::timeout(PATIENCE, read).await.expect("it is closed").unwrap();
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    }
    server.metric_until("tickwire_handshakes_failed_total", 1.0).await;
    assert_eq!(server.metric("tickwire_joins_refused_total{cause=\"timed_out\"}").await, 1.0);
}

#[tokio::test]
async fn an_address_has_so_many_connections_of_http() {
    let server = TestServer::start(&["--limit-loopback", "--max-sessions-per-address=2"]);
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(TcpStream::connect(server.address).await.unwrap());
    }
    // One more is ended without a word, until another is given back.
    let ask = || reqwest::get(server.url("/healthz"));
    let wait = async { while ask().await.is_ok() {} };
    tokio::time::timeout(PATIENCE, wait).await.expect("it is refused");
    held.clear();
    let wait = async { while ask().await.is_err() {} };
    tokio::time::timeout(PATIENCE, wait).await.expect("it is let in again");
}

#[tokio::test]
async fn who_opens_too_many_rooms_is_told_when_to_come_back() {
    let server = TestServer::start(&["--limit-loopback", "--joins-per-second=1"]);
    for _ in 0..4 {
        assert_eq!(
            server.post("/api/rooms", json!({"game": "drift"})).await.0,
            StatusCode::CREATED
        );
    }
    let (status, answer) = server.post("/api/rooms", json!({"game": "drift"})).await;
    assert_eq!(
        (status, &answer["error"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!("too_many_joins"))
    );
    assert_eq!(server.metric("tickwire_rooms_refused_total{cause=\"too_many_joins\"}").await, 1.0);
}

#[tokio::test]
async fn who_comes_back_too_often_is_refused_before_it_is_let_in() {
    let server = TestServer::start(&["--limit-loopback", "--upgrades-per-second=1"]);
    let url = format!("ws://{}/ws?resume=nonsense", server.address);
    for _ in 0..4 {
        assert_eq!(refusal(&url, None).await, None);
    }
    let (status, body) = refusal(&url, None).await.unwrap();
    assert!(status == 429 && body.contains("too_many_upgrades"), "{status} {body}");
}

#[tokio::test]
async fn a_body_that_is_none_is_refused_and_counted() {
    let server = TestServer::start(&[]);
    for (body, status) in [("{".to_owned(), 400), (format!("{:20000}", "{}"), 413)] {
        let request = reqwest::Client::new()
            .post(server.url("/api/join"))
            .header("content-type", "application/json")
            .body(body);
        assert_eq!(request.send().await.unwrap().status().as_u16(), status);
    }
    for cause in ["bad_request", "too_large"] {
        let metric = format!("tickwire_joins_refused_total{{cause=\"{cause}\"}}");
        assert_eq!(server.metric(&metric).await, 1.0, "{cause}");
    }
}

#[tokio::test]
async fn only_pages_of_known_origins_connect() {
    let server = TestServer::start(&["--allow-origin=https://play.example"]);
    let own = format!("http://{}", server.address);
    for origin in [own.as_str(), "https://play.example"] {
        let joined = server.join(drift()).await;
        let ws_url = joined["ws_url"].as_str().unwrap();
        assert_eq!(refusal(ws_url, Some(("origin", origin))).await, None, "{origin}");
    }
    let joined = server.join(drift()).await;
    let ws_url = joined["ws_url"].as_str().unwrap();
    for origin in ["https://evil.example", "null"] {
        let (status, body) = refusal(ws_url, Some(("origin", origin))).await.unwrap();
        assert!(status == 403 && body.contains("origin_not_allowed"), "{origin}: {body}");
    }
    // Who is no page has no origin, and the token is still good.
    Client::connect(ws_url).await.leave().await;
    let strict = TestServer::start(&["--require-origin"]);
    let joined = strict.join(drift()).await;
    let (status, body) = refusal(joined["ws_url"].as_str().unwrap(), None).await.unwrap();
    assert!(status == 403 && body.contains("an Origin header is due"), "{body}");
}

#[tokio::test]
async fn a_trusted_proxy_says_where_clients_connect() {
    let ask = async |server: &TestServer| {
        let request = reqwest::Client::new()
            .post(server.url("/api/join"))
            .header("content-type", "application/json")
            .header("x-forwarded-host", "play.example")
            .header("x-forwarded-proto", "https")
            .body(drift().to_string());
        let answer = request.send().await.unwrap().text().await.unwrap();
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        answer["ws_url"].as_str().unwrap().split("/ws?").next().unwrap().to_owned()
    };
    let behind_proxy = TestServer::start(&["--trusted-proxy=127.0.0.0/8"]);
    assert_eq!(ask(&behind_proxy).await, "wss://play.example");
    let joined = behind_proxy.join(drift()).await;
    let ws_url = joined["ws_url"].as_str().unwrap();
    let mut request = ws_url.into_client_request().unwrap();
    let headers = request.headers_mut();
    headers.insert("origin", "https://play.example".parse().unwrap());
    headers.insert("x-forwarded-host", "play.example".parse().unwrap());
    assert!(connect_async(request).await.is_ok(), "its page is the server's own");
    // Anybody else can say what they like.
    let open = TestServer::start(&[]);
    assert_eq!(ask(&open).await, format!("ws://{}", open.address));
}

#[tokio::test]
async fn pages_of_listed_origins_may_use_the_api() {
    let server = TestServer::start(&["--allow-origin=https://play.example"]);
    let ask = async |origin: &str| {
        let request = reqwest::Client::new()
            .request(reqwest::Method::OPTIONS, server.url("/api/join"))
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type");
        let answer = request.send().await.unwrap();
        let allowed = answer.headers().get("access-control-allow-origin");
        allowed.map(|allowed| allowed.to_str().unwrap().to_owned())
    };
    assert_eq!(ask("https://play.example").await.as_deref(), Some("https://play.example"));
    assert_eq!(ask("https://evil.example").await, None);
    // The server's own page sends an origin with its join, and is answered as before.
    let request = reqwest::Client::new()
        .post(server.url("/api/join"))
        .header("origin", format!("http://{}", server.address))
        .header("content-type", "application/json")
        .body(json!({"name": "own page"}).to_string());
    assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
}
