//! A room whose game's rules panic goes on: with everything that was, without what they fail at, or not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tickwire_protocol::close::CloseReason;
use tickwire_protocol::envelope::FRAME_TAG;
use tickwire_protocol::frame::{Frame, FrameCursor};
use tickwire_protocol::ids::{InputSeq, PlayerId, RequestId, Tick};
use tickwire_protocol::message::{
    Event, GameMessage, Input, InputValues, Interruption, Reply, Request, RequestKind, Role, Value,
    ViewAge,
};
use tickwire_protocol::schema::{MessageKind, ParamKind, Schema};
use tickwire_simulation::flow::FlowLimits;
use tickwire_simulation::game::{Context, Game};
use tickwire_simulation::inputs::Inputs;
use tickwire_simulation::registry::GameOptions;
use tickwire_simulation::room::{Hopeless, Output, Room, RoomConfig, SeatRequest};
use tickwire_simulation::saved::RestoreError;
use tickwire_simulation::scene::SceneWriter;

/// *drift* that panics so many times at whatever step comes next, at an input of 99, and at the message 7.
struct Fragile {
    rules: Box<dyn Game>,
    panics: Arc<AtomicU32>,
}

impl Game for Fragile {
    fn schema(&self) -> Schema {
        let number = ParamKind::Integer { min: 0, max: 9 };
        self.rules.schema().message(MessageKind::new("poke").param("number", number))
    }

    fn on_join(&mut self, context: &mut Context<'_>, player: PlayerId, name: &str) {
        self.rules.on_join(context, player, name);
    }

    fn on_leave(&mut self, context: &mut Context<'_>, player: PlayerId) {
        self.rules.on_leave(context, player);
    }

    fn on_message(&mut self, _: &mut Context<'_>, _: PlayerId, message: &GameMessage) -> Reply {
        assert_ne!(message.values, [Value::Integer(7)], "on purpose");
        Ok(Vec::new())
    }

    fn step(&mut self, context: &mut Context<'_>, inputs: &Inputs<'_>) {
        self.rules.step(context, inputs);
        assert!(inputs.iter().all(|input| input.values.get(0) != 99), "on purpose");
        let left =
            self.panics.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
        assert!(left.is_err(), "on purpose");
    }

    fn replicate(&self, out: &mut SceneWriter<'_>) {
        self.rules.replicate(out);
    }

    fn save(&self) -> Vec<u8> {
        self.rules.save()
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), RestoreError> {
        self.rules.restore(state)
    }
}

struct Play {
    room: Room,
    panics: Arc<AtomicU32>,
    player: PlayerId,
    cursor: FrameCursor,
    frames: Vec<Frame>,
}

fn fragile(panics: &Arc<AtomicU32>) -> Box<dyn Game> {
    let rules = tickwire_drift::create(&GameOptions::default()).unwrap();
    Box::new(Fragile { rules, panics: Arc::clone(panics) })
}

fn play() -> Play {
    let panics = Arc::new(AtomicU32::new(0));
    // Nobody acknowledges anything here.
    let flow = FlowLimits {
        ack_every: u16::MAX,
        frames: usize::MAX,
        bytes: usize::MAX,
        age_ticks: u32::MAX,
        stall_ticks: u32::MAX,
        events: 512,
    };
    let mut room =
        Room::new(RoomConfig { flow, ..RoomConfig::default() }, fragile(&panics)).unwrap();
    let request = SeatRequest { name: "Ada".into(), role: Role::Player, send_every: 1 };
    let player = room.handle_join(None, request, Duration::ZERO).unwrap();
    let (cursor, frames) = Default::default();
    let mut play = Play { room, panics, player, cursor, frames };
    play.steer(1, 50);
    (0..200).for_each(|_| play.room.step());
    play.take_output();
    play
}

impl Play {
    fn steer(&mut self, seq: u16, vx: i32) {
        let values = InputValues::new(&[vx, 3]).unwrap();
        let input = Input { seq: InputSeq(seq), at: Tick(0), view_age: ViewAge::UNTOLD, values };
        self.room.handle_input(self.player, input, Duration::ZERO).unwrap();
    }

    /// Whether a call ends without a panic.
    fn holds(&mut self, call: impl FnOnce(&mut Room)) -> bool {
        catch_unwind(AssertUnwindSafe(|| call(&mut self.room))).is_ok()
    }

    fn mend(&mut self) -> Result<(u32, bool), Hopeless> {
        let panics = Arc::clone(&self.panics);
        let mended = self.room.handle_failure(|| Some(fragile(&panics)))?;
        Ok((mended.tick.0, mended.without_inputs))
    }

    fn take_output(&mut self) -> Vec<Output> {
        let output: Vec<Output> = std::iter::from_fn(|| self.room.poll_output()).collect();
        for output in &output {
            if let Output::Send { bytes, .. } = output {
                assert!(bytes[0] >= FRAME_TAG);
                self.frames.push(self.cursor.read(bytes).unwrap().0);
            }
        }
        output
    }

    /// Everything goes on from a keyframe, and is told to.
    fn expect_told(&mut self) {
        self.room.step();
        let output = self.take_output();
        assert!(!output.iter().any(|output| matches!(output, Output::Close { .. })));
        let frame = self.frames.last().unwrap();
        assert!(frame.is_keyframe);
        let interrupted = Event::Interrupted { cause: Interruption::Rules };
        assert!(frame.events.iter().any(|received| received.event == interrupted));
    }
}

#[test]
fn rules_that_fail_once_cost_nothing() {
    let (mut broken, mut whole) = (play(), play());
    broken.steer(2, -70);
    whole.steer(2, -70);
    broken.panics.store(1, Ordering::Relaxed);
    assert!(!broken.holds(Room::step));
    assert!(whole.holds(Room::step));
    assert_eq!(broken.mend(), Ok((201, false)));
    assert_eq!(broken.room.state_hash(), whole.room.state_hash());
    broken.expect_told();
    whole.room.step();
    for _ in 0..300 {
        broken.room.step();
        whole.room.step();
        assert_eq!(broken.room.state_hash(), whole.room.state_hash());
    }
}

#[test]
fn what_the_rules_fail_at_is_left_out() {
    let (mut broken, mut whole) = (play(), play());
    broken.steer(2, 99);
    assert!(!broken.holds(Room::step));
    assert_eq!(broken.mend(), Ok((201, true)));
    whole.room.step();
    assert_eq!(broken.room.state_hash(), whole.room.state_hash(), "the input never was");
    broken.expect_told();
    // It holds no more, and what was recorded since says so as well.
    broken.panics.store(1, Ordering::Relaxed);
    assert!(!broken.holds(Room::step));
    assert_eq!(broken.mend(), Ok((203, false)));
}

#[test]
fn a_request_that_the_rules_fail_at_is_answered() {
    let mut play = play();
    let poke = GameMessage { kind: 0, values: vec![Value::Integer(7)] };
    let request = Request { id: RequestId(1), what: RequestKind::Game(poke) };
    let player = play.player;
    assert!(!play.holds(|room| room.handle_request(player, request).unwrap()));
    assert_eq!(play.mend(), Ok((200, true)));
    let answered = play.take_output().into_iter().find_map(|output| match output {
        Output::Answer { answer, .. } => answer.outcome.err(),
        _ => None,
    });
    assert_eq!(answered.unwrap().code, "internal");
    play.expect_told();
}

#[test]
fn whose_messages_the_rules_fail_at_again_and_again_is_sent_away() {
    let mut play = play();
    let player = play.player;
    for time in 1..=3 {
        let poke = GameMessage { kind: 0, values: vec![Value::Integer(7)] };
        assert!(!play.holds(|room| room.handle_message(player, &poke).unwrap()));
        // More than one within a tick is no reason to give up.
        assert_eq!(play.mend(), Ok((200, true)));
        let closes =
            |output: &Output| matches!(output, Output::Close { reason: CloseReason::Internal, .. });
        assert_eq!(play.take_output().iter().any(closes), time == 3);
    }
    play.room.step();
}

#[test]
fn rules_that_fail_whatever_is_done_end_the_room() {
    let mut play = play();
    play.panics.store(u32::MAX, Ordering::Relaxed);
    assert!(!play.holds(Room::step));
    assert_eq!(play.mend(), Err(Hopeless::Tick(Tick(200))));
}

#[test]
fn rules_that_fail_all_the_time_end_the_room() {
    let mut play = play();
    let failures = (0..).find(|_| {
        play.panics.store(1, Ordering::Relaxed);
        assert!(!play.holds(Room::step));
        let mended = play.mend();
        play.room.step();
        mended == Err(Hopeless::Often)
    });
    assert_eq!(failures, Some(10));
}
