//! Shots of a player far away, through a room and a simulated network: judged by what the player saw.
//!
//! The marksman rests and fires along +x. Ships cross the line of fire, one after the other. The
//! marksman's client shows them as any client does, late by the way and by its interpolation, and fires
//! when what it *sees* will be on the line once the bullet is there, as one would without any latency.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use glam::Vec2;
use tickwire_arena::Arena;
use tickwire_arena::options::ArenaOptions;
use tickwire_arena::schema::POSITION_STEP;
use tickwire_protocol::envelope::FRAME_TAG;
use tickwire_protocol::ids::{EventNumber, FrameNumber, InputSeq, PlayerId, Tick};
use tickwire_protocol::message::{Ack, Input, InputValues, Role, ViewAge};
use tickwire_protocol::schema::Schema;
use tickwire_simulation::game::{Context, Game, View};
use tickwire_simulation::inputs::Inputs;
use tickwire_simulation::interest::Interest;
use tickwire_simulation::room::{Output, Room, RoomConfig, SeatRequest};
use tickwire_simulation::saved::RestoreError;
use tickwire_simulation::scene::SceneWriter;

const HZ: u32 = 30;
const MARKSMAN: PlayerId = PlayerId(1);
const TARGET: PlayerId = PlayerId(2);
/// Where the marksman rests; the line of fire is its y.
const REST: Vec2 = Vec2::new(100.0, 500.0);
/// From the marksman to where its bullets begin.
const MUZZLE: f32 = 20.0;
/// What a bullet flies in a tick.
const BULLET_WAY: f32 = 900.0 / HZ as f32;
const TARGETS: u32 = 20;
/// Ticks from one target to the next, and before the first.
const INTERVAL: u32 = 90;
/// How early the client sends its inputs.
const SLACK: Duration = Duration::from_millis(20);
/// Ticks that it holds others back: one, and some milliseconds for jitter.
const INTERPOLATION: f64 = 1.15;

fn due(tick: f64) -> f64 {
    tick / f64::from(HZ)
}

/// What happens on the range: written by the game, read by the test.
#[derive(Debug, Default)]
struct Log {
    /// Where the target was, tick by tick, as clients are told.
    places: Vec<Vec2>,
    hits: u32,
}

/// An arena in which the marksman rests and the target crosses.
struct Range {
    arena: Arena,
    log: Arc<Mutex<Log>>,
}

impl Range {
    /// Before each tick: a new target every so often, which keeps its speed.
    fn stage(&mut self, tick: u32) {
        let (number, since) = (tick / INTERVAL, tick % INTERVAL);
        let fleet = self.arena.fleet_mut();
        if let Some(marksman) = fleet.of_mut(MARKSMAN) {
            marksman.motion.position = REST;
            marksman.motion.velocity = Vec2::ZERO;
            marksman.motion.angle = 0;
        }
        if let Some(target) = fleet.of_mut(TARGET) {
            let downwards = if number.is_multiple_of(2) { 1.0 } else { -1.0 };
            if since == 0 {
                let x = 200.0 + (number * 61 % 400) as f32;
                target.motion.position = Vec2::new(x, REST.y - downwards * 300.0);
            }
            let speed = 220.0 + (number * 37 % 130) as f32;
            target.motion.velocity = Vec2::new(0.0, downwards * speed);
            (target.energy, target.protection) = (100.0, 0);
        }
    }
}

impl Game for Range {
    fn schema(&self) -> Schema {
        self.arena.schema()
    }

    fn on_join(&mut self, context: &mut Context<'_>, player: PlayerId, name: &str) {
        self.arena.on_join(context, player, name);
    }

    fn on_leave(&mut self, context: &mut Context<'_>, player: PlayerId) {
        self.arena.on_leave(context, player);
    }

    fn step(&mut self, context: &mut Context<'_>, inputs: &Inputs<'_>) {
        self.stage(context.tick().0);
        self.arena.step(context, inputs);
        let target = self.arena.fleet().of(TARGET).unwrap();
        let mut log = self.log.lock().unwrap();
        log.places.push((target.motion.position / POSITION_STEP).round() * POSITION_STEP);
        log.hits += u32::from(target.energy < 100.0);
    }

    fn replicate(&self, out: &mut SceneWriter<'_>) {
        self.arena.replicate(out);
    }

    fn interest(&self) -> Interest {
        self.arena.interest()
    }

    fn view_of(&self, player: PlayerId) -> Option<View> {
        self.arena.view_of(player)
    }

    fn rewind(&self) -> Duration {
        self.arena.rewind()
    }

    fn save(&self) -> Vec<u8> {
        self.arena.save()
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), RestoreError> {
        self.arena.restore(state)
    }
}

/// What is on its way to the server.
enum Said {
    Input(Input),
    Ack(FrameNumber),
}

/// What the marksman's client does.
#[derive(Clone, Copy)]
struct Manner {
    round_trip: Duration,
    /// Ticks that it shows others later than it must.
    stale: f64,
    /// Ticks by which it claims to show others later than it does.
    exaggeration: f64,
}

const HONEST: Manner =
    Manner { round_trip: Duration::from_millis(250), stale: 0.0, exaggeration: 0.0 };

/// How many of twenty crossing targets the marksman hits with a shot each, and the room's hash.
fn shoot(rewind_ms: u32, manner: Manner) -> (u32, u64) {
    let options = ArenaOptions { world: [1000.0, 1000.0], asteroids: 0, pickups: 0, rewind_ms };
    let log = Arc::<Mutex<Log>>::default();
    let game = Range { arena: Arena::new(options), log: log.clone() };
    let mut room = Room::new(RoomConfig::default(), Box::new(game)).unwrap();
    for name in ["marksman", "target"] {
        let request = SeatRequest { name: name.to_owned(), role: Role::Player, send_every: 1 };
        room.handle_join(None, request, Duration::ZERO).unwrap();
    }
    let mut line = Line { one_way: manner.round_trip.as_secs_f64() / 2.0, up: VecDeque::new() };
    let mut marksman = Marksman { manner, seq: InputSeq(0), fired_at: 0, shots: 0 };
    let mut frames = [FrameNumber(0); 2];
    for tick in 1..INTERVAL * (TARGETS + 1) {
        line.deliver(due(tick.into()), &mut room);
        room.step();
        while let Some(output) = room.poll_output() {
            let Output::Send { player, bytes } = output else { continue };
            if bytes[0] >= FRAME_TAG {
                let frame = &mut frames[(player.0 - 1) as usize];
                *frame = frame.next();
                if player == MARKSMAN {
                    line.say(due(tick.into()) + line.one_way, Said::Ack(*frame));
                } else {
                    room.handle_ack(player, ack(*frame), Duration::from_secs_f64(due(tick.into())))
                        .unwrap();
                }
            }
        }
        marksman.act(tick, &log.lock().unwrap().places, &mut line);
    }
    assert_eq!(marksman.shots, TARGETS, "a shot for each");
    let hits = log.lock().unwrap().hits;
    (hits, room.state_hash())
}

fn ack(frame: FrameNumber) -> Ack {
    Ack { frame, event: EventNumber(0) }
}

/// The way between the marksman and the server.
struct Line {
    /// Seconds.
    one_way: f64,
    /// What arrives when, in order.
    up: VecDeque<(f64, Said)>,
}

impl Line {
    fn say(&mut self, now: f64, said: Said) {
        let arrives = now + self.one_way;
        let at = self.up.partition_point(|(other, _)| *other <= arrives);
        self.up.insert(at, (arrives, said));
    }

    fn deliver(&mut self, now: f64, room: &mut Room) {
        while self.up.front().is_some_and(|(at, _)| *at <= now) {
            let (at, said) = self.up.pop_front().unwrap();
            let at = Duration::from_secs_f64(at);
            match said {
                Said::Input(input) => room.handle_input(MARKSMAN, input, at).unwrap(),
                Said::Ack(frame) => room.handle_ack(MARKSMAN, ack(frame), at).unwrap(),
            }
        }
    }
}

struct Marksman {
    manner: Manner,
    seq: InputSeq,
    fired_at: u32,
    shots: u32,
}

impl Marksman {
    /// What the client decides while the server is at a tick: the input for the tick whose time to
    /// send it has come.
    fn act(&mut self, tick: u32, places: &[Vec2], line: &mut Line) {
        let ahead = (line.one_way + SLACK.as_secs_f64()) * f64::from(HZ);
        let at = (f64::from(tick) + ahead).ceil();
        let now = due(at - ahead);
        // What has arrived by now, less what is held back.
        let shown = (now - line.one_way) * f64::from(HZ) - INTERPOLATION - self.manner.stale;
        let place = |tick: f64| {
            let (before, share) = (tick.floor() as usize, tick.fract() as f32);
            places[before - 1].lerp(places[before], share)
        };
        if shown < 2.0 || at as u32 / INTERVAL == 0 {
            return;
        }
        let (seen, before) = (place(shown), place(shown - 1.0));
        let speed = seen.y - before.y;
        let flight = (seen.x - REST.x - MUZZLE) / BULLET_WAY;
        let miss = seen.y + speed * flight - REST.y;
        // The nearest tick, or one that is hardly farther. A new target has jumped to where it begins.
        let is_crossing = (seen.y - REST.y).abs() < 250.0;
        let fires =
            is_crossing && miss.abs() <= speed.abs() * 0.6 && at as u32 > self.fired_at + 40;
        if fires || at as u32 == self.fired_at + 1 {
            if fires {
                self.fired_at = at as u32;
                self.shots += 1;
            }
            self.seq = self.seq.next();
            let age = at - shown + self.manner.exaggeration;
            let input = Input {
                seq: self.seq,
                at: Tick(at as u32),
                view_age: ViewAge::from_ticks(age as f32),
                values: InputValues::new(&[0, 0, fires.into(), 0]).unwrap(),
            };
            line.say(now, Said::Input(input));
        }
    }
}

#[test]
fn what_is_aimed_at_is_hit_across_a_quarter_of_a_second() {
    assert_eq!(shoot(400, HONEST).0, TARGETS);
}

#[test]
fn without_looking_back_all_of_it_is_missed() {
    assert_eq!(shoot(0, HONEST).0, 0);
}

#[test]
fn near_players_hit_as_well() {
    let near = Manner { round_trip: Duration::from_millis(4), ..HONEST };
    assert_eq!(shoot(400, near).0, TARGETS);
}

#[test]
fn who_claims_an_older_view_than_can_be_gains_nothing() {
    // It aims at what was 250 ms ago, and says so.
    let near = Manner { round_trip: Duration::from_millis(60), ..HONEST };
    assert_eq!(shoot(400, Manner { stale: 7.5, ..near }).0, 0);
    // It aims at what it sees, and says that it sees what was 250 ms ago.
    assert_eq!(
        shoot(400, Manner { exaggeration: 7.5, ..near }),
        shoot(400, Manner { exaggeration: 20.0, ..near })
    );
    assert_eq!(shoot(400, Manner { exaggeration: 7.5, ..near }).0, TARGETS);
}

#[test]
fn two_runs_are_the_same() {
    assert_eq!(shoot(400, HONEST), shoot(400, HONEST));
}
