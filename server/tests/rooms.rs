//! Rooms on purpose, over real sockets: options by name, lists by pages, codes, passwords, and who guesses.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use serde_json::{Value, json};
use support::{Client, TestServer, drift};

/// Flags with which requests come from whatever address they say.
const FROM_ANYWHERE: [&str; 2] = ["--trusted-proxy=127.0.0.1", "--joins-per-second=100000"];

/// A room that was opened.
async fn open(server: &TestServer, body: Value) -> Value {
    let (status, opened) = server.post("/api/rooms", body).await;
    assert_eq!(status, 201, "{opened}");
    opened
}

/// Joins from an address; the status, the answer, and when to come back.
async fn join_from(server: &TestServer, address: &str, body: Value) -> (u16, Value, Option<u64>) {
    let request = reqwest::Client::new()
        .post(server.url("/api/join"))
        .header("content-type", "application/json")
        .header("x-forwarded-for", address)
        .body(body.to_string());
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let after = answer.headers().get("retry-after");
    let after = after.map(|after| after.to_str().unwrap().parse().unwrap());
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap(), after)
}

async fn listed(server: &TestServer, query: &str) -> Value {
    let (status, listing) = server.get(&format!("/api/rooms{query}")).await;
    assert_eq!(status, 200, "{listing}");
    serde_json::from_str(&listing).unwrap()
}

fn names(listing: &Value) -> Vec<&str> {
    let rooms = listing["rooms"].as_array().unwrap();
    rooms.iter().map(|room| room["name"].as_str().unwrap_or_default()).collect()
}

#[tokio::test]
async fn what_is_wrong_with_a_room_that_is_wanted_is_named_by_its_field() {
    let server = TestServer::start(&[]);
    for (body, error, field) in [
        (json!({"game": "drift", "options": {"world": "tiny"}}), "bad_option", "options.world"),
        (json!({"game": "drift", "options": {"wind": "1"}}), "bad_option", "options.wind"),
        (json!({"options": {"world": 8}}), "bad_request", "options.world"),
        (json!({"options": 8}), "bad_request", "options"),
        (json!({"private": "yes"}), "bad_request", "private"),
        (json!({"password": ""}), "bad_request", "password"),
        (json!({"password": "x".repeat(65)}), "bad_request", "password"),
        (json!({"name": ["x"]}), "bad_request", "name"),
        (json!({"colour": "red"}), "bad_request", "colour"),
    ] {
        let (status, answer) = server.post("/api/rooms", body.clone()).await;
        assert_eq!((status.as_u16(), &answer["error"]), (400, &json!(error)), "{body} {answer}");
        assert_eq!(answer["field"], field, "{body} {answer}");
    }
    for body in [json!([]), json!(null), json!("private")] {
        let (status, answer) = server.post("/api/rooms", body.clone()).await;
        assert_eq!((status.as_u16(), &answer["error"]), (400, &json!("bad_request")), "{body}");
    }
    let (status, answer) = server.post("/api/join", json!({"code": 7})).await;
    assert_eq!((status.as_u16(), &answer["field"]), (400, &json!("code")));
    assert_eq!(listed(&server, "").await["rooms"], json!([]), "none was opened");
}

#[tokio::test]
async fn lists_are_told_by_pages_and_hold_what_is_looked_for() {
    let server = TestServer::start(&["--room-capacity=1"]);
    for name in ["Alpha", "beta", "Gamma ray", "  alp\u{202e}ine  "] {
        open(&server, json!({"game": "drift", "name": name})).await;
    }
    open(&server, json!({"game": "arena", "name": "Arena", "password": "x"})).await;
    let all = listed(&server, "").await;
    assert_eq!((names(&all).len(), &all["next"]), (5, &Value::Null));
    let ids: Vec<_> = all["rooms"].as_array().unwrap().iter().map(|room| &room["room"]).collect();
    let mut pages = Vec::new();
    let mut page = listed(&server, "?limit=2").await;
    loop {
        pages.extend(page["rooms"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        page = listed(&server, &format!("?limit=2&after={next}")).await;
    }
    assert_eq!(pages.iter().map(|room| &room["room"]).collect::<Vec<_>>(), ids);
    let mut found = names(&listed(&server, "?q=ALP").await).join(",");
    assert!(["Alpha,alpine", "alpine,Alpha"].contains(&&found[..]), "{found}");
    found = names(&listed(&server, "?game=arena").await).join(",");
    assert_eq!(found, "Arena");
    let id = ids[0].as_str().unwrap();
    assert_eq!(names(&listed(&server, &format!("?q={id}")).await).len(), 1);
    let arena = listed(&server, "?game=arena").await["rooms"][0].clone();
    assert_eq!(arena["has_password"], true);
    let taken = server.enter(json!({"room": id, "password": "x"})).await;
    assert_eq!(names(&listed(&server, "?free=true").await).len(), 4);
    assert_eq!(names(&listed(&server, "?free=false").await).len(), 5);
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=-1", "limit"),
        ("free=yes", "free"),
        ("after=nonsense", "after"),
        (&format!("q={}", "x".repeat(65)), "q"),
    ] {
        let (status, answer) = server.get(&format!("/api/rooms?{query}")).await;
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!((status.as_u16(), &answer["field"]), (400, &json!(field)), "{query} {answer}");
    }
    taken.leave().await;
}

#[tokio::test]
async fn a_private_room_is_there_for_those_alone_who_have_its_code() {
    let server = TestServer::start(&["--public-url=https://play.example"]);
    let wanted = json!({"game": "drift", "private": true, "name": "Ada's"});
    let opened = open(&server, wanted).await;
    let code = opened["code"].as_str().unwrap();
    assert_eq!(opened["url"], format!("https://play.example/?code={code}"));
    assert_eq!(listed(&server, "").await["rooms"], json!([]));
    let (status, answer) = server.post("/api/join", json!({"room": opened["room"]})).await;
    assert_eq!((status.as_u16(), &answer["error"]), (404, &json!("no_such_room")));
    // Another one is opened for whoever does not mind.
    assert_ne!(server.join(drift()).await["room"], opened["room"]);
    let typed = format!(" {} ", code.to_uppercase().replace('-', " "));
    for code in [code, &typed] {
        let joined = server.join(json!({"code": code})).await;
        assert_eq!(joined["room"], opened["room"]);
    }
    let by_key = server.join(json!({"host_key": opened["host_key"]})).await;
    assert_eq!(by_key["room"], opened["room"]);
    let elsewhere = json!({"code": code, "room": "0123456789"});
    assert_eq!(server.post("/api/join", elsewhere).await.0, 404);
    // A public one has a link as well, and no code.
    let public = open(&server, json!({"game": "drift"})).await;
    let id = public["room"].as_str().unwrap();
    assert_eq!(public["url"], format!("https://play.example/?room={id}"));
    assert_eq!(public["code"], Value::Null);
}

#[tokio::test]
async fn who_is_in_a_private_room_comes_back_without_its_code() {
    let server = TestServer::start(&[]);
    let opened = open(&server, json!({"game": "drift", "private": true, "password": "x"})).await;
    let body = json!({"code": opened["code"], "password": "x"});
    let Client { socket, welcome, .. } = server.enter(body).await;
    drop(socket);
    let url = format!("ws://{}/ws?resume={}&event=0", server.address, welcome.resume_token);
    let back = Client::connect(&url).await;
    assert_eq!(back.welcome.player, welcome.player);
    back.leave().await;
}

#[tokio::test]
async fn a_password_is_asked_for_and_looked_at() {
    let server = TestServer::start(&[]);
    let opened = open(&server, json!({"game": "drift", "password": "Zoë"})).await;
    let join = |password: Option<&str>| {
        let body = json!({"room": opened["room"], "password": password});
        server.post("/api/join", body)
    };
    for (password, status, error) in [
        (None, 401, "password_required"),
        (Some("zoë"), 403, "wrong_password"),
        (Some(""), 403, "wrong_password"),
    ] {
        let (got, answer) = join(password).await;
        assert_eq!((got.as_u16(), &answer["error"]), (status, &json!(error)));
    }
    assert_eq!(join(Some("Zoë")).await.0, 200);
    assert_ne!(server.join(drift()).await["room"], opened["room"], "nobody is sent to it");
    // A room that has none takes any.
    let public = open(&server, json!({"game": "drift"})).await;
    server.join(json!({"room": public["room"], "password": "any"})).await;
}

#[tokio::test]
async fn a_code_guessed_a_thousand_times_is_not_found_and_disturbs_nobody() {
    let server = TestServer::start(&FROM_ANYWHERE);
    let opened = open(&server, json!({"game": "drift", "private": true})).await;
    let code = opened["code"].as_str().unwrap();
    let (thief, friend) = ("192.0.2.1", "192.0.2.2");
    let mut looked_at = 0;
    for guess in 0..1000 {
        let guess = format!("{guess:08}");
        let (status, answer, after) = join_from(&server, thief, json!({"code": guess})).await;
        if status == 404 {
            assert_eq!(answer["error"], "no_such_room");
            looked_at += 1;
        } else {
            assert_eq!((status, &answer["error"]), (429, &json!("too_many_guesses")), "{guess}");
            assert!((1..=60).contains(&after.unwrap()), "{after:?}");
        }
    }
    // Ten of a minute, and should the test take that long ten of the next.
    assert!((10..=100).contains(&looked_at), "{looked_at}");
    let (status, _, _) = join_from(&server, thief, json!({"code": code})).await;
    assert_eq!(status, 429, "not even the right one");
    let (status, joined, _) = join_from(&server, friend, json!({"code": code})).await;
    assert_eq!((status, &joined["room"]), (200, &opened["room"]));
    let (status, _, _) = join_from(&server, thief, drift()).await;
    assert_eq!(status, 200, "what is no guess goes on");
}

#[tokio::test]
async fn passwords_and_keys_are_guesses_as_well_also_of_the_own_machine() {
    let server = TestServer::start(&["--guesses-per-minute=3"]);
    let opened = open(&server, json!({"game": "drift", "password": "x"})).await;
    let room = &opened["room"];
    for (body, status) in [
        (json!({"room": room, "password": "y"}), 403),
        (json!({"room": room, "host_key": "nonsense"}), 403),
        (json!({"room": room}), 401),
        (json!({"code": "nonsense"}), 404),
        (json!({"room": room, "password": "x"}), 429),
    ] {
        assert_eq!(server.post("/api/join", body.clone()).await.0, status, "{body}");
    }
}

#[tokio::test]
async fn a_room_with_nothing_for_a_name_has_none() {
    let server = TestServer::start(&[]);
    let room = open(&server, json!({"game": "drift", "name": " \t"})).await;
    let listing = listed(&server, "").await;
    assert_eq!(listing["rooms"][0]["room"], room["room"]);
    assert_eq!(listing["rooms"][0]["name"], Value::Null);
}
