//! Requests: each is carried out once and answered once per connection, whatever becomes of the
//! connection; and who is called what.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tickwire_protocol::close::CloseReason;
use tickwire_protocol::ids::{EventNumber, FrameNumber, PlayerId, RequestId};
use tickwire_protocol::message::{
    Ack, Answer, GameMessage, Rejection, Reply, Request, RequestKind, Role, SchemaMismatch, Value,
    Welcome,
};
use tickwire_protocol::schema::{MessageKind, ParamKind, Schema};
use tickwire_simulation::game::{Context, Game};
use tickwire_simulation::inputs::Inputs;
use tickwire_simulation::room::{MessageError, Output, Room, RoomConfig, SeatRequest};
use tickwire_simulation::saved::RestoreError;
use tickwire_simulation::scene::SceneWriter;

/// Doubles numbers, but not the 7; and nobody is called Root.
struct Oracle {
    asked: Arc<AtomicU32>,
}

impl Game for Oracle {
    fn schema(&self) -> Schema {
        let number = ParamKind::Integer { min: 0, max: 9 };
        Schema::new("oracle").message(MessageKind::new("double").param("number", number))
    }

    fn on_join(&mut self, _: &mut Context<'_>, _: PlayerId, _: &str) {}
    fn on_leave(&mut self, _: &mut Context<'_>, _: PlayerId) {}

    fn on_rename(&mut self, _: &mut Context<'_>, _: PlayerId, name: &str) -> Result<(), Rejection> {
        if name == "Root" { Err(Rejection::new("reserved", "nobody is")) } else { Ok(()) }
    }

    fn on_message(&mut self, _: &mut Context<'_>, _: PlayerId, message: &GameMessage) -> Reply {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match message.values[..] {
            [Value::Integer(7)] => Err(Rejection::new("sevenths", "not this one")),
            [Value::Integer(number)] => Ok(vec![Value::Integer(2 * number)]),
            _ => unreachable!("the schema was kept"),
        }
    }

    fn step(&mut self, _: &mut Context<'_>, _: &Inputs<'_>) {}
    fn replicate(&self, _: &mut SceneWriter<'_>) {}

    fn save(&self) -> Vec<u8> {
        Vec::new()
    }

    fn restore(&mut self, _: &[u8]) -> Result<(), RestoreError> {
        Ok(())
    }
}

struct Play {
    room: Room,
    asked: Arc<AtomicU32>,
}

fn play() -> Play {
    let asked = Arc::<AtomicU32>::default();
    let game = Oracle { asked: Arc::clone(&asked) };
    Play { room: Room::new(RoomConfig::default(), Box::new(game)).unwrap(), asked }
}

impl Play {
    fn join(&mut self, name: &str, role: Role) -> PlayerId {
        let request = SeatRequest { name: name.to_owned(), role, send_every: 1 };
        self.room.handle_join(None, request, Duration::ZERO).unwrap()
    }

    fn ask(&mut self, player: PlayerId, id: u32, number: i32) -> Option<Answer> {
        let message = GameMessage { kind: 0, values: vec![Value::Integer(number)] };
        self.request(player, id, RequestKind::Game(message))
    }

    fn rename(&mut self, player: PlayerId, id: u32, name: &str) -> Reply {
        let answer = self.request(player, id, RequestKind::Rename { name: name.to_owned() });
        answer.unwrap().outcome
    }

    fn request(&mut self, player: PlayerId, id: u32, what: RequestKind) -> Option<Answer> {
        self.outputs();
        self.room.handle_request(player, Request { id: RequestId(id), what }).unwrap();
        let mut answers = self.outputs().into_iter().filter_map(|output| match output {
            Output::Answer { player: to, answer } => {
                assert_eq!(to, player);
                Some(answer)
            }
            _ => None,
        });
        let answer = answers.next();
        assert_eq!(answers.next(), None);
        answer
    }

    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.room.poll_output()).collect()
    }

    /// The player comes back over another connection.
    fn resume(&mut self, player: PlayerId, key: u32) -> Welcome {
        self.room.handle_drop(player);
        self.room.handle_resume(player, key, EventNumber(0), Duration::ZERO).unwrap();
        let welcome = self.outputs().into_iter().find_map(|output| match output {
            Output::Welcome { welcome, .. } => Some(*welcome),
            _ => None,
        });
        welcome.unwrap()
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }
}

fn done(id: u32, number: i32) -> Option<Answer> {
    Some(Answer { id: RequestId(id), outcome: Ok(vec![Value::Integer(number)]) })
}

fn code(outcome: Reply) -> String {
    outcome.unwrap_err().code
}

#[test]
fn the_game_answers_or_refuses() {
    let mut play = play();
    let player = play.join("Ada", Role::Player);
    assert_eq!(play.ask(player, 1, 4), done(1, 8));
    let refused = play.ask(player, 5, 7).unwrap();
    assert_eq!(refused.id, RequestId(5));
    assert_eq!(refused.outcome, Err(Rejection::new("sevenths", "not this one")));
    assert_eq!(play.ask(player, 6, 0), done(6, 0));
    let counters = play.room.counters();
    assert_eq!((counters.requests, counters.requests_refused), (3, 1));
}

#[test]
fn a_number_that_is_not_above_the_last_is_not_answered_again() {
    let mut play = play();
    let player = play.join("Ada", Role::Player);
    assert_eq!(play.ask(player, 0, 1), None, "numbers begin with 1");
    assert_eq!(play.ask(player, 3, 1), done(3, 2));
    for id in [3, 2, 1, 0] {
        assert_eq!(play.ask(player, id, 2), None);
    }
    assert_eq!(play.ask(player, u32::MAX, 2), done(u32::MAX, 4));
    assert_eq!(play.ask(player, 4, 2), None);
    assert_eq!(play.asked(), 2);
}

#[test]
fn who_comes_back_is_told_what_became_of_it_and_nothing_is_done_twice() {
    let mut play = play();
    let player = play.join("Ada", Role::Player);
    assert_eq!(play.ask(player, 1, 1), done(1, 2));
    assert_eq!(code(play.ask(player, 2, 7).unwrap().outcome), "sevenths");
    for key in 0..3 {
        play.resume(player, key);
        assert_eq!(play.ask(player, 1, 1), done(1, 2), "connection {key}");
        assert_eq!(play.ask(player, 1, 1), None, "once per connection");
        assert_eq!(code(play.ask(player, 2, 7).unwrap().outcome), "sevenths");
    }
    assert_eq!(play.asked(), 2);
    assert_eq!(play.ask(player, 3, 2), done(3, 4));
    for id in 4..30 {
        play.ask(player, id, 1);
    }
    play.resume(player, 3);
    assert_eq!(code(play.ask(player, 3, 2).unwrap().outcome), "forgotten");
    assert_eq!(play.ask(player, 29, 1), done(29, 2));
    assert_eq!(play.asked(), 29);
}

#[test]
fn a_new_player_counts_from_1() {
    let mut play = play();
    let first = play.join("Ada", Role::Player);
    let second = play.join("Bo", Role::Player);
    assert_eq!(play.ask(first, 9, 1), done(9, 2));
    assert_eq!(play.ask(second, 1, 1), done(1, 2));
}

#[test]
fn spectators_are_refused_and_can_be_renamed() {
    let mut play = play();
    let spectator = play.join("Eve", Role::Spectator);
    assert_eq!(code(play.ask(spectator, 1, 1).unwrap().outcome), "spectator");
    assert_eq!(play.asked(), 0);
    assert_eq!(play.rename(spectator, 2, "Mallory"), Ok(vec![Value::Text("Mallory".to_owned())]));
}

#[test]
fn what_does_not_fit_the_schema_ends_the_connection() {
    let mut play = play();
    let player = play.join("Ada", Role::Player);
    let wrong = GameMessage { kind: 0, values: vec![Value::Integer(10)] };
    let request = Request { id: RequestId(1), what: RequestKind::Game(wrong) };
    let error = play.room.handle_request(player, request).unwrap_err();
    assert!(matches!(error, MessageError::Schema(SchemaMismatch::OutOfRange { .. })), "{error}");
    let request = Request { id: RequestId(1), what: RequestKind::Rename { name: String::new() } };
    let error = play.room.handle_request(PlayerId(99), request).unwrap_err();
    assert!(matches!(error, MessageError::NotAMember), "{error}");
}

#[test]
fn who_asks_on_and_on_without_reading_is_too_slow() {
    let mut play = play();
    let player = play.join("Ada", Role::Player);
    let most = play.room.config().flow.events as u32;
    for id in 1..=most {
        assert!(play.ask(player, id, 1).is_some());
    }
    play.room.step();
    let ack = Ack { frame: FrameNumber(1), ..Ack::default() };
    play.room.handle_ack(player, ack, Duration::ZERO).unwrap();
    for id in most + 1..=2 * most {
        assert!(play.ask(player, id, 1).is_some(), "{id}");
        // The same once more does not show that anything was read since.
        play.room.handle_ack(player, ack, Duration::ZERO).unwrap();
    }
    let message = GameMessage { kind: 0, values: vec![Value::Integer(1)] };
    let what = RequestKind::Game(message);
    play.room.handle_request(player, Request { id: RequestId(2 * most + 1), what }).unwrap();
    let reason = CloseReason::TooSlow;
    assert_eq!(play.outputs(), [Output::Close { player, reason }]);
}

#[test]
fn a_new_name_is_cleaned_and_kept() {
    let mut play = play();
    let player = play.join("Ada", Role::Player);
    let text = |name: &str| Ok(vec![Value::Text(name.to_owned())]);
    assert_eq!(play.rename(player, 1, " <b>Ada</b>\u{202e}\n II "), text("<b>Ada</b> II"));
    let long = "é".repeat(1000);
    assert_eq!(code(play.rename(player, 2, &long)), "too_fast");
    assert_eq!(play.rename(player, 3, "<b>Ada</b> II"), text("<b>Ada</b> II"), "nothing to do");
    let ticks = play.room.config().rename_ticks;
    (0..ticks).for_each(|_| play.room.step());
    assert_eq!(code(play.rename(player, 4, "Root")), "reserved");
    assert_eq!(play.rename(player, 5, &long), text(&"é".repeat(24)));
    let welcome = play.resume(player, 0);
    let names: Vec<_> = welcome.roster.iter().map(|entry| &entry.name[..]).collect();
    assert_eq!(names, ["é".repeat(24)]);
}
