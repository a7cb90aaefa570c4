//! What one connection has to do with the lobby: its session enters, speaks and leaves for it, since no room
//! knows of others.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tickwire_protocol::ids::{PlayerId, RequestId};
use tickwire_protocol::message::{Answer, Rejection, Reply, ServerMessage, Value};
use tickwire_protocol::version::Subprotocol;

use super::SessionId;
use super::bucket::TokenBucket;
use super::environment::SocketEnvironment;
use super::outbox::LocalOutbox;
use crate::lobby::channel::{Channel, LINES, Membership, SayError, Text};
use crate::messages::{Outgoing, WhoIs};
use crate::room::{RoomHandle, Shows};

/// How long a room has to say what somebody is called.
const NAME_TIMEOUT: Duration = Duration::from_secs(1);

/// What is asked of the lobby.
pub(super) enum Asked {
    Enter,
    Leave,
    Say(String),
    WhoIsOnline,
}

/// One connection in the lobby, or not.
pub(super) struct Lobbying {
    session: SessionId,
    speaks: Subprotocol,
    /// While it is in.
    membership: RefCell<Option<Membership>>,
    /// What it may say: once for the connection, however often it enters.
    lines: RefCell<TokenBucket>,
    queue: Rc<Queue>,
}

/// Lines whose speaker's name is still to be found out, in order.
#[derive(Default)]
struct Queue {
    waiting: RefCell<VecDeque<(RequestId, Text)>>,
    is_under_way: Cell<bool>,
}

/// Who asks, and for what they are answered.
pub(super) struct Asking<'a> {
    pub(super) id: RequestId,
    pub(super) room: &'a RoomHandle,
    pub(super) player: PlayerId,
    /// The time, as the connection's allowances count it.
    pub(super) now: Duration,
}

impl Lobbying {
    pub(super) fn new(session: SessionId, speaks: Subprotocol, now: Duration) -> Self {
        Self {
            session,
            speaks,
            membership: RefCell::default(),
            lines: RefCell::new(TokenBucket::full(LINES, now)),
            queue: Rc::default(),
        }
    }

    /// Does what is asked, and has it answered.
    pub(super) fn ask(&self, environment: &SocketEnvironment, who: &Asking<'_>, what: Asked) {
        let id = who.id;
        if !self.speaks.has_lobby() {
            let text = "there is no lobby in this version of the protocol";
            return self.answer(id, Err(Rejection::new("unsupported", text)));
        }
        match what {
            Asked::Enter => self.enter(environment, id),
            Asked::Leave => {
                self.leave();
                self.answer(id, Ok(vec![]));
            }
            Asked::Say(text) => {
                if let Err(cause) = self.say(&environment.channel, who, &text) {
                    environment.channel.note_refused();
                    self.answer(id, Err(cause.into()));
                }
            }
            Asked::WhoIsOnline => {
                self.answer(id, Ok(environment.online.everybody().to_values()));
            }
        }
    }

    /// It is in its room no more.
    pub(super) fn leave(&self) {
        self.membership.take();
    }

    fn enter(&self, environment: &SocketEnvironment, id: RequestId) {
        let is_in = self.membership.borrow().is_some();
        let members = environment.online.members().saturating_add(u32::from(!is_in));
        let members = i32::try_from(members).unwrap_or(i32::MAX);
        // The lines follow the answer.
        self.answer(id, Ok(vec![Value::Integer(members)]));
        if !is_in {
            let membership = Membership::begin(&environment.channel, self.session);
            *self.membership.borrow_mut() = Some(membership);
        }
    }

    fn say(&self, channel: &Arc<Channel>, who: &Asking<'_>, text: &str) -> Result<(), SayError> {
        if self.membership.borrow().is_none() {
            return Err(SayError::NotInLobby);
        }
        let text = Text::of_line(text)?;
        let mut lines = self.lines.borrow_mut();
        if !lines.take(1.0, LINES, who.now) {
            return Err(SayError::TooFast(lines.wait(1.0, LINES)));
        }
        self.queue.waiting.borrow_mut().push_back((who.id, text));
        if !self.queue.is_under_way.replace(true) {
            let (queue, session) = (Rc::clone(&self.queue), self.session);
            let (channel, room) = (Arc::clone(channel), who.room.clone());
            actix::spawn(say_all(queue, session, channel, room, who.player));
        }
        Ok(())
    }

    fn answer(&self, id: RequestId, outcome: Reply) {
        answer(self.session, id, outcome);
    }
}

/// Says what waits, one line after the other, by the name that its speaker has then.
async fn say_all(
    queue: Rc<Queue>,
    session: SessionId,
    channel: Arc<Channel>,
    room: RoomHandle,
    player: PlayerId,
) {
    // Rooms that are in no list are not named.
    let is_listed = !room.door.is_private() && !matches!(room.shows, Shows::Delayed { .. });
    let shown = if is_listed { room.id.to_string() } else { String::new() };
    loop {
        let next = queue.waiting.borrow_mut().pop_front();
        let Some((id, text)) = next else { break };
        let asked = room.address.send(WhoIs(player)).timeout(NAME_TIMEOUT).await;
        let outcome = match asked.ok().flatten() {
            Some(speaker) => {
                channel.say(speaker.name, shown.clone(), text);
                Ok(vec![])
            }
            None => {
                channel.note_refused();
                Err(SayError::Unavailable.into())
            }
        };
        answer(session, id, outcome);
    }
    queue.is_under_way.set(false);
}

fn answer(session: SessionId, id: RequestId, outcome: Reply) {
    let message = ServerMessage::Answer(Answer { id, outcome }).to_bytes();
    LocalOutbox::here().deliver(session, Outgoing::Binary(message.into()));
}
