//! What the scripts do, as a model.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tickwire_cluster::Standing;
use tickwire_cluster::keys::NODE_REMEMBERED;

use super::{LEASE_MS, Number, Room};

/// Which life of which node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lease {
    pub name: usize,
    pub incarnation: u64,
}

/// A call of a script.
#[derive(Clone, Debug)]
pub enum Request {
    Renew {
        me: Lease,
        votes: Option<u64>,
    },
    Register {
        me: Lease,
        newest: Number,
    },
    Claim {
        me: Lease,
        rooms: BTreeMap<Room, Number>,
    },
    Create {
        me: Lease,
        room: Room,
    },
    /// The rooms of a dead node.
    Inspect {
        dead: Lease,
    },
    TakeOver {
        me: Lease,
        dead: Lease,
        room: Room,
        number: Number,
    },
    /// How many nodes there are.
    Count,
}

/// What it answers.
#[derive(Clone, Debug)]
pub enum Answer {
    Renewed(u64, Vec<Lease>),
    Lapsed,
    Taken(Number),
    NameTaken,
    Registered,
    Lost(BTreeSet<Room>),
    Created(Number),
    Rooms(BTreeMap<Room, Number>),
    No,
    Count(usize),
}

#[derive(Default)]
pub struct Redis {
    /// By name: whose, and until when.
    leases: BTreeMap<usize, (Lease, u64)>,
    seen: BTreeMap<Lease, u64>,
    votes: BTreeMap<Lease, u64>,
    owners: BTreeMap<Room, (Lease, Number)>,
    newest: Number,
}

impl Redis {
    pub fn lose_everything(&mut self) {
        *self = Self::default();
    }

    pub fn owner(&self, room: Room) -> Option<(Lease, Number)> {
        self.owners.get(&room).copied()
    }

    pub fn owners(&self) -> impl Iterator<Item = (Room, (Lease, Number))> {
        self.owners.iter().map(|(&room, &owner)| (room, owner))
    }

    fn lease(&self, name: usize, now: u64) -> Option<Lease> {
        self.leases.get(&name).filter(|(_, until)| *until > now).map(|(lease, _)| *lease)
    }

    fn give(&mut self, room: Room, me: Lease) -> Number {
        self.newest += 1;
        self.owners.insert(room, (me, self.newest));
        self.newest
    }

    pub fn answer(&mut self, request: &Request, now: u64) -> Answer {
        match request {
            Request::Renew { me, votes } => match self.lease(me.name, now) {
                None => Answer::Lapsed,
                Some(other) if other != *me => Answer::NameTaken,
                Some(_) => {
                    self.leases.insert(me.name, (*me, now + LEASE_MS));
                    self.seen.insert(*me, now);
                    if let Some(since) = votes {
                        self.votes.insert(*me, *since);
                    }
                    let lapsed = self.seen.iter().filter(|(_, seen)| **seen + LEASE_MS < now);
                    Answer::Renewed(now, lapsed.map(|(lease, _)| *lease).collect())
                }
            },
            Request::Register { me, newest } => {
                if self.lease(me.name, now).is_some_and(|other| other != *me) {
                    return Answer::NameTaken;
                }
                self.newest = self.newest.max(*newest);
                self.leases.insert(me.name, (*me, now + LEASE_MS));
                self.seen.insert(*me, now);
                Answer::Registered
            }
            Request::Claim { me, rooms } => {
                let mut lost = BTreeSet::new();
                for (&room, &number) in rooms {
                    match self.owners.get(&room) {
                        Some((owner, theirs))
                            if *theirs >= number && (owner, theirs) != (me, &number) =>
                        {
                            lost.insert(room);
                        }
                        _ => {
                            self.owners.insert(room, (*me, number));
                        }
                    }
                }
                Answer::Lost(lost)
            }
            Request::Create { me, room } => {
                if let Some(&(_, number)) = self.owners.get(room).filter(|(owner, _)| owner == me) {
                    return Answer::Created(number);
                }
                if self.lease(me.name, now) != Some(*me) || self.owners.contains_key(room) {
                    return Answer::No;
                }
                Answer::Created(self.give(*room, *me))
            }
            Request::Inspect { dead } => {
                let theirs = self.owners.iter().filter(|(_, (owner, _))| owner == dead);
                Answer::Rooms(theirs.map(|(&room, &(_, number))| (room, number)).collect())
            }
            Request::TakeOver { me, dead, room, number } => {
                self.take_over(*me, *dead, *room, *number, now)
            }
            Request::Count => Answer::Count(self.known(now)),
        }
    }

    fn known(&self, now: u64) -> usize {
        let remembered = NODE_REMEMBERED.as_millis() as u64;
        let known = self.seen.iter().filter(|(_, seen)| **seen + remembered >= now);
        known.map(|(lease, _)| lease.name).collect::<BTreeSet<_>>().len()
    }

    fn take_over(
        &mut self,
        me: Lease,
        dead: Lease,
        room: Room,
        number: Number,
        now: u64,
    ) -> Answer {
        if self.lease(me.name, now) != Some(me) {
            return Answer::No;
        }
        match self.owners.get(&room) {
            Some(&(owner, theirs)) if owner == me => return Answer::Taken(theirs),
            Some(&owner) if owner == (dead, number) => {}
            _ => return Answer::No,
        }
        let tenure = Standing::tenure_of(Duration::from_millis(LEASE_MS)).as_millis() as u64;
        let is_seated = self.seen.get(&dead).is_some_and(|seen| seen + tenure >= now);
        if self.lease(dead.name, now) == Some(dead) || is_seated {
            return Answer::No;
        }
        let votes = self.votes.values().filter(|since| **since + LEASE_MS > now).count();
        if votes * 2 < self.known(now) { Answer::No } else { Answer::Taken(self.give(room, me)) }
    }
}
