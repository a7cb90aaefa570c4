//! A client that speaks text, as a person with a console has it: no replica, no acknowledgements.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::{PATIENCE, RawSocket, TestServer, open_speaking};

/// What it speaks.
pub const JSON: &str = "tickwire.v1.json";

/// A connection that is in.
pub struct TextClient {
    pub socket: RawSocket,
    pub welcome: Value,
}

impl TextClient {
    /// Joins, connects and reads the welcome.
    pub async fn enter(server: &TestServer, body: Value) -> Self {
        let joined = server.join(body).await;
        Self::connect(joined["ws_url"].as_str().unwrap()).await
    }

    pub async fn connect(ws_url: &str) -> Self {
        Self::welcomed(open_speaking(ws_url, JSON).await).await
    }

    /// Reads the welcome of a connection.
    pub async fn welcomed(socket: RawSocket) -> Self {
        let mut client = Self { socket, welcome: Value::Null };
        client.welcome = client.next().await;
        assert_eq!(client.welcome["type"], "welcome", "it comes first");
        client
    }

    pub async fn say(&mut self, message: Value) {
        self.say_text(&message.to_string()).await;
    }

    pub async fn say_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// The next message. (The library answers pings as it goes.)
    pub async fn next(&mut self) -> Value {
        loop {
            match tokio::time::timeout(PATIENCE, self.socket.next()).await.unwrap() {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("text is due, not {other:?}"),
            }
        }
    }

    /// The next message of a type.
    pub async fn told(&mut self, kind: &str) -> Value {
        loop {
            let message = self.next().await;
            if message["type"] == kind {
                return message;
            }
        }
    }

    /// Reads on until a state is as wanted.
    pub async fn state_with(&mut self, is_wanted: impl Fn(&Value) -> bool) -> Value {
        let wait = async {
            loop {
                let state = self.told("state").await;
                if is_wanted(&state) {
                    return state;
                }
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("such a state comes")
    }

    /// Reads on to an event like this one, number and tick aside.
    pub async fn event(&mut self, wanted: Value) -> Value {
        let is_it = |event: &Value| {
            let fields = wanted.as_object().unwrap();
            fields.iter().all(|(name, value)| event[name] == *value)
        };
        let state =
            self.state_with(|state| state["events"].as_array().unwrap().iter().any(is_it)).await;
        let event = state["events"].as_array().unwrap().iter().find(|event| is_it(event));
        event.unwrap().clone()
    }

    /// Asks, and reads on to the answer.
    pub async fn ask(&mut self, request: Value) -> Value {
        let id = request["id"].clone();
        self.say(request).await;
        let answer = self.told("answer").await;
        assert_eq!(answer["id"], id);
        answer
    }

    /// Where to come back to as the same player, and how.
    pub fn resume_url(&self, server: &TestServer, event: u64) -> String {
        let token = self.welcome["resume_token"].as_str().unwrap();
        format!("ws://{}/ws?resume={token}&event={event}", server.address)
    }
}

/// All entities of a state.
pub fn entities(state: &Value) -> Vec<Value> {
    let list = |value: &Value| value.as_array().unwrap().clone();
    let cells = list(&state["cells"]).into_iter().flat_map(|cell| list(&cell["entities"]));
    list(&state["own"]).into_iter().chain(list(&state["global"])).chain(cells).collect()
}

/// The entity of a kind that belongs to a player.
pub fn entity_of(state: &Value, kind: &str, player: &Value) -> Option<Value> {
    let is_theirs =
        |entity: &Value| entity["kind"] == kind && entity["fields"]["player"] == *player;
    entities(state).into_iter().find(is_theirs)
}

/// Pings of a client's own, in text, for as long as the connection takes them.
pub async fn talk(socket: &mut RawSocket) {
    let mut beats = tokio::time::interval(Duration::from_millis(50));
    loop {
        beats.tick().await;
        if socket.send(Message::text(json!({"type": "ping"}).to_string())).await.is_err() {
            return std::future::pending::<()>().await;
        }
    }
}
