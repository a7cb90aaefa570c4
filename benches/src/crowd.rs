//! A room full of members, without a network: they send inputs and acknowledge, and that is all.
//!
//! A few of them can be *observers*, who keep and check a whole replica; the others read only what
//! precedes the chunks of a frame, so that a large room is soon read.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use thiserror::Error;
use tickwire_bot_client::behavior::Behavior;
use tickwire_bot_client::view::{Detail, View};
use tickwire_protocol::envelope::FRAME_TAG;
use tickwire_protocol::frame::FrameError;
use tickwire_protocol::ids::{EventNumber, FrameNumber, InputSeq, PlayerId, Tick};
use tickwire_protocol::message::{Ack, Input, Role, ViewAge, Welcome};
use tickwire_protocol::replica::{Agreement, Replica};
use tickwire_simulation::game::Game;
use tickwire_simulation::room::{
    MessageError, Output, Room, RoomConfig, RoomError, RoomFull, SeatRequest,
};

use crate::script::{Scripts, TICK_RATE_HZ};

/// Members who join between two ticks while a crowd gathers: fewer than events may wait for one.
const JOINS_PER_TICK: usize = 50;

/// Why a crowd cannot go on: the room behaves otherwise than this file believes.
#[derive(Debug, Error)]
pub enum CrowdError {
    /// There can be no room for the game.
    #[error("{0}")]
    Room(#[from] RoomError),
    /// The room has fewer seats than it was set up with.
    #[error("{0}")]
    Full(#[from] RoomFull),
    /// The room takes offence at an input or acknowledgement.
    #[error("{0}")]
    Message(#[from] MessageError),
    /// A frame does not read.
    #[error("{0}")]
    Frame(#[from] FrameError),
    /// An observer's replica is not what the room says it should be.
    #[error("the replica of player {0} differs from the room")]
    Desync(PlayerId),
    /// The room has refused a member's input.
    #[error("the room has refused an input of player {0}")]
    Refused(PlayerId),
    /// The room has closed a member's connection.
    #[error("the room has closed the connection of player {0}")]
    Closed(PlayerId),
}

/// What a crowd is made of.
#[derive(Clone, Copy, Debug)]
pub struct CrowdPlan {
    /// Members, all of them players.
    pub players: usize,
    /// How many of them keep a whole replica.
    pub observers: usize,
    /// What they do.
    pub behavior: Behavior,
    /// Seed of the room and of what its members do.
    pub seed: u64,
}

impl CrowdPlan {
    /// So many players who wander, and whose frames nobody decodes.
    #[must_use]
    pub const fn wanderers(players: usize, seed: u64) -> Self {
        Self { players, observers: 0, behavior: Behavior::Wander, seed }
    }
}

/// A member, as the other end of its connection knows it.
#[derive(Debug, Default)]
struct Member {
    /// `None` until the welcome is there.
    view: Option<View>,
    is_observer: bool,
    event: EventNumber,
    input: InputSeq,
}

impl Member {
    /// The newest frame.
    fn frame(&self) -> FrameNumber {
        self.view.as_ref().map_or(FrameNumber(0), |view| view.cursor().number())
    }

    fn handle_welcome(&mut self, welcome: &Welcome) {
        let detail = if self.is_observer { Detail::Whole } else { Detail::Prefix };
        self.view = Some(View::new(detail, welcome));
    }
}

/// A room and its members.
pub struct Crowd {
    room: Room,
    members: BTreeMap<PlayerId, Member>,
    scripts: Scripts,
    sent: Vec<(PlayerId, Bytes)>,
}

impl Crowd {
    /// A room full of players who have all received their first frame.
    ///
    /// # Errors
    /// [`CrowdError`]; none are expected.
    pub fn gather(game: Box<dyn Game>, plan: CrowdPlan) -> Result<Self, CrowdError> {
        let config = RoomConfig {
            seed: plan.seed,
            capacity: plan.players,
            ..RoomConfig::new(TICK_RATE_HZ, RoomConfig::default().heartbeat_timeout)
        };
        let room = Room::new(config, game)?;
        let scripts = Scripts::record(room.schema(), plan.behavior, plan.seed);
        let mut crowd = Self { room, members: BTreeMap::new(), scripts, sent: Vec::new() };
        while crowd.members.len() < plan.players {
            for _ in 0..JOINS_PER_TICK.min(plan.players - crowd.members.len()) {
                let name = String::from("bench");
                let request = SeatRequest { name, role: Role::Player, send_every: 1 };
                let player = crowd.room.handle_join(None, request, Duration::ZERO)?;
                let is_observer = crowd.members.len() < plan.observers;
                crowd.members.insert(player, Member { is_observer, ..Member::default() });
            }
            crowd.step()?;
            crowd.receive()?;
            crowd.acknowledge(|_| true)?;
        }
        Ok(crowd)
    }

    /// Hands in what members send between two ticks: inputs at 20 Hz, and an acknowledgement as
    /// often as the room wants one.
    ///
    /// # Errors
    /// [`CrowdError::Message`], which is not expected.
    pub fn send(&mut self) -> Result<(), CrowdError> {
        // Here and not in `step`, which is timed: frames are given up by the sessions that sent them.
        self.sent.clear();
        let tick = self.room.tick().0;
        let arrived = Duration::from_secs(1) * tick / u32::from(TICK_RATE_HZ);
        for (index, (&player, member)) in self.members.iter_mut().enumerate() {
            if let Some(values) = self.scripts.sent(index, tick as usize) {
                member.input = member.input.next();
                let input =
                    Input { seq: member.input, at: Tick(0), view_age: ViewAge::UNTOLD, values };
                self.room.handle_input(player, input, arrived)?;
            }
        }
        let ack_every = u32::from(self.room.config().flow.ack_every);
        self.acknowledge(|frames: u32| frames.is_multiple_of(ack_every))
    }

    fn acknowledge(&mut self, is_due: impl Fn(u32) -> bool) -> Result<(), CrowdError> {
        let now = Duration::from_secs(1) * self.room.tick().0 / u32::from(TICK_RATE_HZ);
        for (&player, member) in &self.members {
            let frame = member.frame();
            if is_due(frame.0) {
                self.room.handle_ack(player, Ack { frame, event: member.event }, now)?;
            }
        }
        Ok(())
    }

    /// The room, for what is no business of its members.
    pub const fn room_mut(&mut self) -> &mut Room {
        &mut self.room
    }

    /// Computes one tick and takes out what the room wants sent.
    ///
    /// # Errors
    /// [`CrowdError::Refused`] or [`CrowdError::Closed`], which are not expected.
    pub fn step(&mut self) -> Result<(), CrowdError> {
        self.room.step();
        self.sent.clear();
        while let Some(output) = self.room.poll_output() {
            match output {
                Output::Send { player, bytes } => self.sent.push((player, bytes)),
                Output::Welcome { player, welcome, .. } => {
                    if let Some(member) = self.members.get_mut(&player) {
                        member.handle_welcome(&welcome);
                    }
                }
                Output::Refuse { player, .. } => return Err(CrowdError::Refused(player)),
                // Nobody asks for anything, and nobody is the host.
                Output::Answer { .. } | Output::Host { .. } | Output::End => {}
                Output::Desync { player, .. } => return Err(CrowdError::Desync(player)),
                Output::Oversized { player, .. } | Output::Close { player, .. } => {
                    return Err(CrowdError::Closed(player));
                }
            }
        }
        Ok(())
    }

    /// Reads what the last step sent, so that it can be acknowledged. Returns how many state frames
    /// there were.
    ///
    /// # Errors
    /// [`CrowdError::Frame`] or [`CrowdError::Desync`], which are not expected.
    pub fn receive(&mut self) -> Result<usize, CrowdError> {
        let mut frames = 0;
        for (player, bytes) in &self.sent {
            let Some(member) = self.members.get_mut(player) else { continue };
            let Some(view) = &mut member.view else { continue };
            let (frame, agreement) = view.handle_frame(bytes)?;
            if agreement == Agreement::Different {
                return Err(CrowdError::Desync(*player));
            }
            if let Some(last) = frame.events.last() {
                member.event = last.number;
            }
            frames += 1;
        }
        Ok(frames)
    }

    /// What the last step sent.
    #[must_use]
    pub fn sent(&self) -> &[(PlayerId, Bytes)] {
        &self.sent
    }

    /// The state frames among it.
    pub fn frames(&self) -> impl Iterator<Item = &Bytes> {
        self.sent.iter().map(|(_, bytes)| bytes).filter(|bytes| is_frame(bytes))
    }

    /// The replicas of the observers.
    pub fn replicas(&self) -> impl Iterator<Item = (PlayerId, &Replica)> {
        self.members
            .iter()
            .filter_map(|(&player, member)| Some((player, member.view.as_ref()?.replica()?)))
    }

    /// The room.
    #[must_use]
    pub const fn room(&self) -> &Room {
        &self.room
    }
}

fn is_frame(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|&tag| tag >= FRAME_TAG)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickwire_simulation::registry::GameOptions;

    #[test]
    fn every_member_gets_a_frame_in_every_tick() {
        for players in [1, 120] {
            let game = tickwire_drift::create(&GameOptions::default()).unwrap();
            let plan = CrowdPlan { observers: 5, ..CrowdPlan::wanderers(players, 1) };
            let mut crowd = Crowd::gather(game, plan).unwrap();
            assert_eq!(crowd.replicas().count(), players.min(5));
            for _ in 0..100 {
                crowd.send().unwrap();
                crowd.step().unwrap();
                let frames = crowd.receive().unwrap();
                // A lone member whose body goes on as it went has nothing to be told.
                assert!(frames == players || players == 1, "{frames} frames");
                assert_eq!(crowd.frames().count(), frames);
            }
            for (_, replica) in crowd.replicas() {
                assert_eq!(replica.entity_count(), players);
            }
            let counters = crowd.room().counters();
            assert_eq!((counters.frames_skipped, counters.inputs_refused), (0, 0));
            assert_eq!(counters.keyframes, players as u64, "one each, at the beginning");
            assert!(counters.inputs >= 66 * players as u64, "{} inputs", counters.inputs);
        }
    }
}
