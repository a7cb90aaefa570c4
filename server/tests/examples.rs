//! The examples that are applications of their own, as processes: played over real sockets, in text, and
//! each with its page.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Once;

use serde_json::{Value, json};
use support::text::TextClient;
use support::{Client, open};
use tickwire_protocol::message::Event;

/// An example that runs. Killed when dropped.
struct Example {
    child: Child,
    url: String,
}

impl Example {
    fn start(name: &str) -> Self {
        static BUILT: Once = Once::new();
        // Beside this test, which cargo builds without them when it is asked for by name.
        let test = std::env::current_exe().unwrap();
        let profile = test.ancestors().nth(2).unwrap();
        BUILT.call_once(|| {
            let mut build = Command::new(env!("CARGO"));
            build.args(["build", "--quiet", "--package=tickwire-server", "--examples"]);
            if profile.ends_with("release") {
                build.arg("--release");
            }
            build.arg("--target-dir").arg(profile.parent().unwrap());
            assert!(build.status().unwrap().success());
        });
        let mut command = Command::new(profile.join("examples").join(name));
        command.args(["--bind=127.0.0.1:0", "--resume-window=0s"]).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.split_whitespace().last().unwrap().to_owned();
        Self { child, url }
    }

    async fn ws_url(&self, name: &str) -> String {
        let http = reqwest::Client::new().post(format!("{}/api/join", self.url));
        let body = json!({ "name": name }).to_string();
        let http = http.header("content-type", "application/json").body(body);
        let joined = http.send().await.unwrap().text().await.unwrap();
        let joined: Value = serde_json::from_str(&joined).unwrap();
        joined["ws_url"].as_str().unwrap().to_owned()
    }

    async fn enter(&self, name: &str) -> TextClient {
        TextClient::connect(&self.ws_url(name).await).await
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let response = reqwest::get(format!("{}{path}", self.url)).await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// The page at `/`, which is there in place of the demo.
    async fn page(&self) -> String {
        let (status, page) = self.get("/").await;
        assert_eq!(status, 200);
        assert_eq!(self.get("/sdk/index.js").await.0, 200);
        for demo in ["/replays", "/demo/main.js"] {
            assert_eq!(self.get(demo).await.0, 404, "{demo}");
        }
        page
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn said(text: &str) -> Value {
    json!({"type": "message", "name": "say", "values": {"text": text}})
}

async fn ask(client: &mut TextClient, id: u32, text: &str) -> Value {
    let mut request = said(text);
    request["id"] = json!(id);
    client.ask(request).await
}

fn line(who: &str, text: &str) -> Value {
    json!({"type": "event", "name": "line", "values": {"who": who, "text": text}})
}

#[tokio::test]
async fn the_echo_says_what_it_was_told() {
    let echo = Example::start("echo");
    let mut client = echo.enter("Ada").await;
    let request = |id: u32, text: &str| json!({"type": "message", "name": "echo", "values": {"text": text}, "id": id});
    for (id, text) in [(1, "hello"), (2, ""), (3, "<b>日本 🚀</b>")] {
        assert_eq!(client.ask(request(id, text)).await["values"], json!([text]));
    }
    client.say(request(4, &"x".repeat(201))).await;
    assert_eq!(client.told("error").await["code"], "bad_value");
    assert_eq!(client.ask(request(4, "still here")).await["ok"], true);
    let page = echo.page().await;
    assert!(page.contains("'tickwire.v1.json'") && !page.contains("innerHTML"));
}

#[tokio::test]
async fn people_come_talk_and_go() {
    let chat = Example::start("chat");
    let mut ada = chat.enter("Ada").await;
    let mut bob = chat.enter("Bob").await;
    ada.event(line("", "Bob has come in")).await;
    // Markup is text; what would disturb others is left out.
    bob.say(said(" <b>hi</b>\u{202e} ")).await;
    ada.event(line("Bob", "<b>hi</b>")).await;
    assert_eq!(ask(&mut bob, 1, " \u{200b} ").await["code"], "empty");
    assert_eq!(ask(&mut bob, 2, "/dance").await["code"], "unknown");
    bob.say(said(&"x".repeat(201))).await;
    assert_eq!(bob.told("error").await["code"], "bad_value");
    assert_eq!(ask(&mut bob, 3, "/nick  Zo\u{eb} \u{202e}").await["ok"], true);
    ada.event(line("", "Bob is Zoë now")).await;
    // Whoever renames themselves otherwise is called so as well.
    bob.ask(json!({"type": "rename", "name": "Bo", "id": 4})).await;
    ada.event(line("", "Zoë is Bo now")).await;
    bob.say(said("bye")).await;
    ada.event(line("Bo", "bye")).await;
    bob.socket.close(None).await.unwrap();
    ada.event(line("", "Bo has left")).await;
    let page = chat.page().await;
    assert!(page.contains("/sdk/index.js") && !page.contains("innerHTML"));
}

#[tokio::test]
async fn who_comes_later_is_told_the_last_fifty_lines() {
    let chat = Example::start("chat");
    for speaker in 0..3 {
        let mut client = chat.enter(&format!("speaker {speaker}")).await;
        for number in 0..20 {
            let answer = ask(&mut client, number + 1, &format!("line {speaker} {number}")).await;
            assert_eq!(answer["ok"], true);
        }
        assert_eq!(ask(&mut client, 30, "one more").await["code"], "too_fast");
    }
    // In binary: events are the same there.
    let mut late = Client::welcomed(open(&chat.ws_url("late").await).await).await;
    let mut lines = Vec::new();
    while lines.len() < 51 {
        for received in late.frame().await.events {
            if let Event::Game(event) = received.event {
                let texts = event.values.iter().map(|value| match value {
                    tickwire_protocol::message::Value::Text(text) => text.clone(),
                    other => panic!("{other:?}"),
                });
                lines.push(texts.collect::<Vec<_>>());
            }
        }
    }
    lines.retain(|line| !line[0].is_empty());
    assert_eq!(lines.len(), 50);
    assert_eq!(lines[0], ["speaker 0", "line 0 10"]);
    assert_eq!(lines[49], ["speaker 2", "line 2 19"]);
}
