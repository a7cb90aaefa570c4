//! A node, as its membership drives it: one request after the other.

use std::collections::BTreeMap;
use std::time::Duration;

use tickwire_cluster::{Standing, State, Verdict};

use super::redis::{Answer, Lease, Request};
use super::{LEASE_MS, Number, Room};

/// Rooms that each node opens in its life.
const ROOMS: u64 = 2;

/// Peers were asked.
#[derive(Clone, Copy, Debug)]
pub struct Poll {
    pub asked: u64,
    /// When the outcome is known.
    pub told: u64,
    pub verdict: Verdict,
}

/// A request that waits for its answer.
struct Waiting {
    id: u64,
    sent: u64,
    request: Request,
}

pub struct Node {
    pub name: usize,
    pub incarnation: u64,
    pub standing: Standing,
    pub rooms: BTreeMap<Room, Number>,
    pub known: usize,
    pub poll: Option<Poll>,
    pub stopped_until: u64,
    pub dead_until: u64,
    waiting: Option<Waiting>,
    next_id: u64,
    next_renewal: u64,
    next_poll: u64,
    next_count: u64,
    is_registered: bool,
    /// When the registration was sent whose rooms are about to be claimed.
    claiming: Option<u64>,
    newest: Number,
    /// When Redis has renewed the lease, by its own time.
    renewed_at: Option<u64>,
    opened: u64,
    lapsed: Vec<Lease>,
    /// Rooms that are about to be taken over.
    wanted: Vec<(Lease, Room, Number)>,
}

impl Node {
    pub fn new(name: usize, incarnation: u64, now: u64) -> Self {
        Self {
            name,
            incarnation,
            standing: Standing::new(Duration::from_millis(LEASE_MS)),
            rooms: BTreeMap::new(),
            // Whoever does not know the others cannot know that they are more than half.
            known: usize::MAX / 2,
            poll: None,
            stopped_until: 0,
            dead_until: now,
            waiting: None,
            next_id: 0,
            next_renewal: now,
            next_poll: 0,
            next_count: now,
            is_registered: false,
            claiming: None,
            newest: 0,
            renewed_at: None,
            opened: 0,
            lapsed: Vec::new(),
            wanted: Vec::new(),
        }
    }

    pub const fn runs(&self, now: u64) -> bool {
        now >= self.stopped_until && now >= self.dead_until
    }

    pub fn may_run(&self, now: u64) -> bool {
        self.standing.state(Duration::from_millis(now)) != State::Suspended
    }

    const fn me(&self) -> Lease {
        Lease { name: self.name, incarnation: self.incarnation }
    }

    /// What is to be asked for now, if anything.
    pub fn drive(&mut self, now: u64, patience_ms: u64) -> Option<(u64, Request)> {
        if let Some(poll) = self.poll.filter(|poll| now >= poll.told) {
            self.poll = None;
            let [asked, at] = [poll.asked, now].map(Duration::from_millis);
            self.standing.handle_verdict(asked, poll.verdict, at);
        }
        if let Some(waiting) = self.waiting.take_if(|waiting| now >= waiting.sent + patience_ms) {
            self.give_up(waiting.request);
        }
        if self.waiting.is_some() {
            return None;
        }
        let request = self.next_request(now)?;
        self.next_id += 1;
        self.waiting = Some(Waiting { id: self.next_id, sent: now, request: request.clone() });
        Some((self.next_id, request))
    }

    fn give_up(&mut self, request: Request) {
        match request {
            // Whether it was done is not known: it is asked for again.
            Request::TakeOver { dead, room, number, .. } => self.wanted.push((dead, room, number)),
            // Asked for again likewise: it is carried out once.
            Request::Create { .. } => {}
            Request::Claim { .. } => (self.claiming, self.is_registered) = (None, false),
            _ => {}
        }
    }

    fn next_request(&mut self, now: u64) -> Option<Request> {
        let (me, at) = (self.me(), Duration::from_millis(now));
        if self.claiming.is_some() {
            return Some(Request::Claim { me, rooms: self.rooms.clone() });
        }
        if now >= self.next_renewal {
            self.next_renewal = now + LEASE_MS / 3;
            if !self.is_registered {
                return Some(Request::Register { me, newest: self.newest });
            }
            return Some(Request::Renew {
                me,
                votes: self.renewed_at.filter(|_| self.standing.is_steady(at)),
            });
        }
        if !self.is_registered || self.standing.state(at) != State::Leased {
            return None;
        }
        if now >= self.next_count {
            self.next_count = now + LEASE_MS;
            return Some(Request::Count);
        }
        if self.standing.is_steady(at) {
            if let Some((dead, room, number)) = self.wanted.pop() {
                return Some(Request::TakeOver { me, dead, room, number });
            }
            if let Some(dead) = self.lapsed.pop() {
                return Some(Request::Inspect { dead });
            }
        }
        if self.opened < ROOMS {
            let room = self.name as u64 + 10 * self.opened + 100 * self.incarnation;
            return Some(Request::Create { me, room });
        }
        None
    }

    pub fn handle_answer(&mut self, id: u64, answer: Answer, now: u64) {
        let Some(Waiting { sent, request, .. }) = self.waiting.take_if(|waiting| waiting.id == id)
        else {
            return;
        };
        let (sent_at, at) = (Duration::from_millis(sent), Duration::from_millis(now));
        match (request, answer) {
            (Request::Renew { .. }, Answer::Renewed(renewed_at, lapsed)) => {
                self.renewed_at = Some(renewed_at);
                self.standing.handle_renewed(sent_at, at);
                self.lapsed = lapsed;
            }
            (Request::Renew { .. }, Answer::Lapsed) => {
                self.standing.handle_lapsed(at);
                self.is_registered = false;
                self.next_renewal = now;
            }
            (Request::Register { .. }, Answer::Registered) => {
                self.is_registered = true;
                self.claiming = Some(sent);
            }
            (Request::Claim { .. }, Answer::Lost(lost)) => {
                self.rooms.retain(|room, _| !lost.contains(room));
                // Only now: a room that is somebody else's may not run for a moment.
                let registered = self.claiming.take().unwrap_or(sent);
                self.standing.handle_registered(Duration::from_millis(registered), at);
            }
            (Request::Create { room, .. }, answer) => {
                self.opened += 1;
                if let Answer::Created(number) = answer {
                    self.take(room, number);
                }
            }
            (Request::Inspect { dead }, Answer::Rooms(rooms)) => {
                self.wanted.extend(rooms.into_iter().map(|(room, number)| (dead, room, number)));
            }
            (Request::TakeOver { room, .. }, Answer::Taken(number)) => self.take(room, number),
            (Request::Count, Answer::Count(known)) => self.known = known,
            _ => {}
        }
    }

    fn take(&mut self, room: Room, number: Number) {
        self.newest = self.newest.max(number);
        self.rooms.insert(room, number);
    }

    /// Whether a renewal is overdue by so much that peers are asked.
    pub fn wants_to_ask_peers(&mut self, now: u64) -> bool {
        let is_overdue = self.waiting.as_ref().is_some_and(|waiting| {
            matches!(waiting.request, Request::Renew { .. } | Request::Register { .. })
                && now >= waiting.sent + LEASE_MS / 10
        });
        let is_due = is_overdue && self.poll.is_none() && now >= self.next_poll;
        if is_due {
            self.next_poll = now + LEASE_MS / 10;
        }
        is_due
    }
}
