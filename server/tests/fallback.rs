//! Sessions without a WebSocket: by a stream of HTTP and by long polling, over real sockets.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use reqwest::StatusCode;
use support::over_http::{Down, HttpClient, Owned, bytes_of, code, parts, post};
use support::{Client, PATIENCE, Received, TestServer, close_code, drift};
use tickwire_protocol::ids::{InputSeq, RequestId, Tick};
use tickwire_protocol::message::{
    ClientMessage, Input, InputValues, Request, RequestKind, ServerMessage, ViewAge,
};
use tickwire_protocol::record::{Head, MAX_BODY_BYTES, Record, SessionKey};

async fn seat(server: &TestServer) -> String {
    server.join(drift()).await["ws_url"].as_str().unwrap().to_owned()
}

fn ping(nonce: u32) -> Vec<u8> {
    bytes_of(&[Record::Message(&ClientMessage::Ping { nonce }.to_bytes())])
}

fn input(seq: u16) -> ClientMessage {
    let values = InputValues::new(&[127, 0]).unwrap();
    ClientMessage::Input(Input {
        seq: InputSeq(seq),
        at: Tick(0),
        view_age: ViewAge::UNTOLD,
        values,
    })
}

/// Plays until an input has taken effect.
async fn play(client: &mut HttpClient) {
    client.frame().await;
    client.send(input(1)).await;
    while client.frame().await.input.is_none() {}
}

#[tokio::test]
async fn a_stream_plays() {
    let server = TestServer::start(&[]);
    let mut client = HttpClient::stream(&seat(&server).await).await;
    play(&mut client).await;
    assert_eq!(server.metric("tickwire_sessions").await, 1.0);
    client.post(&bytes_of(&[Record::Closed { code: 1000, reason: "" }])).await;
    assert_eq!(client.down.close().await.0, 1000);
    assert_eq!(client.down.next().await, None);
    server.metric_until("tickwire_sessions", 0.0).await;
    server.room_until(|room| room["players"] == 0).await;
}

#[tokio::test]
async fn polling_plays() {
    let server = TestServer::start(&[]);
    let mut client = HttpClient::poll(&seat(&server).await).await;
    play(&mut client).await;
    client.post(&bytes_of(&[Record::Closed { code: 1000, reason: "" }])).await;
    assert_eq!(client.down.close().await.0, 1000);
    server.room_until(|room| room["players"] == 0).await;
}

#[tokio::test]
async fn all_transports_meet_in_one_room_and_see_the_same() {
    let server = TestServer::start(&[]);
    let mut socket = server.enter(drift()).await;
    let mut stream = HttpClient::stream(&seat(&server).await).await;
    let mut poll = HttpClient::poll(&seat(&server).await).await;
    assert_eq!(stream.welcome.room, poll.welcome.room);
    play(&mut stream).await;
    play(&mut poll).await;
    // Each part's hash has come by once: whoever differed would have panicked.
    for _ in 0..70 {
        socket.frame().await;
        stream.frame().await;
    }
    for _ in 0..70 {
        poll.frame().await;
    }
    assert_eq!(server.room().await["players"], 3);
}

#[tokio::test]
async fn a_player_goes_from_one_transport_to_the_next() {
    let server = TestServer::start(&[]);
    let mut socket = server.enter(drift()).await;
    let player = socket.welcome.player;
    socket.frame().await;
    let base = format!("ws://{}/ws", server.address);
    let url = format!("{base}?resume={}&event=0", socket.welcome.resume_token);
    let mut stream = HttpClient::stream(&url).await;
    assert_eq!(stream.welcome.player, player);
    assert!(stream.welcome.resumed.is_some());
    assert_eq!(close_code(&mut socket.socket).await, 4409);
    play(&mut stream).await;
    // Dropped without a word.
    let url = stream.resume_url();
    drop(stream);
    server.metric_until("tickwire_sessions", 0.0).await;
    let mut poll = HttpClient::poll(&url).await;
    assert_eq!(poll.welcome.player, player);
    play(&mut poll).await;
    let mut socket = Client::connect(&poll.resume_url()).await;
    assert_eq!(socket.welcome.player, player);
    assert_eq!(poll.down.close().await.0, 4409);
    socket.frame().await;
    assert_eq!(server.room().await["players"], 1);
}

#[tokio::test]
async fn a_stream_that_is_opened_twice_counts_once() {
    let server = TestServer::start(&[]);
    let url = seat(&server).await;
    let mut first = HttpClient::stream(&url).await;
    for mut second in [Down::stream(&url).await, Down::poll(&url).await] {
        let Some(Owned::Closed(code, reason)) = second.next().await else {
            panic!("a token is good once");
        };
        assert_eq!(code, 4001);
        assert!(!reason.is_empty());
        assert_eq!(second.next().await, None);
    }
    play(&mut first).await;
    // The same player elsewhere is what one wants when the first one is dead.
    let mut second = HttpClient::stream(&first.resume_url()).await;
    assert_eq!(first.down.close().await.0, 4409);
    play(&mut second).await;
}

#[tokio::test]
async fn a_batch_counts_once_and_in_its_turn() {
    let server = TestServer::start(&[]);
    let mut client = HttpClient::stream(&seat(&server).await).await;
    client.frame().await;
    let next = client.batch + 1;
    for number in [0, next + 1, u32::MAX] {
        let refused = client.post_as(number, &ping(13)).await;
        assert_eq!((refused.0, &code(&refused)[..]), (StatusCode::CONFLICT, "out_of_order"));
    }
    for _ in 0..3 {
        assert_eq!(client.post_as(next, &ping(7)).await.0, StatusCode::NO_CONTENT);
    }
    client.batch = next;
    client.send(ClientMessage::Ping { nonce: 8 }).await;
    let mut pongs = Vec::new();
    while pongs.last() != Some(&8) {
        if let ServerMessage::Pong { nonce, .. } = client.message().await {
            pongs.push(nonce);
        }
    }
    assert_eq!(pongs, [7, 8]);
}

#[tokio::test]
async fn a_request_is_answered_over_http_too() {
    let server = TestServer::start(&[]);
    let mut client = HttpClient::poll(&seat(&server).await).await;
    let what = RequestKind::Rename { name: "Zoë".to_owned() };
    client.send(ClientMessage::Request(Request { id: RequestId(1), what })).await;
    loop {
        if let ServerMessage::Answer(answer) = client.message().await {
            assert!(answer.outcome.is_ok());
            return;
        }
    }
}

#[tokio::test]
async fn what_is_sent_without_a_session_goes_nowhere() {
    let server = TestServer::start(&[]);
    let nobody = Head { key: SessionKey([1; 16]), number: 1 }.to_bytes().to_vec();
    for path in ["/send", "/poll"] {
        let refused = post(&server.url(path), nobody.clone()).await;
        assert_eq!((refused.0, &code(&refused)[..]), (StatusCode::NOT_FOUND, "no_such_session"));
        let refused = post(&server.url(path), nobody[..19].to_vec()).await;
        assert_eq!((refused.0, &code(&refused)[..]), (StatusCode::BAD_REQUEST, "bad_request"));
        let refused = post(&server.url(path), vec![0; MAX_BODY_BYTES + 1]).await;
        let (status, name) = (StatusCode::PAYLOAD_TOO_LARGE, "too_large");
        assert_eq!((refused.0, &code(&refused)[..]), (status, name));
    }
    // A session whose stream is gone is none any more.
    let client = HttpClient::stream(&seat(&server).await).await;
    let HttpClient { down, base, key, .. } = client;
    drop(down);
    server.metric_until("tickwire_sessions", 0.0).await;
    let gone = [&Head { key, number: 1 }.to_bytes()[..], &ping(1)].concat();
    assert_eq!(post(&format!("{base}/send"), gone).await.0, StatusCode::NOT_FOUND);
    // One without a token is closed, as after an upgrade.
    let (status, answer) = post(&server.url("/poll"), Vec::new()).await;
    assert_eq!(status, StatusCode::OK);
    let (record, _) = Record::read(&answer[4..], 200).unwrap().unwrap();
    assert!(matches!(record, Record::Closed { code: 4001, .. }), "{record:?}");
    let answer = reqwest::get(server.url("/poll")).await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert!(answer.text().await.unwrap().contains("GET /poll is not served here"));
    let (status, _) = server.get("/stream?event=x").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, text) = server.get("/stream?protocol=tickwire.v9").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(text.contains("tickwire.v9") && text.contains("tickwire.v1.1"), "{text}");
}

#[tokio::test]
async fn records_that_are_none_end_the_session_and_disturb_nobody() {
    let server = TestServer::start(&["--max-message-bytes=4096"]);
    let mut witness = server.enter(drift()).await;
    let large = bytes_of(&[Record::Message(&[0; 4097])]);
    let cases: [(&[u8], u16); 7] = [
        (&[0], 4400),
        (&[1, 9], 4400),
        (&[5, 0, 1], 4400),
        (&[2, 3, 0], 4400),
        (&[2, 0, 99], 4400),
        (&bytes_of(&[Record::Opened { key: SessionKey([0; 16]), speaks: "" }]), 4400),
        (&large, 1009),
    ];
    for (records, due) in cases {
        let mut client = HttpClient::stream(&seat(&server).await).await;
        assert_eq!(client.post(records).await.0, StatusCode::NO_CONTENT);
        assert_eq!(client.down.close().await.0, due, "{:?}", &records[..records.len().min(4)]);
        assert_eq!(client.post(&ping(1)).await.0, StatusCode::NOT_FOUND);
        let mut client = HttpClient::poll(&seat(&server).await).await;
        client.post(records).await;
        assert_eq!(client.down.close().await.0, due);
        assert_eq!(client.post(&ping(1)).await.0, StatusCode::NOT_FOUND);
    }
    for _ in 0..10 {
        witness.frame().await;
    }
}

#[tokio::test]
async fn a_flood_meets_the_limits_of_any_session() {
    let server = TestServer::start(&["--messages-per-second=20"]);
    let mut client = HttpClient::stream(&seat(&server).await).await;
    let flood: Vec<u8> = (0..60).flat_map(ping).collect();
    client.post(&flood).await;
    assert_eq!(client.down.close().await.0, 4429);
    // Empty batches are no way around it.
    let mut client = HttpClient::poll(&seat(&server).await).await;
    while client.post(&[]).await.0 == StatusCode::NO_CONTENT {}
    assert_eq!(client.down.close().await.0, 4429);
    // Nor are those that have been taken already, or are not due.
    for beside in [0, 2] {
        let mut client = HttpClient::poll(&seat(&server).await).await;
        client.post(&ping(1)).await;
        let number = client.batch + beside;
        for _ in 0..100 {
            client.post_as(number, &ping(1)).await;
        }
        assert_eq!(client.down.close().await.0, 4429);
    }
}

#[tokio::test]
async fn what_is_not_taken_does_not_pile_up() {
    let flags = ["--messages-per-second=1000000", "--bytes-per-second=100000000"];
    let server = TestServer::start(&flags);
    let mut client = HttpClient::poll(&seat(&server).await).await;
    // Each has an answer, and nobody comes for them.
    let pings: Vec<u8> = (0..4_000).flat_map(ping).collect();
    // Well within what this server lets a client say.
    let mut pace = tokio::time::interval(std::time::Duration::from_millis(20));
    let flood = async {
        while client.post(&pings).await.0 == StatusCode::NO_CONTENT {
            pace.tick().await;
        }
    };
    // Long before the room misses its acknowledgements.
    tokio::time::timeout(std::time::Duration::from_secs(8), flood).await.expect("it is cut off");
    assert_eq!(client.down.close().await.0, 4410);
}

#[tokio::test]
async fn polls_are_answered_once_more_and_one_at_a_time() {
    let server = TestServer::start(&[]);
    let url = seat(&server).await;
    let mut client = HttpClient::poll(&url).await;
    let (base, _) = parts(&url);
    let poll = |number| {
        let body = Head { key: client.key, number }.to_bytes().to_vec();
        let url = format!("{base}/poll");
        async move { post(&url, body).await }
    };
    let mut after = 1;
    let second = poll(after).await;
    assert_eq!(second.0, StatusCode::OK);
    // It was lost on its way.
    assert_eq!(poll(after).await, second);
    for number in [0, 7, u32::MAX] {
        let refused = poll(number).await;
        assert_eq!((refused.0, &code(&refused)[..]), (StatusCode::BAD_REQUEST, "bad_request"));
    }
    // Without acknowledgements nothing comes any more at some time, and a poll waits.
    let superseded = loop {
        after += 1;
        let mut waiting = tokio::spawn(poll(after));
        let soon = tokio::time::timeout(std::time::Duration::from_secs(1), &mut waiting).await;
        if soon.is_err() {
            break waiting;
        }
    };
    let newer = tokio::spawn(poll(after));
    let refused = superseded.await.unwrap();
    assert_eq!((refused.0, &code(&refused)[..]), (StatusCode::CONFLICT, "superseded"));
    client.send(ClientMessage::Ping { nonce: 7 }).await;
    assert_eq!(newer.await.unwrap().0, StatusCode::OK);
}

#[tokio::test]
async fn silence_and_state_that_is_not_taken_end_a_session() {
    let flags = ["--heartbeat-interval=200ms", "--heartbeat-timeout=1s", "--resume-window=0s"];
    let server = TestServer::start(&flags);
    let mut witness = server.enter(drift()).await;
    let witness = tokio::spawn(async move {
        loop {
            witness.frame().await;
        }
    });
    // Reads, and says nothing.
    let mut silent = HttpClient::stream(&seat(&server).await).await;
    assert_eq!(silent.down.close().await.0, 4408);
    // Is there, and does not acknowledge.
    let mut slow = HttpClient::stream(&seat(&server).await).await;
    let code = loop {
        match slow.down.next().await {
            Some(Owned::Closed(code, _)) => break code,
            Some(Owned::Ping) => assert_eq!(slow.post(&[]).await.0, StatusCode::NO_CONTENT),
            Some(_) => {}
            None => break 1006,
        }
    };
    assert_eq!(code, 4410);
    // A poll that nobody comes back from.
    let poll = HttpClient::poll(&seat(&server).await).await;
    drop(poll);
    server.room_until(|room| room["players"] == 1).await;
    server.metric_until("tickwire_sessions", 1.0).await;
    // A stream that is not read at all: it is told, even if it does not hear it.
    let mut deaf = HttpClient::stream(&seat(&server).await).await;
    deaf.frame().await;
    server.room_until(|room| room["players"] == 1).await;
    assert!(!witness.is_finished(), "nobody else is disturbed");
    witness.abort();
}

#[tokio::test]
async fn limits_and_origins_are_those_of_any_session() {
    let server = TestServer::start(&["--limit-loopback", "--max-sessions-per-address=2"]);
    let urls = [seat(&server).await, seat(&server).await, seat(&server).await];
    let _first = HttpClient::stream(&urls[0]).await;
    let mut second = HttpClient::poll(&urls[1]).await;
    let (base, query) = parts(&urls[2]);
    let (status, text) = server.get(&format!("/stream?{query}")).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "{text}");
    let refused = post(&format!("{base}/poll?{query}"), Vec::new()).await;
    assert_eq!(code(&refused), "too_many_connections");
    second.post(&bytes_of(&[Record::Closed { code: 1000, reason: "" }])).await;
    second.down.close().await;
    let foreign = reqwest::Client::new()
        .get(server.url(&format!("/stream?{query}")))
        .header("origin", "https://elsewhere.example")
        .send();
    assert_eq!(foreign.await.unwrap().status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_server_that_stops_says_so() {
    let mut server = TestServer::start(&["--drain-notice=0s"]);
    let mut stream = HttpClient::stream(&seat(&server).await).await;
    let mut poll = HttpClient::poll(&seat(&server).await).await;
    stream.frame().await;
    poll.frame().await;
    server.begin_shutdown();
    let told = async {
        while !matches!(stream.next().await, Received::Message(ServerMessage::Restarting { .. })) {}
    };
    tokio::time::timeout(PATIENCE, told).await.unwrap();
    assert_eq!(stream.down.close().await.0, 1012);
    // Whether or not one waited just then.
    assert_eq!(poll.down.close().await.0, 1012);
}

#[tokio::test]
async fn a_browser_of_a_known_origin_may_use_them() {
    let server = TestServer::start(&["--allow-origin=https://game.example"]);
    let answer = reqwest::Client::new()
        .post(server.url("/send"))
        .header("origin", "https://game.example")
        .body(vec![0; 20])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["access-control-allow-origin"], "https://game.example");
}
