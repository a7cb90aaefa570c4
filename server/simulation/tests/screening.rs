//! Screenings: what is shown of a recorded match is what was recorded, however one gets there.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod recorded_match;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use proptest::prelude::*;
use recorded_match::{Script, record};
use tickwire_protocol::ids::{PlayerId, RequestId, Tick};
use tickwire_protocol::message::{Ack, Event, GameMessage, Request, RequestKind, Role, Value};
use tickwire_protocol::replica::{Agreement, Replica};
use tickwire_simulation::journal::file::Journal;
use tickwire_simulation::journal::playback::{MakeGame, Playback, PlaybackError, Played};
use tickwire_simulation::journal::screening::{
    BROKEN, ENTITY, LARGEST_RECORDED_PLAYER, PAUSED, Reel, SEEKING, Screening,
};
use tickwire_simulation::journal::table::{Entity, Table};
use tickwire_simulation::registry::GameOptions;
use tickwire_simulation::room::{Output, Room, RoomConfig, SeatRequest};
use tickwire_simulation::world::World;

const LENGTH: u32 = 600;
/// A full turn of a ship, as its angle is told.
const TURN: f64 = 256.0;
const PLAY: u8 = 0;
const PAUSE: u8 = 1;
const SEEK: u8 = 2;
const STEP: u8 = 3;

fn arena() -> MakeGame {
    Arc::new(|| Ok(tickwire_arena::create(&GameOptions::default())?))
}

static JOURNAL: LazyLock<Arc<Journal>> = LazyLock::new(|| {
    let script = Script { ticks: LENGTH, ..Script::default() };
    Arc::new(Journal::read(record(&script, arena()().unwrap())).unwrap())
});

/// What everybody was to see after each tick.
static RECORDED: LazyLock<Vec<BTreeMap<u32, Entity>>> = LazyLock::new(|| {
    let mut playback = playback();
    let mut shown = vec![public(Table::of(playback.world()))];
    while playback.step().unwrap().is_some() {
        shown.push(public(Table::of(playback.world())));
    }
    assert_eq!(shown.len() as u32, LENGTH + 1);
    shown
});

fn playback() -> Playback {
    Playback::new(Arc::clone(&JOURNAL), arena()).unwrap()
}

fn public(table: Table) -> BTreeMap<u32, Entity> {
    table.0.into_iter().filter(|(_, entity)| entity.owner.is_none()).collect()
}

/// A room that shows the match, and who watches it.
struct Cinema {
    room: Room,
    viewer: PlayerId,
    replica: Replica,
    ack: Ack,
    /// Events of the game that the viewer was sent.
    told: Vec<GameMessage>,
    requests: u32,
}

impl Cinema {
    fn open() -> Self {
        Self::of(playback())
    }

    fn of(reel: impl Reel) -> Self {
        let config = RoomConfig {
            capacity: 0,
            reserved_players: LARGEST_RECORDED_PLAYER,
            ..RoomConfig::default()
        };
        let mut room = Room::new(config, Box::new(Screening::new(Box::new(reel)))).unwrap();
        let name = "Viewer".to_owned();
        let request = SeatRequest { name, role: Role::Spectator, send_every: 1 };
        let viewer = room.handle_join(None, request, Duration::ZERO).unwrap();
        let welcome = std::iter::from_fn(|| room.poll_output()).find_map(|output| match output {
            Output::Welcome { welcome, .. } => Some(welcome),
            _ => None,
        });
        let replica = Replica::new(&welcome.unwrap());
        let (ack, told) = Default::default();
        Self { room, viewer, replica, ack, told, requests: 0 }
    }

    fn tell(&mut self, kind: u8, values: Vec<Value>) -> Result<Vec<Value>, String> {
        self.requests += 1;
        let what = RequestKind::Game(GameMessage { kind, values });
        let request = Request { id: RequestId(self.requests), what };
        self.room.handle_request(self.viewer, request).unwrap();
        let answer =
            std::iter::from_fn(|| self.room.poll_output()).find_map(|output| match output {
                Output::Answer { answer, .. } => Some(answer.outcome),
                _ => None,
            });
        answer.unwrap().map_err(|rejection| rejection.code)
    }

    fn play(&mut self, speed: f32) {
        self.tell(PLAY, vec![Value::Number(speed)]).unwrap();
    }

    fn pause(&mut self) {
        self.tell(PAUSE, Vec::new()).unwrap();
    }

    fn seek(&mut self, tick: i32) {
        self.tell(SEEK, vec![Value::Integer(tick)]).unwrap();
    }

    fn step_by(&mut self, ticks: i32) {
        self.tell(STEP, vec![Value::Integer(ticks)]).unwrap();
    }

    fn tick(&mut self) {
        self.room.step();
        while let Some(output) = self.room.poll_output() {
            let Output::Send { bytes, .. } = output else { continue };
            let (frame, agreement) = self.replica.handle_frame(&bytes).unwrap();
            assert_ne!(agreement, Agreement::Different);
            self.ack.frame = frame.number;
            for event in frame.events {
                self.ack.event = event.number;
                if let Event::Game(event) = event.event {
                    self.told.push(event);
                }
            }
        }
        self.room.handle_ack(self.viewer, self.ack, Duration::ZERO).unwrap();
    }

    /// Steps until it is on its way nowhere.
    fn settle(&mut self) {
        self.tick();
        while self.state()["flags"] as u32 & SEEKING != 0 {
            self.tick();
        }
    }

    fn shown(&self) -> (BTreeMap<u32, Entity>, BTreeMap<String, f64>) {
        let mut shown = Table::of(self.room.world()).0;
        let state = shown.remove(&ENTITY).unwrap();
        (shown, state.fields.into_iter().collect())
    }

    fn state(&self) -> BTreeMap<String, f64> {
        self.shown().1
    }

    /// What is shown is what was recorded of the tick that it says.
    fn expect_tick(&self, tick: u32) {
        let (shown, state) = self.shown();
        assert_eq!((state["tick"], state["length"]), (tick.into(), LENGTH.into()));
        assert_eq!(shown, RECORDED[tick as usize], "tick {tick}");
    }
}

#[test]
fn at_its_own_speed_every_tick_is_shown_as_it_was_recorded() {
    let mut cinema = Cinema::open();
    cinema.expect_tick(0);
    for tick in 1..=LENGTH {
        cinema.tick();
        cinema.expect_tick(tick);
    }
    cinema.tick();
    cinema.expect_tick(LENGTH);
    assert_eq!(cinema.state()["flags"], f64::from(PAUSED));
    // From the end it begins again.
    cinema.play(1.0);
    cinema.settle();
    cinema.expect_tick(0);
    cinema.tick();
    cinema.expect_tick(1);
}

#[test]
fn a_paused_match_stands_and_is_stepped_tick_by_tick() {
    let mut cinema = Cinema::open();
    cinema.seek(300);
    cinema.pause();
    cinema.settle();
    for _ in 0..3 {
        cinema.tick();
        cinema.expect_tick(300);
    }
    for (ticks, at) in [(1, 301), (1, 302), (-1, 301), (-3, 298), (10, 308), (-240, 68)] {
        cinema.step_by(ticks);
        cinema.settle();
        cinema.expect_tick(at);
    }
    cinema.seek(1_000_000);
    cinema.settle();
    cinema.expect_tick(LENGTH);
}

#[test]
fn speeds_are_multiples_of_the_recorded_one() {
    let mut cinema = Cinema::open();
    cinema.play(8.0);
    for tick in 1..=20 {
        cinema.tick();
        cinema.expect_tick(8 * tick);
    }
    cinema.play(2.0);
    cinema.tick();
    cinema.expect_tick(162);
    assert_eq!(cinema.state()["speed"], 2.0);
    assert_eq!(cinema.tell(PLAY, vec![Value::Number(3.0)]), Err("bad_speed".to_owned()));
    let mut longest = Cinema::open();
    longest.play(4.0);
    (0..LENGTH).for_each(|_| longest.tick());
    longest.expect_tick(LENGTH);
}

#[test]
fn below_its_own_speed_it_moves_evenly() {
    let mut cinema = Cinema::open();
    cinema.play(0.25);
    for quarter in 1..=400_u32 {
        cinema.tick();
        let (tick, part) = (quarter / 4, f64::from(quarter % 4) / 4.0);
        let (shown, state) = cinema.shown();
        assert_eq!(state["tick"], f64::from(tick));
        if part == 0.0 {
            cinema.expect_tick(tick);
            continue;
        }
        let [before, after] = [0, 1].map(|later| &RECORDED[(tick + later) as usize]);
        for (id, entity) in &shown {
            for (field, (name, value)) in entity.fields.iter().enumerate() {
                let from = before[id].fields[field].1;
                let to = after.get(id).map_or(from, |entity| entity.fields[field].1);
                let way = match name.as_str() {
                    "angle" => (to - from + 1.5 * TURN).rem_euclid(TURN) - TURN / 2.0,
                    name if name.starts_with("position") => to - from,
                    _ => 0.0,
                };
                // Half a step of the coarsest position, and one of an angle.
                let most = if name == "angle" { 1.0 } else { 0.0625 };
                let expected = from + way * part;
                let off = (value - expected).abs();
                let is_even = off <= most || name == "angle" && TURN - off <= most;
                assert!(is_even, "{name} of {id}: {value}, not {expected}");
            }
        }
        assert_eq!(shown.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    }
}

#[test]
fn who_played_is_there_by_name_and_leaves_when_they_left() {
    let mut cinema = Cinema::open();
    let names = |cinema: &Cinema| {
        let roster = cinema.room.world().roster().values();
        let bots = roster.filter(|who| who.role == Role::Bot).map(|who| who.name.clone());
        bots.collect::<std::collections::BTreeSet<_>>()
    };
    assert!(cinema.viewer.0 > LARGEST_RECORDED_PLAYER);
    assert!(!names(&cinema).contains("Ada"));
    for (tick, has) in
        [(100, [true, true, false]), (200, [true; 3]), (20, [false; 3]), (580, [true, true, false])]
    {
        cinema.seek(tick);
        cinema.settle();
        let names = names(&cinema);
        assert_eq!(["Ada", "Bo", "Cy"].map(|name| names.contains(name)), has, "tick {tick}");
        let mut playback = playback();
        playback.seek(cinema.room.config().first_tick.plus(cinema.state()["tick"] as u32)).unwrap();
        let played =
            playback.world().roster().iter().filter(|(_, who)| who.role != Role::Spectator);
        assert!(played.map(|(player, _)| *player).eq(cinema.room.world().bots().iter().copied()));
    }
}

#[test]
fn what_happened_is_told_again_but_not_on_the_way_to_somewhere() {
    let mut events = BTreeMap::new();
    let mut playback = playback();
    while let Some(played) = playback.step().unwrap() {
        events.insert(playback.world().tick().0, played.events.len());
    }
    let all: usize = events.values().sum();
    assert!(all > 5, "{all} events");
    let told = |mut cinema: Cinema, ticks: u32| {
        (0..ticks).for_each(|_| cinema.tick());
        cinema.told.len()
    };
    assert_eq!(told(Cinema::open(), LENGTH), all);
    for speed in [0.25, 0.5, 8.0] {
        let mut cinema = Cinema::open();
        cinema.play(speed);
        assert_eq!(told(cinema, LENGTH * 4 + 4), all, "speed {speed}");
    }
    let mut cinema = Cinema::open();
    cinema.seek(LENGTH as i32);
    assert_eq!(told(cinema, 100), 0);
}

#[test]
fn a_room_that_was_made_anew_shows_the_same() {
    let mut cinema = Cinema::open();
    cinema.play(0.5);
    (0..333).for_each(|_| cinema.tick());
    let before = cinema.shown();
    let mended =
        cinema.room.handle_failure(|| Some(Box::new(Screening::new(Box::new(playback())))));
    assert!(mended.is_ok());
    assert_eq!(cinema.shown(), before);
}

/// A reel that comes to a place where it cannot go on.
struct Torn(Playback);

impl Reel for Torn {
    fn world(&self) -> &World {
        self.0.world()
    }

    fn range(&self) -> (Tick, Tick) {
        Reel::range(&self.0)
    }

    fn step(&mut self) -> Result<Option<Played>, PlaybackError> {
        let tick = self.0.world().tick();
        if tick == Tick(222) { Err(PlaybackError::Block(tick)) } else { self.0.step() }
    }

    fn jump(&mut self, tick: Tick) -> Result<(), PlaybackError> {
        self.0.jump(tick)
    }

    fn has_diverged(&self) -> bool {
        false
    }
}

#[test]
fn where_a_match_cannot_go_on_it_stands_and_says_so() {
    let mut cinema = Cinema::of(Torn(playback()));
    let is_broken = |cinema: &Cinema| cinema.state()["flags"] as u32 & BROKEN != 0;
    (0..222).for_each(|_| cinema.tick());
    assert!(!is_broken(&cinema));
    for _ in 0..3 {
        cinema.tick();
        assert!(is_broken(&cinema));
        cinema.expect_tick(222);
    }
    // Behind that place it goes on.
    cinema.seek(500);
    cinema.settle();
    cinema.expect_tick(500);
    assert!(!is_broken(&cinema));
    cinema.seek(230);
    cinema.settle();
    assert!(is_broken(&cinema));
    cinema.expect_tick(500);
}

/// A reel of a match without keyframes but the first.
struct Unwound(Playback);

impl Reel for Unwound {
    fn world(&self) -> &World {
        self.0.world()
    }

    fn range(&self) -> (Tick, Tick) {
        Reel::range(&self.0)
    }

    fn step(&mut self) -> Result<Option<Played>, PlaybackError> {
        self.0.step()
    }

    fn jump(&mut self, tick: Tick) -> Result<(), PlaybackError> {
        let is_behind = self.0.world().tick().is_after(tick);
        if is_behind { self.0.jump(Tick(0)) } else { Ok(()) }
    }

    fn has_diverged(&self) -> bool {
        false
    }
}

#[test]
fn a_long_way_is_gone_over_several_steps_and_what_was_shown_stays_until_then() {
    let length = 3000;
    let script = Script { ticks: length, ..Script::default() };
    let journal = Arc::new(Journal::read(record(&script, arena()().unwrap())).unwrap());
    let mut cinema = Cinema::of(Unwound(Playback::new(Arc::clone(&journal), arena()).unwrap()));
    cinema.tick();
    cinema.pause();
    cinema.tick();
    let before = cinema.shown().0;
    cinema.seek(length.cast_signed());
    let mut steps = 0;
    loop {
        cinema.tick();
        steps += 1;
        if cinema.state()["flags"] as u32 & SEEKING == 0 {
            break;
        }
        assert_eq!((cinema.shown().0, cinema.state()["tick"]), (before.clone(), 1.0));
    }
    assert!((3..30).contains(&steps), "{steps} steps");
    let mut playback = Playback::new(journal, arena()).unwrap();
    playback.seek(Tick(length)).unwrap();
    assert_eq!(cinema.shown().0, public(Table::of(playback.world())));
    // Whoever changes their mind on the way is heard.
    cinema.seek(2500);
    cinema.tick();
    cinema.seek(7);
    cinema.settle();
    assert_eq!((cinema.state()["tick"], cinema.state()["flags"]), (7.0, f64::from(PAUSED)));
}

#[test]
fn a_journal_that_was_cut_off_ends_where_it_is_sound() {
    let script = Script { ticks: 200, ..Script::default() };
    let whole = record(&script, arena()().unwrap());
    let cut = Arc::new(Journal::read(whole[..whole.len() / 2].to_vec()).unwrap());
    let mut cinema = Cinema::of(Playback::new(cut, arena()).unwrap());
    (0..300).for_each(|_| cinema.tick());
    let state = cinema.state();
    assert_eq!((state["tick"], state["flags"]), (state["length"], f64::from(PAUSED)));
    assert!(state["length"] > 30.0 && state["length"] < 200.0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn whatever_was_done_a_tick_that_is_shown_is_the_one_recorded(
        orders in prop::collection::vec((0..5_u8, 0..700_i32, 1..9_u32), 1..25)
    ) {
        let mut cinema = Cinema::open();
        for (order, number, ticks) in orders {
            match order {
                0 => cinema.play([0.25, 0.5, 1.0, 2.0, 4.0, 8.0][number as usize % 6]),
                1 => cinema.pause(),
                2 => cinema.seek(number),
                _ => cinema.step_by(number % 21 - 10),
            }
            (0..ticks).for_each(|_| cinema.tick());
        }
        cinema.step_by(1);
        cinema.settle();
        let tick = cinema.state()["tick"] as u32;
        cinema.expect_tick(tick);
    }
}
