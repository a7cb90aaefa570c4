//! What members want an answer to: each request is carried out once, and answered once per connection.
//!
//! A member's requests are numbered upwards, over all of its connections. On one connection a number
//! that is not above the one before is not answered: its answer is on the way already. A request that
//! comes once more over a later connection, because its answer was lost with the one before, is not
//! carried out again but told what became of it.

use std::collections::VecDeque;

use bincode::{Decode, Encode};
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::ids::{PlayerId, RequestId, Tick};
use tickwire_protocol::message::{
    Answer, Event, GameMessage, Rejection, Reply, Request, RequestKind, Role, ServerMessage, Value,
};

use super::{MessageError, Output, Room};
use crate::game::Audience;
use crate::names::display_name;
use crate::world::Happening;

/// Answers that are kept of each member: as many as requests of a client wait at once.
const ANSWERS_KEPT: usize = 16;
/// Longest answer, in bytes as it is sent: a member's may take 16 times as much memory.
const MAX_ANSWER_BYTES: usize = 1024;
/// Longest code of a refusal, in bytes.
const MAX_CODE_BYTES: usize = 32;

/// One member's requests.
#[derive(Debug, Default)]
pub(super) struct Requests {
    /// The newest that was carried out.
    newest: RequestId,
    /// The newest that was answered on the connection that is there.
    answered: RequestId,
    /// The newest answers, the oldest first.
    kept: VecDeque<Answer>,
    /// Answers since the client last acknowledged anything: it may not be reading.
    unread: usize,
    /// When the member was last given another name.
    renamed_at: Option<Tick>,
}

/// What of a member's requests another process needs, so that none is carried out twice.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(super) struct KeptRequests {
    newest: RequestId,
    answers: Vec<Answer>,
}

impl Requests {
    /// What another process needs to know of them. It begins anew to count how often names change.
    pub(super) fn to_kept(&self) -> KeptRequests {
        KeptRequests { newest: self.newest, answers: self.kept.iter().cloned().collect() }
    }

    /// Goes on where another process has kept them; `None` for what none would have kept.
    pub(super) fn go_on(kept: KeptRequests) -> Option<Self> {
        let KeptRequests { newest, answers } = kept;
        let is_sound = answers.len() <= ANSWERS_KEPT
            && answers.is_sorted_by(|one, next| one.id < next.id)
            && answers.last().is_none_or(|answer| answer.id == newest)
            && answers.iter().all(|answer| sendable(answer.clone()) == *answer);
        is_sound.then(|| Self { newest, kept: answers.into(), ..Self::default() })
    }

    /// The connection is another one, or none.
    pub(super) const fn forget_connection(&mut self) {
        self.answered = RequestId(0);
        self.unread = 0;
    }

    /// The client reads.
    pub(super) const fn handle_ack(&mut self) {
        self.unread = 0;
    }

    /// Whether a request counts on the connection that is there.
    fn admit(&mut self, id: RequestId) -> bool {
        let is_next = id > self.answered;
        self.answered = self.answered.max(id);
        is_next
    }

    /// What became of a request earlier.
    fn recall(&self, id: RequestId) -> Option<Reply> {
        let forgotten = || {
            Err(Rejection::new("forgotten", "it was carried out earlier; its answer is not kept"))
        };
        let kept = || self.kept.iter().find(|answer| answer.id == id);
        (id <= self.newest).then(|| kept().map_or_else(forgotten, |answer| answer.outcome.clone()))
    }

    fn keep(&mut self, answer: Answer) {
        self.newest = answer.id;
        if self.kept.len() == ANSWERS_KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(answer);
    }
}

impl Room {
    /// Carries a request out and answers it, unless it was answered on this connection.
    ///
    /// # Errors
    /// [`MessageError`] when the connection should end.
    pub fn handle_request(
        &mut self,
        player: PlayerId,
        request: Request,
    ) -> Result<(), MessageError> {
        let Request { id, what } = request;
        if let RequestKind::Game(message) = &what {
            self.schema().check_message(message)?;
        }
        let requests = &mut self.members.get_mut(&player).ok_or(MessageError::NotAMember)?.requests;
        if !requests.admit(id) {
            return Ok(());
        }
        let answer = match requests.recall(id) {
            Some(outcome) => Answer { id, outcome },
            None => {
                // Where the rules fail at it, it is answered all the same.
                self.failures.asked = Some((player, id));
                let answer = sendable(Answer { id, outcome: self.carry_out(player, what) });
                self.failures.asked = None;
                if let Some(member) = self.members.get_mut(&player) {
                    member.requests.keep(answer.clone());
                }
                answer
            }
        };
        self.counters.requests += 1;
        self.counters.requests_refused += u64::from(answer.outcome.is_err());
        self.answer(player, answer);
        Ok(())
    }

    /// Answers a request at which the game's rules have failed.
    pub(super) fn answer_failed(&mut self, player: PlayerId, id: RequestId) {
        let outcome = Err(Rejection::new("internal", "the game's rules failed at it"));
        let answer = Answer { id, outcome };
        if let Some(member) = self.members.get_mut(&player) {
            member.requests.keep(answer.clone());
        }
        self.answer(player, answer);
    }

    /// Answers are not held back like frames, so who does not read is sent away instead.
    fn answer(&mut self, player: PlayerId, answer: Answer) {
        let Some(member) = self.members.get_mut(&player) else { return };
        member.requests.unread += 1;
        if member.requests.unread > self.config.flow.events {
            self.disconnect(player, CloseReason::TooSlow);
        } else {
            self.output.push_back(Output::Answer { player, answer });
        }
    }

    fn carry_out(&mut self, player: PlayerId, what: RequestKind) -> Reply {
        match what {
            RequestKind::Rename { name } => self.rename(player, &name),
            RequestKind::Game(message) => self.ask_game(player, message),
            RequestKind::Kick { player: other } => self.kick(player, other),
            RequestKind::CloseRoom => self.close_by(player),
            // Sessions ask the lobby: a room knows of no others.
            RequestKind::ChangeRoom { .. }
            | RequestKind::EnterLobby
            | RequestKind::LeaveLobby
            | RequestKind::SayToLobby { .. }
            | RequestKind::WhoIsOnline => {
                Err(Rejection::new("unsupported", "this room knows of no others"))
            }
        }
    }

    fn ask_game(&mut self, player: PlayerId, message: GameMessage) -> Reply {
        let role = self.members.get(&player).map(|member| member.role);
        if role == Some(Role::Spectator) && !self.world.game().hears_spectators() {
            return Err(Rejection::new("spectator", "spectators cannot send messages"));
        }
        self.world.apply(Happening::Message { player, message })
    }

    /// Gives a member another name, which the answer tells.
    fn rename(&mut self, player: PlayerId, name: &str) -> Reply {
        let name = display_name(name);
        let (tick, pause) = (self.tick(), self.config.rename_ticks.cast_signed());
        let member = self.members.get(&player);
        let Some(member) = member.filter(|_| self.world.name_of(player) != name) else {
            return Ok(vec![Value::Text(name)]);
        };
        if member.requests.renamed_at.is_some_and(|at| tick.since(at) < pause) {
            return Err(Rejection::new("too_fast", "names cannot change so often: wait a little"));
        }
        self.world.apply(Happening::Rename { player, name: name.clone() })?;
        if let Some(member) = self.members.get_mut(&player) {
            member.requests.renamed_at = Some(tick);
        }
        self.tell(Audience::Everybody, &Event::Renamed { player, name: name.clone() });
        Ok(vec![Value::Text(name)])
    }
}

/// An answer as it is, unless the game has made one that cannot be sent: too long, of numbers that are
/// none, or refused by a code that is none.
fn sendable(answer: Answer) -> Answer {
    let is_number = |value: &Value| !matches!(value, Value::Number(number) if !number.is_finite());
    let is_sound = match &answer.outcome {
        Ok(values) => values.iter().all(is_number),
        Err(rejection) => is_code(&rejection.code),
    };
    if is_sound && ServerMessage::Answer(answer.clone()).to_bytes().len() <= MAX_ANSWER_BYTES {
        return answer;
    }
    let outcome = Err(Rejection::new("internal", "the game's answer cannot be sent"));
    Answer { id: answer.id, outcome }
}

fn is_code(code: &str) -> bool {
    let is_of_code = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
    (1..=MAX_CODE_BYTES).contains(&code.len()) && code.bytes().all(is_of_code)
}
