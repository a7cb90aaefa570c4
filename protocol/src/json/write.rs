//! What the server says beside the state, as text.

use serde::Serialize;

use super::error::JsonError;
use super::event::{MemberText, ValueText};
use super::put;
use super::schema::SchemaText;
use crate::ids::{Fence, PlayerId, Tick};
use crate::message::{Answer, LobbyNews, RefusalCause, Rejection, ServerMessage, Welcome};

/// A message as it is written.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Text<'a> {
    Welcome(WelcomeText<'a>),
    Pong { nonce: u32, room_time_us: u64 },
    Refused { input: Option<u16>, cause: &'static str, message: String },
    Restarting { closes_in_ms: u32, back_after_ms: u32 },
    Failed { back_after_ms: u32 },
    Answer(AnswerText<'a>),
    Host { player: Option<PlayerId> },
    Owner { fence: Fence, nodes: &'a [String] },
    Moved { fence: Fence, ws_url: &'a str },
    Paused { is_paused: bool },
    Lobby(LobbyText<'a>),
    Error { code: &'static str, message: String },
}

#[derive(Serialize)]
struct WelcomeText<'a> {
    room: &'a str,
    player: PlayerId,
    spectator: bool,
    tick: Tick,
    room_time_us: u64,
    tick_rate_hz: u16,
    /// Ticks from one state to the next.
    state_every: u8,
    heartbeat_interval_ms: u32,
    heartbeat_timeout_ms: u32,
    grid: GridText,
    resume_token: &'a str,
    resume_window_ms: u32,
    /// Absent for a new player.
    #[serde(skip_serializing_if = "Option::is_none")]
    resumed: Option<ResumedText>,
    roster: Vec<MemberText<'a>>,
    schema: SchemaText<'a>,
}

#[derive(Serialize)]
struct GridText {
    columns: u32,
    rows: u32,
}

#[derive(Serialize)]
struct ResumedText {
    lost_events: u32,
}

#[derive(Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
enum LobbyText<'a> {
    Said { from: &'a str, room: &'a str, text: &'a str },
    Announced { text: &'a str },
    Missed { lines: u32 },
}

#[derive(Serialize)]
struct AnswerText<'a> {
    id: u32,
    ok: bool,
    #[serde(flatten)]
    outcome: Outcome<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Outcome<'a> {
    Done { values: Vec<ValueText<'a>> },
    Refused { code: &'a str, message: &'a str },
}

/// A control message as JSON.
#[must_use]
pub fn message_text(message: &ServerMessage) -> String {
    text(&match message {
        ServerMessage::Welcome(welcome) => Text::Welcome(WelcomeText::of(welcome)),
        &ServerMessage::Pong { nonce, room_time_us } => Text::Pong { nonce, room_time_us },
        ServerMessage::Refused(refusal) => Text::Refused {
            input: refusal.input.map(|seq| seq.0),
            cause: cause(refusal.cause),
            message: refusal.cause.to_string(),
        },
        &ServerMessage::Restarting { closes_in_ms, back_after_ms } => {
            Text::Restarting { closes_in_ms, back_after_ms }
        }
        &ServerMessage::Failed { back_after_ms } => Text::Failed { back_after_ms },
        ServerMessage::Answer(answer) => Text::Answer(AnswerText::of(answer)),
        &ServerMessage::Host { player } => Text::Host { player },
        ServerMessage::Owner { fence, nodes } => Text::Owner { fence: *fence, nodes },
        ServerMessage::Moved { fence, ws_url } => Text::Moved { fence: *fence, ws_url },
        &ServerMessage::Paused { is_paused } => Text::Paused { is_paused },
        ServerMessage::Lobby(news) => Text::Lobby(LobbyText::of(news)),
    })
}

/// What a client is told whose text was no message.
#[must_use]
pub fn error_text(error: &JsonError) -> String {
    text(&Text::Error { code: error.code(), message: error.to_string() })
}

fn text(message: &Text<'_>) -> String {
    let mut bytes = Vec::new();
    put(message, &mut bytes);
    #[expect(clippy::expect_used, reason = "JSON is UTF-8")]
    String::from_utf8(bytes).expect("JSON is UTF-8")
}

impl<'a> WelcomeText<'a> {
    fn of(welcome: &'a Welcome) -> Self {
        Self {
            room: &welcome.room,
            player: welcome.player,
            spectator: welcome.spectator,
            tick: welcome.tick,
            room_time_us: welcome.room_time_us,
            tick_rate_hz: welcome.tick_rate_hz,
            state_every: welcome.send_every,
            heartbeat_interval_ms: welcome.heartbeat_interval_ms,
            heartbeat_timeout_ms: welcome.heartbeat_timeout_ms,
            grid: GridText { columns: welcome.grid.columns, rows: welcome.grid.rows },
            resume_token: &welcome.resume_token,
            resume_window_ms: welcome.resume_window_ms,
            resumed: welcome
                .resumed
                .map(|resumed| ResumedText { lost_events: resumed.lost_events }),
            roster: welcome.roster.iter().map(MemberText::of).collect(),
            schema: SchemaText::of(&welcome.schema),
        }
    }
}

impl<'a> LobbyText<'a> {
    fn of(news: &'a LobbyNews) -> Self {
        match news {
            LobbyNews::Said { from, room, text } => Self::Said { from, room, text },
            LobbyNews::Announced { text } => Self::Announced { text },
            &LobbyNews::Missed { lines } => Self::Missed { lines },
        }
    }
}

impl<'a> AnswerText<'a> {
    fn of(answer: &'a Answer) -> Self {
        let outcome = match &answer.outcome {
            Ok(values) => Outcome::Done { values: values.iter().map(ValueText).collect() },
            Err(Rejection { code, message }) => Outcome::Refused { code, message },
        };
        Self { id: answer.id.0, ok: answer.outcome.is_ok(), outcome }
    }
}

const fn cause(cause: RefusalCause) -> &'static str {
    match cause {
        RefusalCause::FarFuture => "far_future",
        RefusalCause::Repeated => "repeated",
        RefusalCause::QueueFull => "queue_full",
        RefusalCause::Spectator => "spectator",
        RefusalCause::NotASpectator => "not_a_spectator",
    }
}
