//! Everything a client should not send, each over a real socket: a clear end for the offender, and
//! nothing for anybody else to notice.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use futures_util::SinkExt;
use serde_json::json;
use support::{Client, Received, TestServer, close, close_code, drift, tcp};
use tickwire_protocol::ids::{EntityId, EventNumber, FrameNumber, InputSeq, PlayerId, Tick};
use tickwire_protocol::message::{
    Ack, ClientMessage, Difference, DifferenceRow, GameMessage, Input, InputValues, Look,
    RefusalCause, ServerMessage, Value, ViewAge,
};
use tickwire_protocol::parts::PartNumber;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;

/// What is sent: a WebSocket message, or bytes that are no valid frame.
enum Sent {
    Message(Message),
    Raw(Vec<u8>),
}

fn binary(bytes: impl Into<Vec<u8>>) -> Sent {
    Sent::Message(Message::Binary(bytes.into().into()))
}

fn say(values: Vec<Value>) -> Sent {
    binary(ClientMessage::Game(GameMessage { kind: 0, values }).to_bytes())
}

fn input(seq: u16, at: u32, values: &[i32]) -> ClientMessage {
    let values = InputValues::new(values).unwrap();
    ClientMessage::Input(Input {
        seq: InputSeq(seq),
        at: Tick(at),
        view_age: ViewAge::UNTOLD,
        values,
    })
}

/// A report of the first cell, which has as many entities as rows.
fn report(rows: Vec<DifferenceRow>) -> ClientMessage {
    let entities = rows.len() as u32;
    ClientMessage::Differs(Difference { part: PartNumber::cell(0), tick: Tick(1), entities, rows })
}

fn row(slot: u32, id: u32, kind: u8, columns: &[u32]) -> DifferenceRow {
    DifferenceRow { slot, id: EntityId(id), kind, columns: columns.to_vec() }
}

/// A report of a part that differs, of one entity, up to the length of a list of rows or columns that
/// follows.
const DIFFERS: [u8; 4] = [5, 2, 1, 1];
/// A list's length: a terabyte of bytes, and more of anything else.
const HUGE_LENGTH: [u8; 9] = [253, 0, 0, 0, 0, 0, 1, 0, 0];

/// A masked frame with a header of our own making.
fn raw_frame(first: u8, length: &[u8]) -> Vec<u8> {
    [&[first], length, &[0; 4]].concat()
}

async fn send(client: &mut Client, sent: Sent) {
    match sent {
        Sent::Message(message) => {
            let _ = client.socket.send(message).await;
        }
        Sent::Raw(bytes) => {
            tcp(&mut client.socket).write_all(&bytes).await.unwrap();
        }
    }
}

#[tokio::test]
async fn each_offence_ends_with_its_code_and_disturbs_nobody() {
    let server = TestServer::start(&["--bots=0"]);
    let mut witness = server.enter(json!({"name": "witness"})).await;
    // A ship that turns has news in every tick.
    witness.send(input(1, 0, &[0, 127, 0, 0])).await;
    let text = |text: &str| Value::Text(text.to_owned());
    let huge_claim = [&[3, 0], &HUGE_LENGTH[..]].concat();
    let huge_report = [&DIFFERS, &HUGE_LENGTH[..]].concat();
    let huge_row = [&DIFFERS, &[1, 0, 7, 0], &HUGE_LENGTH[..]].concat();
    let short_row = [&DIFFERS, &[1, 0, 7, 0, 3, 1, 2][..]].concat();
    let long_report = report(vec![row(0, 7, 0, &[u32::MAX; 1000])]).to_bytes();
    let look = |x| {
        let look = Look { center: [x, 0.0], size: [100.0; 2] };
        binary(ClientMessage::Look(look).to_bytes())
    };
    let never_sent = Ack { frame: FrameNumber(1_000_000), event: EventNumber(0) };
    let offences = [
        ("an unknown message", binary([99]), 4400),
        ("an empty message", binary([]), 4400),
        ("garbage", binary([0xff; 40]), 4400),
        ("a truncated input", binary([0, 1, 0, 4, 2]), 4400),
        ("trailing bytes", binary([2, 1, 0]), 4400),
        ("a claim of a terabyte", binary(huge_claim), 4400),
        ("an input with too few fields", binary(input(1, 0, &[1]).to_bytes()), 4400),
        ("an input out of range", binary(input(1, 0, &[2, 0, 0, 0]).to_bytes()), 4400),
        ("a number where text is due", say(vec![Value::Integer(7)]), 4400),
        ("NaN", say(vec![Value::Number(f32::NAN)]), 4400),
        ("infinity", say(vec![Value::Number(f32::INFINITY)]), 4400),
        ("text above its limit", say(vec![text(&"x".repeat(121))]), 4400),
        ("too many values", say(vec![text("a"), Value::Player(PlayerId(1))]), 4400),
        ("a view that is none", look(f32::NAN), 4400),
        ("a view without end", look(f32::INFINITY), 4400),
        ("a report that claims a trillion rows", binary(huge_report), 4400),
        ("a row that claims as many columns", binary(huge_row), 4400),
        ("a row that is cut off", binary(short_row), 4400),
        ("a report above the limit", binary(long_report), 1009),
        ("an acknowledgement of nothing", binary(ClientMessage::Ack(never_sent).to_bytes()), 4400),
        ("text", Sent::Message(Message::text("hello")), 1003),
        ("a message above the limit", binary(vec![0; 4097]), 1009),
        ("a far larger one", binary(vec![0; 1 << 20]), 1009),
        (
            "a frame that claims a terabyte",
            Sent::Raw(raw_frame(0x82, &[0xff, 0, 0, 1, 0, 0, 0, 0, 0])),
            1009,
        ),
        ("reserved bits", Sent::Raw(raw_frame(0xf2, &[0x80])), 1002),
        ("an unknown opcode", Sent::Raw(raw_frame(0x83, &[0x80])), 1002),
        ("a frame without a mask", Sent::Raw(vec![0x82, 1, 7]), 1002),
        ("a continuation of nothing", Sent::Raw(raw_frame(0x80, &[0x80])), 1002),
        (
            "text that is not UTF-8",
            Sent::Raw([raw_frame(0x81, &[0x81]), vec![0xff]].concat()),
            1007,
        ),
    ];
    for (what, sent, code) in offences {
        let mut offender = server.enter(json!({"name": "offender"})).await;
        assert_eq!(offender.welcome.room, witness.welcome.room);
        send(&mut offender, sent).await;
        assert_eq!(close_code(&mut offender.socket).await, code, "{what}");
        let first = witness.frame().await;
        let second = witness.frame().await;
        assert_eq!(second.tick.since(first.tick), 1, "the witness noticed {what}");
    }
    server.room_until(|room| room["players"] == 1).await;
    assert!(server.metric("tickwire_closes_total{cause=\"bad_message\"}").await >= 17.0);
    witness.leave().await;
}

#[tokio::test]
async fn reports_of_what_cannot_be_get_a_keyframe_and_disturb_nobody() {
    let server = TestServer::start(&["--bots=0"]);
    let mut witness = server.enter(json!({"name": "witness"})).await;
    witness.send(input(1, 0, &[0, 127, 0, 0])).await;
    let nowhere = Difference {
        part: PartNumber(u32::MAX),
        tick: Tick(u32::MAX),
        entities: u32::MAX,
        rows: Vec::new(),
    };
    let reports = [
        ("nothing", vec![]),
        ("a slot that there cannot be", vec![row(u32::MAX, u32::MAX, 255, &[])]),
        ("a kind that there is not", vec![row(0, 1, 255, &[1, 2, 3])]),
        ("no entity at all", vec![row(0, 0, 0, &[0])]),
        ("far too many columns", vec![row(0, 1, 0, &[7; 4000])]),
        ("the same row a thousand times", vec![row(0, 1, 0, &[]); 1000]),
    ];
    let reports = reports.map(|(what, rows)| (what, report(rows)));
    let nowhere = ("a part and a tick that there are not", ClientMessage::Differs(nowhere));
    let reporting = async {
        for (what, report) in reports.into_iter().chain([nowhere]) {
            let mut client = server.enter(json!({"name": "somebody"})).await;
            assert!(client.frame().await.is_keyframe, "the first one is");
            assert!(!client.frame().await.is_keyframe);
            client.send(at_present(&client, report)).await;
            while !client.frame().await.is_keyframe {}
            assert!(!client.frame().await.is_keyframe, "it goes on after {what}");
        }
    };
    tokio::select! {
        () = reporting => {}
        () = watch_every_tick(&mut witness) => {}
    }
    server.metric_until("tickwire_desyncs_total", 7.0).await;
    assert_eq!(server.metric("tickwire_closes_total{cause=\"bad_message\"}").await, 0.0);
}

/// Reads on as somebody whose frames must not miss a tick, nor begin anew.
async fn watch_every_tick(witness: &mut Client) {
    let mut last = witness.frame().await.tick;
    loop {
        let frame = witness.frame().await;
        assert_eq!(frame.tick.since(last), 1, "the witness has missed something");
        assert!(!frame.is_keyframe, "the witness is given all of it anew");
        last = frame.tick;
    }
}

/// The same report, of the tick at which the client stands in that part, if it has it.
fn at_present(client: &Client, report: ClientMessage) -> ClientMessage {
    let ClientMessage::Differs(report) = report else { panic!("{report:?} is no report") };
    let part = client.replica.part(report.part);
    let tick = part.and_then(|part| part.tick()).unwrap_or(report.tick);
    ClientMessage::Differs(Difference { tick, ..report })
}

#[tokio::test]
async fn floods_are_cut_off() {
    let server = TestServer::start(&[]);
    let message = ClientMessage::Ping { nonce: 7 }.to_bytes();
    for flood in [Message::Binary(message.into()), Message::Ping("hello".into())] {
        let mut client = server.enter(drift()).await;
        for _ in 0..1000 {
            send(&mut client, Sent::Message(flood.clone())).await;
        }
        assert_eq!(close_code(&mut client.socket).await, 4429);
    }
}

#[tokio::test]
async fn a_message_comes_in_so_many_frames_and_no_more() {
    let server = TestServer::start(&["--max-fragments=3"]);
    let mut client = server.enter(drift()).await;
    let fragments =
        [0x02, 0x00, 0x00, 0x00].map(|first| [raw_frame(first, &[0x81]), vec![2]].concat());
    send(&mut client, Sent::Raw(fragments.concat())).await;
    let (code, text) = close(&mut client.socket).await;
    assert_eq!((code, text.contains("in at most 3 frames")), (1009, true), "{text}");
}

#[tokio::test]
async fn a_server_can_take_larger_messages_and_bounds_their_bytes_per_second() {
    let server = TestServer::start(&["--max-message-bytes=8192", "--bytes-per-second=1024"]);
    let mut client = server.enter(drift()).await;
    send(&mut client, binary(vec![0; 8193])).await;
    assert_eq!(close_code(&mut client.socket).await, 1009);
    // Sound, and far more than a second's worth after a few: two of the largest may come at once.
    let large = report(vec![row(0, 1, 0, &[7; 6000])]).to_bytes();
    let mut client = server.enter(drift()).await;
    for _ in 0..4 {
        send(&mut client, binary(large.clone())).await;
    }
    assert_eq!(close_code(&mut client.socket).await, 4429);
}

#[tokio::test]
async fn inputs_from_the_past_and_the_far_future_are_answered() {
    let server = TestServer::start(&[]);
    let mut client = server.enter(drift()).await;
    let mut tick = client.frame().await.tick;
    while tick.0 < 40 {
        tick = client.frame().await.tick;
    }

    client.send(input(1, tick.plus(10_000).0, &[5, 5])).await;
    let refusal = loop {
        if let Received::Message(ServerMessage::Refused(refusal)) = client.next().await {
            break refusal;
        }
    };
    assert_eq!(refusal.cause, RefusalCause::FarFuture);
    assert_eq!(refusal.input, Some(InputSeq(1)));

    // A tick long gone: takes effect at the next one, and the client is told how late it was.
    client.send(input(2, tick.plus(u32::MAX - 30).0, &[5, 5])).await;
    let echo = loop {
        if let Some(echo) = client.frame().await.input {
            break echo;
        }
    };
    assert_eq!(echo.seq, InputSeq(2));
    assert!(echo.slack_ms < -900, "{echo:?}");

    client.send(input(2, 0, &[5, 5])).await;
    let repeated = loop {
        if let Received::Message(ServerMessage::Refused(refusal)) = client.next().await {
            break refusal.cause;
        }
    };
    assert_eq!(repeated, RefusalCause::Repeated);
    assert_eq!(server.metric("tickwire_inputs_late_total").await, 1.0);
    assert_eq!(server.metric("tickwire_inputs_refused_total").await, 2.0);
}

#[tokio::test]
async fn fragments_are_put_together() {
    let server = TestServer::start(&[]);
    let mut client = server.enter(drift()).await;
    let bytes = ClientMessage::Ping { nonce: 70_000 }.to_bytes();
    // The same message as three frames, with a ping between them; a zero mask changes nothing.
    let frame = |first: u8, payload: &[u8]| {
        [raw_frame(first, &[0x80 | payload.len() as u8]), payload.to_vec()].concat()
    };
    let frames =
        [frame(0x02, &bytes[..1]), frame(0x89, b"hi"), frame(0x00, &[]), frame(0x80, &bytes[1..])];
    send(&mut client, Sent::Raw(frames.concat())).await;
    loop {
        if let Received::Message(ServerMessage::Pong { nonce, .. }) = client.next().await {
            assert_eq!(nonce, 70_000);
            break;
        }
    }
}
