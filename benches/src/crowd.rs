//! A room full of members, without a network: they send inputs and acknowledge, and that is all.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use thiserror::Error;
use tickwire_protocol::envelope::FRAME_TAG;
use tickwire_protocol::frame::{FrameCursor, FrameError};
use tickwire_protocol::ids::{EventNumber, InputSeq, PlayerId, Tick};
use tickwire_protocol::message::{Ack, Input, Role};
use tickwire_protocol::schema::SchemaError;
use tickwire_simulation::game::Game;
use tickwire_simulation::room::{MessageError, Output, Room, RoomConfig, RoomFull, SeatRequest};

use crate::script::{Scripts, TICK_RATE_HZ};

/// Members who join between two ticks while a crowd gathers: fewer than events may wait for one.
const JOINS_PER_TICK: usize = 50;

/// Why a crowd cannot go on: the room behaves otherwise than this file believes.
#[derive(Debug, Error)]
pub enum CrowdError {
    /// The game's schema is not valid.
    #[error("{0}")]
    Schema(#[from] SchemaError),
    /// The room has fewer seats than it was set up with.
    #[error("{0}")]
    Full(#[from] RoomFull),
    /// The room takes offence at an input or acknowledgement.
    #[error("{0}")]
    Message(#[from] MessageError),
    /// A frame's prefix does not read.
    #[error("{0}")]
    Frame(#[from] FrameError),
    /// The room has refused a member's input.
    #[error("the room has refused an input of player {0}")]
    Refused(PlayerId),
    /// The room has closed a member's connection.
    #[error("the room has closed the connection of player {0}")]
    Closed(PlayerId),
}

/// A member, as the other end of its connection knows it.
#[derive(Debug, Default)]
struct Member {
    cursor: FrameCursor,
    event: EventNumber,
    input: InputSeq,
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
    pub fn gather(game: Box<dyn Game>, players: usize, seed: u64) -> Result<Self, CrowdError> {
        let config = RoomConfig {
            seed,
            capacity: players,
            ..RoomConfig::new(TICK_RATE_HZ, RoomConfig::default().heartbeat_timeout)
        };
        let room = Room::new(config, game)?;
        let scripts = Scripts::record(room.schema(), seed);
        let mut crowd = Self { room, members: BTreeMap::new(), scripts, sent: Vec::new() };
        while crowd.members.len() < players {
            for _ in 0..JOINS_PER_TICK.min(players - crowd.members.len()) {
                let name = String::from("bench");
                let request = SeatRequest { name, role: Role::Player, send_every: 1 };
                let player = crowd.room.handle_join(None, request, Duration::ZERO)?;
                crowd.members.insert(player, Member::default());
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
        let tick = self.room.tick().0;
        let arrived = Duration::from_secs(1) * tick / u32::from(TICK_RATE_HZ);
        for (index, (&player, member)) in self.members.iter_mut().enumerate() {
            if let Some(values) = self.scripts.sent(index, tick as usize) {
                member.input = member.input.next();
                let input = Input { seq: member.input, at: Tick(0), values };
                self.room.handle_input(player, input, arrived)?;
            }
        }
        let ack_every = u32::from(self.room.config().flow.ack_every);
        self.acknowledge(|frames: u32| frames.is_multiple_of(ack_every))
    }

    fn acknowledge(&mut self, is_due: impl Fn(u32) -> bool) -> Result<(), CrowdError> {
        for (&player, member) in &self.members {
            let frame = member.cursor.number();
            if is_due(frame.0) {
                self.room.handle_ack(player, Ack { frame, event: member.event })?;
            }
        }
        Ok(())
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
                Output::Refuse { player, .. } => return Err(CrowdError::Refused(player)),
                Output::Close { player, .. } => return Err(CrowdError::Closed(player)),
            }
        }
        Ok(())
    }

    /// Reads the prefixes of what the last step sent, so that it can be acknowledged. Returns how
    /// many state frames there were.
    ///
    /// # Errors
    /// [`CrowdError::Frame`], which is not expected.
    pub fn receive(&mut self) -> Result<usize, CrowdError> {
        let mut frames = 0;
        for (player, bytes) in &self.sent {
            let is_frame = bytes.first().is_some_and(|&tag| tag >= FRAME_TAG);
            let Some(member) = self.members.get_mut(player).filter(|_| is_frame) else { continue };
            let (frame, _) = member.cursor.read(bytes)?;
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

    /// The room.
    #[must_use]
    pub const fn room(&self) -> &Room {
        &self.room
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickwire_simulation::registry::GameOptions;

    #[test]
    fn every_member_gets_a_frame_in_every_tick() {
        for players in [1, 120] {
            let game = tickwire_drift::create(&GameOptions::default()).unwrap();
            let mut crowd = Crowd::gather(game, players, 1).unwrap();
            for _ in 0..100 {
                crowd.send().unwrap();
                crowd.step().unwrap();
                assert_eq!(crowd.receive().unwrap(), players);
            }
            let counters = crowd.room().counters();
            assert_eq!((counters.frames_skipped, counters.inputs_refused), (0, 0));
            assert_eq!(counters.keyframes, players as u64, "one each, at the beginning");
            assert!(counters.inputs >= 66 * players as u64, "{} inputs", counters.inputs);
        }
    }
}
