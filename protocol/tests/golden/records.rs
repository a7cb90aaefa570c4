//! Golden vectors of records: bodies of both ends, and bytes that are none.

use serde_json::{Value as Json, json};
use tickwire_protocol::frame::MAX_FRAME_BYTES;
use tickwire_protocol::record::{Head, MAX_REASON_BYTES, Record, SessionKey};

use super::{check, hex};

const KEY: SessionKey = SessionKey(*b"\x00\x01tickwire key\xfe\xff");

fn describe(record: &Record<'_>) -> Json {
    match record {
        Record::Message(bytes) => json!({"kind": "message", "bytes": hex(bytes)}),
        Record::Opened { key, speaks } => {
            json!({"kind": "opened", "key": hex(&key.0), "protocol": speaks})
        }
        Record::Closed { code, reason } => {
            json!({"kind": "closed", "code": code, "reason": reason})
        }
        Record::Ping => json!({"kind": "ping"}),
    }
}

fn bytes_of(records: &[Record<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for record in records {
        record.write(&mut bytes);
    }
    bytes
}

/// What is read of `bytes`, in words: reasons are as far as they are told.
fn described(bytes: &[u8]) -> Vec<Json> {
    Record::all(bytes, MAX_FRAME_BYTES).map(|record| describe(&record.unwrap())).collect()
}

/// What a server sends.
fn from_server(records: &[Record<'_>]) -> Json {
    written(&bytes_of(records))
}

/// The same, as somebody else may write it.
fn written(bytes: &[u8]) -> Json {
    json!({"from": "server", "records": described(bytes), "hex": hex(bytes)})
}

/// What a client sends: a batch, or a poll where there are no records.
fn from_client(number: u32, records: &[Record<'_>]) -> Json {
    let bytes = bytes_of(records);
    let head = Head { key: KEY, number };
    let body = [&head.to_bytes()[..], &bytes].concat();
    assert_eq!(Head::split(&body), Some((head, &bytes[..])));
    json!({
        "from": "client", "key": hex(&KEY.0), "number": number, "records": described(&bytes),
        "hex": hex(&body),
    })
}

/// Bytes of which some are no record, whatever follows.
fn malformed(what: &str, bytes: &[u8]) -> Json {
    let error = Record::all(bytes, MAX_FRAME_BYTES).find_map(Result::err);
    assert!(error.is_some(), "{what}");
    json!({"malformed": what, "hex": hex(bytes)})
}

#[test]
fn records() {
    let opened = |speaks| Record::Opened { key: KEY, speaks };
    let closed = |code, reason| Record::Closed { code, reason };
    // Around the longest whose length is one byte.
    let lengths = [0, 1, 249, 250, 251].map(|length| vec![0x5a; length]);
    let long = "é".repeat(MAX_REASON_BYTES);
    let close_of = |length: usize| {
        let mut bytes = vec![u8::try_from(3 + length).unwrap(), 2, 0xe8, 3];
        bytes.resize(4 + length, b'a');
        bytes
    };
    let mut vectors = vec![
        from_server(&[]),
        from_server(&[Record::Ping]),
        from_server(&[opened("tickwire.v1"), Record::Message(&[0, 1, 2]), Record::Ping]),
        from_server(&[opened("")]),
        from_server(&[opened("tickwire.v1.1"), closed(4411, "the room has ended")]),
        from_server(&[closed(1000, ""), closed(65_535, "Zoë 🚀"), closed(0, &long)]),
        written(&[251, 1, 0, 3, 252, 1, 0, 0, 0, 3, 252, 2, 0, 0, 0, 0, 9]),
        from_client(0, &[]),
        from_client(u32::MAX, &[]),
        from_client(1, &[Record::Message(&[1, 7, 9]), Record::Message(&[])]),
        from_client(0x0403_0201, &[Record::Message(&[0xff; 300]), closed(1001, &long)]),
        malformed("an empty record", &[0]),
        malformed("an empty record of a long length", &[251, 0, 0]),
        malformed("a length in 64 bits", &[253, 1, 0, 0, 0, 0, 0, 0, 0, 3]),
        malformed("a length in 128 bits", &[254, 1, 0, 0, 0, 0, 0, 0, 0, 3]),
        malformed("a first byte of no length", &[255, 0, 0, 0, 0, 0]),
        malformed("a byte more than a message may have", &[252, 2, 0, 16, 0]),
        malformed("the longest length", &[252, 255, 255, 255, 255]),
        malformed("an unknown kind", &[1, 4]),
        malformed("an unknown kind behind a record", &[1, 3, 1, 255]),
        malformed("a session without a key", &[1, 1]),
        malformed("a key that is cut off", &[[16, 1].as_slice(), &[7; 15]].concat()),
        malformed("a version that is not UTF-8", &[[18, 1].as_slice(), &[0xff; 17]].concat()),
        malformed("a close without a code", &[1, 2]),
        malformed("a close with half a code", &[2, 2, 1]),
        malformed("a reason that is too long", &close_of(MAX_REASON_BYTES + 1)),
        malformed("a reason that is not UTF-8", &[4, 2, 1, 2, 0xc3]),
        malformed("a ping that says something", &[2, 3, 0]),
    ];
    vectors
        .extend(lengths.iter().map(|bytes| from_server(&[Record::Message(bytes), Record::Ping])));
    check("records.json", &vectors);
}
