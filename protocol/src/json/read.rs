//! What a client says in text, as the message that it is.
//!
//! One reader goes with one connection: it knows the game by its welcome, and counts the inputs that their
//! sender does not count. What it returns fits the schema.

use super::error::{JsonError, quoted};
use super::fields::Fields;
use super::object::read_object;
use crate::ids::{EventNumber, InputSeq, PlayerId, RequestId, Tick};
use crate::message::{
    ClientMessage, GameMessage, Input, InputValues, Look, MAX_TOKEN_BYTES, Request, RequestKind,
    ViewAge, Welcome,
};
use crate::schema::{MessageKind, Schema};

/// All types of messages, as an answer lists them.
pub(super) const TYPES: [&str; 14] = [
    "enter",
    "resume",
    "input",
    "message",
    "rename",
    "kick",
    "close_room",
    "change_room",
    "enter_lobby",
    "leave_lobby",
    "say_to_lobby",
    "who_is_online",
    "look",
    "ping",
];

/// Reads what comes over one connection.
#[derive(Debug, Default)]
pub struct ClientReader {
    /// Once the client is in.
    schema: Option<Schema>,
    last_input: InputSeq,
    last_request: RequestId,
}

impl ClientReader {
    /// A reader of a connection on which nothing was said.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The client is told of the game, and may speak of it.
    pub fn handle_welcome(&mut self, welcome: &Welcome) {
        self.schema = Some(welcome.schema.clone());
    }

    /// Reads one message: a token as long as there was no welcome, and anything else afterwards.
    ///
    /// # Errors
    /// [`JsonError`]; nothing has changed then.
    pub fn read(&mut self, text: &str) -> Result<ClientMessage, JsonError> {
        let mut fields = Fields::of(read_object(text)?);
        let kind = fields.text("type")?;
        let message = match (&kind[..], &self.schema) {
            (kind, _) if !TYPES.contains(&kind) => {
                return Err(JsonError::UnknownType(quoted(kind)));
            }
            ("enter" | "resume", Some(_)) => return Err(JsonError::AlreadyIn),
            ("enter", None) => ClientMessage::Enter { token: token(&mut fields)? },
            ("resume", None) => ClientMessage::Resume {
                token: token(&mut fields)?,
                event: EventNumber(fields.number("event")?.unwrap_or(0)),
            },
            (_, None) => return Err(JsonError::NotIn),
            ("input", Some(schema)) => ClientMessage::Input(self.input(schema, &mut fields)?),
            ("message", Some(schema)) => self.message(schema, &mut fields)?,
            (
                "rename" | "kick" | "close_room" | "change_room" | "enter_lobby" | "leave_lobby"
                | "say_to_lobby" | "who_is_online",
                Some(_),
            ) => {
                let what = asked(&kind, &mut fields)?;
                ClientMessage::Request(self.request(what, &mut fields)?)
            }
            ("look", Some(_)) => ClientMessage::Look(Look {
                center: fields.pair("center", f32::MIN)?,
                size: fields.pair("size", 0.0)?,
            }),
            (_, Some(_)) => ClientMessage::Ping { nonce: fields.number("nonce")?.unwrap_or(0) },
        };
        fields.end()?;
        self.note(&message);
        Ok(message)
    }

    fn note(&mut self, message: &ClientMessage) {
        match message {
            ClientMessage::Input(input) => self.last_input = input.seq,
            ClientMessage::Request(request) => self.last_request = request.id,
            _ => {}
        }
    }

    fn input(&self, schema: &Schema, fields: &mut Fields) -> Result<Input, JsonError> {
        let mut sent = fields.object("values", "values.")?;
        let mut values = InputValues::neutral(schema);
        for (index, field) in schema.inputs.iter().enumerate() {
            values.set(index, sent.input(&field.name, field.kind)?);
        }
        sent.end()?;
        let seq = fields.integer("seq", 0, u16::MAX.into())?;
        // In range, as it says.
        let seq = seq.map_or(self.last_input.next(), |seq| InputSeq(seq as u16));
        let at = Tick(fields.number("at")?.unwrap_or(0));
        Ok(Input { seq, at, view_age: ViewAge::UNTOLD, values })
    }

    fn message(&self, schema: &Schema, fields: &mut Fields) -> Result<ClientMessage, JsonError> {
        let name = fields.text("name")?;
        let named = |kind: &&MessageKind| kind.name == name;
        let index = schema.messages.iter().position(|kind| named(&kind));
        let Some(index) = index else { return Err(unknown_message(&name, schema)) };
        let mut sent = fields.object("values", "values.")?;
        let params = schema.messages[index].params.iter();
        let values =
            params.map(|param| sent.param(&param.name, param.kind)).collect::<Result<_, _>>()?;
        sent.end()?;
        // At most 64 kinds.
        let message = GameMessage { kind: index as u8, values };
        Ok(match fields.number("id")? {
            None => ClientMessage::Game(message),
            Some(id) => {
                let id = self.check_request(id)?;
                ClientMessage::Request(Request { id, what: RequestKind::Game(message) })
            }
        })
    }

    fn request(&self, what: RequestKind, fields: &mut Fields) -> Result<Request, JsonError> {
        let id = fields.number("id")?.ok_or_else(|| JsonError::MissingField("id".to_owned()))?;
        Ok(Request { id: self.check_request(id)?, what })
    }

    /// A request's number, if it is above the one before: the room would not answer another.
    fn check_request(&self, id: u32) -> Result<RequestId, JsonError> {
        if RequestId(id) > self.last_request {
            return Ok(RequestId(id));
        }
        let expected = format!("above {}", self.last_request.0);
        Err(JsonError::BadValue { field: "id".to_owned(), expected })
    }
}

/// What can be asked for of the server itself.
fn asked(kind: &str, fields: &mut Fields) -> Result<RequestKind, JsonError> {
    Ok(match kind {
        "rename" => RequestKind::Rename { name: fields.text("name")? },
        "kick" => {
            let player = fields.number("player")?;
            let missing = || JsonError::MissingField("player".to_owned());
            RequestKind::Kick { player: PlayerId(player.ok_or_else(missing)?) }
        }
        "close_room" => RequestKind::CloseRoom,
        "enter_lobby" => RequestKind::EnterLobby,
        "leave_lobby" => RequestKind::LeaveLobby,
        "say_to_lobby" => RequestKind::SayToLobby { text: fields.text("text")? },
        "who_is_online" => RequestKind::WhoIsOnline,
        _ => RequestKind::ChangeRoom {
            room: fields.optional_text("room")?,
            game: fields.optional_text("game")?,
            code: fields.optional_text("code")?,
            password: fields.optional_text("password")?,
        },
    })
}

fn token(fields: &mut Fields) -> Result<String, JsonError> {
    fields.short_text("token", MAX_TOKEN_BYTES)
}

fn unknown_message(name: &str, schema: &Schema) -> JsonError {
    let names: Vec<_> = schema.messages.iter().map(|kind| &kind.name[..]).collect();
    let known = if names.is_empty() {
        "it has none".to_owned()
    } else {
        format!("there are: {}", names.join(", "))
    };
    JsonError::UnknownMessage { name: quoted(name), known }
}
