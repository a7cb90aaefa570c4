//! A cluster in simulated time: nodes drive the crate's own [`Standing`](tickwire_cluster::Standing) against a model
//! of the scripts.

mod node;
mod redis;

use std::collections::BTreeMap;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

use node::{Node, Poll};
use redis::{Answer, Lease, Redis, Request};

/// From one look at everything to the next.
const STEP_MS: u64 = 5;
/// A request without an answer is given up after so long.
const PATIENCE_MS: u64 = 300;
/// The length of leases.
pub const LEASE_MS: u64 = 1000;

pub type Room = u64;
pub type Number = u64;

/// What may go wrong.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    /// Nodes are killed, and started again.
    pub deaths: bool,
    /// Nodes stand still for a while, as by SIGSTOP.
    pub stops: bool,
    /// Redis is away.
    pub outages: bool,
    /// Redis loses its data then.
    pub losses: bool,
    /// Links break, between nodes and to Redis.
    pub cuts: bool,
}

impl Faults {
    pub const NONE: Self =
        Self { deaths: false, stops: false, outages: false, losses: false, cuts: false };
}

/// A request on its way, or its answer.
struct Travelling {
    node: usize,
    incarnation: u64,
    id: u64,
    request: Request,
    arrives: u64,
    answer: Option<(Answer, u64)>,
}

pub struct Simulation {
    seed: u64,
    rng: Pcg64,
    faults: Faults,
    now: u64,
    redis: Redis,
    redis_back: u64,
    nodes: Vec<Node>,
    travelling: Vec<Travelling>,
    /// Until when links are cut: to Redis, and between nodes.
    redis_cut: Vec<u64>,
    cut: Vec<Vec<u64>>,
    /// The largest fence under which a frame of a room has left, and whose it was.
    shown: BTreeMap<Room, (Number, usize)>,
    pub takeovers: u32,
}

impl Simulation {
    pub fn new(seed: u64, nodes: usize, faults: Faults) -> Self {
        Self {
            seed,
            rng: Pcg64::seed_from_u64(seed),
            faults,
            now: 1,
            redis: Redis::default(),
            redis_back: 0,
            nodes: (0..nodes).map(|name| Node::new(name, 0, 1)).collect(),
            travelling: Vec::new(),
            redis_cut: vec![0; nodes],
            cut: vec![vec![0; nodes]; nodes],
            shown: BTreeMap::new(),
            takeovers: 0,
        }
    }

    /// Nothing goes wrong from now on, and what is broken is mended.
    pub fn heal(&mut self) {
        self.faults = Faults::NONE;
        self.redis_back = self.now;
        self.redis_cut.fill(self.now);
        self.cut.iter_mut().for_each(|row| row.fill(self.now));
        for node in &mut self.nodes {
            node.stopped_until = self.now;
            node.dead_until = node.dead_until.min(self.now);
        }
    }

    pub fn run(&mut self, millis: u64) {
        let until = self.now + millis;
        while self.now < until {
            self.now += STEP_MS;
            self.break_something();
            self.deliver();
            for index in 0..self.nodes.len() {
                if self.nodes[index].runs(self.now) {
                    self.drive(index);
                    self.show_frames(index);
                }
            }
        }
    }

    /// Once in a while, on average, something breaks for up to three seconds.
    fn break_something(&mut self) {
        let happens = |rng: &mut Pcg64, every_ms: f64| rng.random_bool(STEP_MS as f64 / every_ms);
        let (now, count) = (self.now, self.nodes.len());
        let until = now + self.rng.random_range(20..3000);
        if self.faults.deaths && happens(&mut self.rng, 2500.0) {
            let index = self.rng.random_range(0..count);
            let Node { name, incarnation, .. } = self.nodes[index];
            self.nodes[index] = Node::new(name, incarnation + 1, now);
            self.nodes[index].dead_until = until;
        }
        if self.faults.stops && happens(&mut self.rng, 1500.0) {
            let index = self.rng.random_range(0..count);
            self.nodes[index].stopped_until = until;
        }
        if self.faults.outages && self.redis_back <= now && happens(&mut self.rng, 3000.0) {
            self.redis_back = until;
            if self.faults.losses && self.rng.random_bool(0.5) {
                self.redis.lose_everything();
            }
        }
        if self.faults.cuts && happens(&mut self.rng, 500.0) {
            let one = self.rng.random_range(0..count);
            let other = self.rng.random_range(0..count);
            if self.rng.random_bool(0.5) {
                self.redis_cut[one] = until;
            } else {
                self.cut[one][other] = until;
                self.cut[other][one] = until;
            }
        }
    }

    fn reaches_redis(&self, index: usize) -> bool {
        self.redis_back <= self.now && self.redis_cut[index] <= self.now
    }

    /// Requests arrive at Redis, answers at nodes. What meets a cut waits in a buffer, or is lost.
    fn deliver(&mut self) {
        for mut one in std::mem::take(&mut self.travelling) {
            let is_through = self.reaches_redis(one.node);
            let due = one.answer.as_ref().map_or(one.arrives, |(_, at)| *at);
            if due > self.now {
                self.travelling.push(one);
            } else if !is_through {
                // A connection that is not given up delivers later.
                if self.rng.random_bool(0.9) {
                    self.travelling.push(one);
                }
            } else if let Some((answer, _)) = one.answer {
                let node = &mut self.nodes[one.node];
                if node.incarnation == one.incarnation && node.runs(self.now) {
                    self.takeovers += u32::from(matches!(answer, Answer::Taken(_)));
                    node.handle_answer(one.id, answer, self.now);
                } else if node.incarnation == one.incarnation {
                    // It stands still: the answer waits for it.
                    self.travelling.push(Travelling { answer: Some((answer, self.now)), ..one });
                }
            } else {
                let answer = self.redis.answer(&one.request, self.now);
                let at = self.now + self.rng.random_range(1..40);
                one.answer = Some((answer, at));
                self.travelling.push(one);
            }
        }
    }

    fn drive(&mut self, index: usize) {
        let now = self.now;
        let asks = self.nodes[index].drive(now, PATIENCE_MS);
        if let Some((id, request)) = asks {
            let arrives = now + self.rng.random_range(1..40);
            let incarnation = self.nodes[index].incarnation;
            self.travelling.push(Travelling {
                node: index,
                incarnation,
                id,
                request,
                arrives,
                answer: None,
            });
        }
        if self.nodes[index].wants_to_ask_peers(now) {
            self.ask_peers(index);
        }
    }

    /// Peers answer at once, each with what a try at Redis shows at that moment; the outcome is there a little later.
    fn ask_peers(&mut self, index: usize) {
        let now = self.now;
        let mut answers = Vec::new();
        for peer in (0..self.nodes.len()).filter(|&peer| peer != index) {
            let is_there = self.cut[index][peer] <= now && self.nodes[peer].runs(now);
            let reaches = self.reaches_redis(peer);
            let at = Duration::from_millis(now);
            answers.push(
                is_there.then(|| self.nodes[peer].standing.handle_asked(reaches, at)).flatten(),
            );
        }
        let known = self.nodes[index].known;
        let verdict = tickwire_cluster::standing::tally(known, answers);
        let told = now + self.rng.random_range(2..60);
        self.nodes[index].poll = Some(Poll { asked: now, told, verdict });
    }

    /// A frame of each room leaves, where the node may.
    fn show_frames(&mut self, index: usize) {
        let node = &self.nodes[index];
        if !node.may_run(self.now) {
            return;
        }
        for (&room, &number) in &node.rooms {
            let shown = self.shown.entry(room).or_insert((number, index));
            assert!(
                number >= shown.0,
                "seed {}, {} ms: node {index} shows room {room} under {number} after {shown:?}",
                self.seed,
                self.now,
            );
            assert!(
                number > shown.0 || shown.1 == index,
                "seed {}, {} ms: nodes {index} and {} have room {room} under {number}",
                self.seed,
                self.now,
                shown.1,
            );
            *shown = (number, index);
        }
    }

    /// All nodes may run their rooms, and each room that Redis knows of is where Redis says.
    pub fn check_that_every_room_runs(&self) {
        for node in &self.nodes {
            assert!(node.may_run(self.now), "seed {}: node {} stands still", self.seed, node.name);
            for (room, number) in &node.rooms {
                let listed = self.redis.owner(*room);
                let own = Some((Lease { name: node.name, incarnation: node.incarnation }, *number));
                assert_eq!(listed, own, "seed {}: room {room} is not listed", self.seed);
            }
        }
        for (room, (owner, number)) in self.redis.owners() {
            let node = &self.nodes[owner.name];
            assert_eq!(
                node.incarnation, owner.incarnation,
                "seed {}: room {room} is lost",
                self.seed
            );
            assert_eq!(node.rooms.get(&room), Some(&number), "seed {}: room {room}", self.seed);
        }
    }
}
