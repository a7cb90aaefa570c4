//! What a tick costs: the game's step alone, and with quantising and encoding its outcome.
//!
//! Only the tick is timed; players' inputs are handed in between, as a room would have them ready.
//! Throughput is in entity-ticks: entities of the game (in drift one per player; in arena ships,
//! pilots, bullets, asteroids and pickups) times ticks. Small games are measured by the room-full, so
//! that reading the clock does not count. Every bench checks at its end that the game went on.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{
    Bencher, BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
};
use tickwire_arena::options::ArenaOptions;
use tickwire_benches::replication::RoomState;
use tickwire_benches::scene::Scene;
use tickwire_benches::tick_table::{GROUP_PREFIX, STEP, STEP_HELD, STEP_QUANTISE_DELTA};
use tickwire_bot_client::behavior::Behavior;
use tickwire_simulation::interest::Interest;
use tickwire_simulation::registry::OptionError;

/// Sizes of the games, in entities.
const SIZES: [usize; 4] = [10, 100, 1000, 10_000];
/// Players of an arena that several threads step: with their bullets some 50,000 entities in motion.
const LARGE_ARENA_PLAYERS: usize = 20_000;
/// Games are measured together until they have this many entities.
const ENTITIES_PER_PASS: usize = 1000;
/// Ticks over which the mean number of entities is taken.
const CENSUS_TICKS: usize = 200;
/// Ticks for which a course is held: bodies of drift come a quarter of the world far.
const COURSE_TICKS: u64 = 256;
/// Least share of entities that must be in motion. In arena half of them never move.
const LEAST_MOTION: f64 = 0.25;

/// Rooms that are measured together, all of one size.
struct Rooms {
    scenes: Vec<Scene>,
    /// Mean number of entities of a room.
    entities: u64,
}

impl Rooms {
    fn open(size: usize, make: fn(usize, u64) -> Result<Scene, OptionError>) -> Self {
        let count = (ENTITIES_PER_PASS / size).max(1) as u64;
        let scenes: Result<Vec<_>, _> = (1..=count).map(|seed| make(size, seed)).collect();
        let scenes = scenes.unwrap_or_else(|error| panic!("the game refuses its options: {error}"));
        let mut rooms = Self { scenes, entities: 0 };
        let mut sum = 0;
        for _ in 0..CENSUS_TICKS {
            for scene in &mut rooms.scenes {
                scene.send_inputs();
                scene.step();
                scene.forget_events();
                sum += scene.snapshot().entities();
            }
        }
        let mean = sum as f64 / (CENSUS_TICKS * rooms.scenes.len()) as f64;
        let share = mean / size as f64;
        assert!((0.75..1.25).contains(&share), "{mean} entities where {size} are wanted");
        rooms.entities = mean.round() as u64;
        rooms
    }

    /// An arena of as many as its options allow for.
    fn large_arena() -> Self {
        let options = ArenaOptions {
            world: [40_000.0; 2],
            asteroids: 2000,
            pickups: 5000,
            ..ArenaOptions::default()
        };
        let game = Box::new(tickwire_arena::Arena::new(options));
        let mut scene = Scene::new(game, LARGE_ARENA_PLAYERS, Behavior::Wander, 1);
        for _ in 0..CENSUS_TICKS {
            scene.send_inputs();
            scene.step();
            scene.forget_events();
        }
        let entities = scene.snapshot().entities() as u64;
        Self { scenes: vec![scene], entities }
    }

    fn ticks(&self) -> usize {
        self.scenes.iter().map(Scene::ticks).sum()
    }

    /// That the measured code did what it was measured for.
    fn check(&mut self, ticks_before: usize, steps: u64) {
        assert_eq!(self.ticks() - ticks_before, steps as usize, "every iteration is a tick");
        let motion: f64 = self.scenes.iter_mut().map(Scene::share_in_motion).sum();
        let share = motion / self.scenes.len() as f64;
        assert!(share > LEAST_MOTION, "only {share:.2} of all entities move");
    }

    /// Measures ticks in which players send inputs. `tick` is given each scene and its number.
    fn measure(&mut self, bencher: &mut Bencher<'_>, mut tick: impl FnMut(usize, &mut Scene)) {
        let before = self.ticks();
        let mut steps = 0;
        bencher.iter_custom(|iterations| {
            let mut spent = Duration::ZERO;
            for _ in 0..iterations {
                self.scenes.iter_mut().for_each(Scene::send_inputs);
                let begin = Instant::now();
                for (index, scene) in self.scenes.iter_mut().enumerate() {
                    tick(index, scene);
                }
                spent += begin.elapsed();
                self.scenes.iter_mut().for_each(Scene::forget_events);
            }
            steps += iterations * self.scenes.len() as u64;
            spent / self.scenes.len() as u32
        });
        self.check(before, steps);
    }

    /// Measures steps in which nobody sends anything. Courses are reversed now and then, so that
    /// nobody ends up at a wall.
    fn measure_held(&mut self, bencher: &mut Bencher<'_>) {
        let before = self.ticks();
        let (mut steps, mut left, mut is_reversed) = (0, 0, false);
        bencher.iter_custom(|iterations| {
            let (mut spent, mut done) = (Duration::ZERO, 0);
            while done < iterations {
                if left == 0 {
                    (left, is_reversed) = (COURSE_TICKS, !is_reversed);
                    for scene in &mut self.scenes {
                        scene.hold_course(is_reversed);
                        scene.step();
                    }
                    steps += self.scenes.len() as u64;
                }
                let ticks = left.min(iterations - done);
                let begin = Instant::now();
                for _ in 0..ticks {
                    self.scenes.iter_mut().for_each(Scene::step);
                }
                spent += begin.elapsed();
                (left, done) = (left - ticks, done + ticks);
            }
            steps += iterations * self.scenes.len() as u64;
            spent / self.scenes.len() as u32
        });
        self.check(before, steps);
    }
}

fn step(group: &mut BenchmarkGroup<'_, WallTime>, size: usize, rooms: &mut Rooms) {
    group.bench_function(BenchmarkId::new(STEP, size), |bencher| {
        rooms.measure(bencher, |_, scene| scene.step());
    });
}

fn step_quantise_delta(group: &mut BenchmarkGroup<'_, WallTime>, size: usize, rooms: &mut Rooms) {
    group.bench_function(BenchmarkId::new(STEP_QUANTISE_DELTA, size), |bencher| {
        let state = |scene: &Scene| match RoomState::new(scene.game(), Interest::Everything) {
            Ok(state) => state,
            Err(error) => panic!("one cell is too many: {error}"),
        };
        let mut states: Vec<_> = rooms.scenes.iter().map(state).collect();
        rooms.measure(bencher, |index, scene| {
            scene.step();
            states[index].record(scene.game());
            black_box(states[index].encode());
        });
        let before = states[0].states();
        rooms.scenes[0].send_inputs();
        rooms.scenes[0].step();
        rooms.scenes[0].forget_events();
        states[0].record(rooms.scenes[0].game());
        let is_right = states[0].is_led_to_from(before);
        assert!(matches!(is_right, Ok(true)), "the chunks lead elsewhere: {is_right:?}");
    });
}

fn drift(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group(format!("{GROUP_PREFIX}drift"));
    for size in SIZES {
        let mut rooms = Rooms::open(size, Scene::drift);
        group.throughput(Throughput::Elements(rooms.entities));
        group.bench_function(BenchmarkId::new(STEP_HELD, size), |bencher| {
            rooms.measure_held(bencher);
        });
        step(&mut group, size, &mut rooms);
        step_quantise_delta(&mut group, size, &mut rooms);
    }
    group.finish();
}

fn arena(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group(format!("{GROUP_PREFIX}arena"));
    for size in SIZES {
        let mut rooms = Rooms::open(size, Scene::arena);
        group.throughput(Throughput::Elements(rooms.entities));
        step(&mut group, size, &mut rooms);
        step_quantise_delta(&mut group, size, &mut rooms);
    }
    group.finish();
}

/// Steps of an arena so large that several threads are worth it, on one and on two.
fn threads(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tick_on_threads/arena");
    let mut rooms = Rooms::large_arena();
    group.throughput(Throughput::Elements(rooms.entities));
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.unwrap_or_else(|error| panic!("no threads: {error}"));
        group.bench_function(BenchmarkId::new(STEP, threads), |bencher| {
            rooms.measure(bencher, |_, scene| pool.install(|| scene.step()));
        });
    }
    group.finish();
}

fn config() -> Criterion {
    // Handing in inputs takes longer than a small step, so the wall clock runs several times this.
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(50)
}

criterion_group! { name = benches; config = config(); targets = drift, arena, threads }
criterion_main!(benches);
