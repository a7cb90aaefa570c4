//! A room's host: told to everybody, may send members away and end the room, and nobody else may.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use tickwire_protocol::close::CloseReason;
use tickwire_protocol::ids::{EventNumber, PlayerId, RequestId};
use tickwire_protocol::message::{Request, RequestKind, Role};
use tickwire_simulation::registry::GameOptions;
use tickwire_simulation::room::{Output, ResumeError, Room, RoomConfig, SeatRequest};

fn room() -> Room {
    let game = tickwire_drift::create(&GameOptions::default()).unwrap();
    Room::new(RoomConfig { bots: 2, resume_ticks: 10, ..RoomConfig::default() }, game).unwrap()
}

fn join(room: &mut Room, role: Role) -> PlayerId {
    let request = SeatRequest { name: "Ada".to_owned(), role, send_every: 1 };
    room.handle_join(None, request, Duration::ZERO).unwrap()
}

fn outputs(room: &mut Room) -> Vec<Output> {
    std::iter::from_fn(|| room.poll_output()).collect()
}

/// Who has been told who the host is.
fn told(room: &mut Room) -> Vec<(PlayerId, Option<PlayerId>)> {
    let told = outputs(room).into_iter().filter_map(|output| match output {
        Output::Host { player, host } => Some((player, host)),
        _ => None,
    });
    told.collect()
}

/// What a request leads to: the code of its refusal, and everything else.
fn ask(room: &mut Room, player: PlayerId, id: u32, what: RequestKind) -> (String, Vec<Output>) {
    outputs(room);
    room.handle_request(player, Request { id: RequestId(id), what }).unwrap();
    let (answers, others): (Vec<_>, Vec<_>) =
        outputs(room).into_iter().partition(|output| matches!(output, Output::Answer { .. }));
    let [Output::Answer { player: to, answer }] = &answers[..] else { panic!("{answers:?}") };
    assert_eq!(*to, player);
    let code = answer.outcome.as_ref().err().map(|why| why.code.clone());
    (code.unwrap_or_default(), others)
}

#[test]
fn everybody_is_told_who_the_host_is_and_newcomers_after_their_welcome() {
    let mut room = room();
    let [ada, bo] = [Role::Player, Role::Spectator].map(|role| join(&mut room, role));
    assert_eq!(told(&mut room), [], "a welcome means that there is none");
    room.handle_host(ada);
    assert_eq!(told(&mut room), [(ada, Some(ada)), (bo, Some(ada))]);
    room.handle_host(ada);
    assert_eq!(told(&mut room), [], "nothing new");
    let eve = join(&mut room, Role::Player);
    let outputs = outputs(&mut room);
    let welcome = outputs.iter().position(|output| matches!(output, Output::Welcome { .. }));
    assert_eq!(outputs[welcome.unwrap() + 1], Output::Host { player: eve, host: Some(ada) });
    room.handle_host(bo);
    assert_eq!(told(&mut room).len(), 3);
    assert_eq!(room.host(), Some(bo), "the last one is, playing or watching");
    room.handle_leave(bo);
    assert_eq!(told(&mut room), [(ada, None), (eve, None)]);
}

#[test]
fn a_host_whose_connection_is_lost_stays_the_host_for_as_long_as_it_may_come_back() {
    let mut room = room();
    let [ada, bo] = [(); 2].map(|()| join(&mut room, Role::Player));
    room.handle_host(ada);
    room.handle_drop(ada);
    assert_eq!(room.host(), Some(ada));
    room.handle_resume(ada, 0, EventNumber(0), Duration::ZERO).unwrap();
    told(&mut room);
    room.handle_drop(ada);
    for _ in 0..room.config().resume_ticks + 2 {
        room.step();
    }
    assert_eq!(room.host(), None);
    assert_eq!(told(&mut room), [(bo, None)]);
}

#[test]
fn the_host_sends_members_away_and_they_do_not_come_back() {
    let mut room = room();
    let [ada, bo, eve] = [(); 3].map(|()| join(&mut room, Role::Player));
    room.handle_host(ada);
    let kick = |player| RequestKind::Kick { player };
    assert_eq!(ask(&mut room, bo, 1, kick(ada)).0, "not_host");
    assert_eq!(ask(&mut room, ada, 1, kick(ada)).0, "yourself");
    assert_eq!(ask(&mut room, ada, 2, kick(PlayerId(999))).0, "no_such_player");
    let bot = room.world().bots()[0];
    assert_eq!(ask(&mut room, ada, 3, kick(bot)).0, "no_such_player");
    let (refused, others) = ask(&mut room, ada, 4, kick(bo));
    assert_eq!(refused, "");
    assert_eq!(others, [Output::Close { player: bo, reason: CloseReason::Kicked }]);
    let back = room.handle_resume(bo, 0, EventNumber(0), Duration::ZERO);
    assert_eq!(back, Err(ResumeError::Kicked));
    assert_eq!(ask(&mut room, ada, 5, kick(bo)).0, "no_such_player");
    // One whose connection is lost can be sent away as well.
    room.handle_drop(eve);
    assert_eq!(ask(&mut room, ada, 6, kick(eve)).0, "");
    let back = room.handle_resume(eve, 0, EventNumber(0), Duration::ZERO);
    assert_eq!(back, Err(ResumeError::Kicked));
}

#[test]
fn the_host_ends_the_room_and_nobody_else_does() {
    let mut room = room();
    let [ada, bo] = [Role::Spectator, Role::Player].map(|role| join(&mut room, role));
    room.handle_host(ada);
    assert_eq!(ask(&mut room, bo, 1, RequestKind::CloseRoom), ("not_host".to_owned(), vec![]));
    let closed = ask(&mut room, ada, 1, RequestKind::CloseRoom);
    assert_eq!(closed, (String::new(), vec![Output::End]));
}
