//! Rooms of a cluster: keyframes say by which owner's right they were made, to those whose version knows of it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use serde_json::Value as Json;
use tickwire_protocol::frame::Frame;
use tickwire_protocol::ids::{EventNumber, Fence, FrameNumber, PlayerId};
use tickwire_protocol::message::{Ack, Role, Welcome};
use tickwire_protocol::replica::Replica;
use tickwire_protocol::version::Subprotocol;
use tickwire_simulation::registry::GameOptions;
use tickwire_simulation::room::{Output, Room, RoomConfig, SeatRequest};

const NOW: Duration = Duration::ZERO;
const FENCE: Fence = Fence(70_000);

fn room(fence: Fence) -> Room {
    let game = tickwire_drift::create(&GameOptions::default()).unwrap();
    Room::new(RoomConfig { fence, ..RoomConfig::default() }, game).unwrap()
}

/// A connection to a room of one member.
struct Client {
    player: PlayerId,
    welcome: Box<Welcome>,
    key: u32,
    replica: Replica,
}

impl Client {
    fn join(room: &mut Room, speaks: Subprotocol) -> Self {
        let request = SeatRequest { name: "somebody".into(), role: Role::Player, send_every: 1 };
        room.handle_join_in(speaks, None, request, NOW).unwrap();
        Self::welcomed(room)
    }

    /// Comes back by another connection.
    fn resume(self, room: &mut Room, speaks: Subprotocol) -> Self {
        room.handle_drop(self.player);
        room.handle_resume_in(speaks, self.player, self.key, EventNumber(0), NOW).unwrap();
        Self::welcomed(room)
    }

    fn welcomed(room: &mut Room) -> Self {
        let welcome = std::iter::from_fn(|| room.poll_output()).find_map(|output| match output {
            Output::Welcome { player, welcome, key } => Some((player, welcome, key)),
            _ => None,
        });
        let (player, welcome, key) = welcome.unwrap();
        Self { player, replica: Replica::new(&welcome), welcome, key }
    }

    /// What comes with the next tick in which anything does, acknowledged.
    fn next(&mut self, room: &mut Room) -> Vec<u8> {
        let bytes = std::iter::repeat_with(|| {
            room.step();
            let outputs = std::iter::from_fn(|| room.poll_output());
            outputs.filter_map(sent).next()
        });
        bytes.flatten().next().unwrap()
    }

    fn frame(&mut self, room: &mut Room) -> Frame {
        let bytes = self.next(room);
        let (frame, _) = self.replica.handle_frame(&bytes).unwrap();
        let ack = Ack { frame: frame.number, event: EventNumber(0) };
        room.handle_ack(self.player, ack, NOW).unwrap();
        frame
    }
}

fn sent(output: Output) -> Option<Vec<u8>> {
    match output {
        Output::Send { bytes, .. } => Some(bytes.to_vec()),
        _ => None,
    }
}

#[test]
fn keyframes_tell_the_fence_and_deltas_do_not() {
    let mut room = room(FENCE);
    let mut client = Client::join(&mut room, Subprotocol::V1_1);
    let frames: Vec<_> = (0..4).map(|_| client.frame(&mut room)).collect();
    assert_eq!(frames[0].fence, Some(FENCE));
    assert!(frames[0].is_keyframe);
    for frame in &frames[1..] {
        assert!(!frame.is_keyframe && frame.fence.is_none());
    }
}

#[test]
fn who_speaks_the_version_before_is_told_nothing_of_it() {
    let mut without = room(Fence::NONE);
    let mut with = room(FENCE);
    for _ in 0..2 {
        let [one, other] = [&mut without, &mut with].map(|room| {
            let mut client = Client::join(room, Subprotocol::V1_0);
            [client.next(room), client.next(room)]
        });
        assert_eq!(one, other);
    }
}

#[test]
fn a_room_of_no_cluster_sends_what_it_always_sent() {
    let keyframe = |fence, speaks| {
        let mut room = room(fence);
        Client::join(&mut room, speaks).next(&mut room)
    };
    let plain = keyframe(Fence::NONE, Subprotocol::V1_1);
    assert_eq!(plain, keyframe(Fence::NONE, Subprotocol::V1_0));
    assert_ne!(plain, keyframe(FENCE, Subprotocol::V1_1));
}

#[test]
fn the_next_connection_may_speak_otherwise_and_the_next_owner_has_a_larger_fence() {
    let mut room = room(FENCE);
    let mut client = Client::join(&mut room, Subprotocol::V1_0);
    assert_eq!(client.frame(&mut room).fence, None);
    room.set_fence(Fence(70_001));
    let mut client = client.resume(&mut room, Subprotocol::V1_1);
    assert_eq!(client.welcome.resumed.unwrap().lost_events, 0);
    assert_eq!(client.frame(&mut room).fence, Some(Fence(70_001)));
    let mut client = client.resume(&mut room, Subprotocol::V1_0);
    let frame = client.frame(&mut room);
    assert!(frame.is_keyframe && frame.number == FrameNumber(1) && frame.fence.is_none());
}

#[test]
fn whole_states_in_text_tell_the_fence_each_time() {
    let fences = |fence| {
        let mut room = room(fence);
        let mut client = Client::join(&mut room, Subprotocol::Json);
        [(); 2].map(|()| {
            let state: Json = serde_json::from_slice(&client.next(&mut room)).unwrap();
            state.get("fence").cloned()
        })
    };
    assert_eq!(fences(FENCE), [(); 2].map(|()| Some(Json::from(FENCE.0))));
    assert_eq!(fences(Fence::NONE), [None, None]);
}
