//! Offenders: each comes in like anybody, breaks one rule, is closed for it, and comes back to break another.
//! How long it takes from the write that breaks the rule to the close frame is what is measured.

use std::time::Duration;

use rand::{Rng, RngExt};
use rand_pcg::Pcg32;
use thiserror::Error;
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::envelope::MAX_CLIENT_MESSAGE_BYTES;
use tickwire_protocol::ids::{EventNumber, FrameNumber};
use tickwire_protocol::message::{Ack, ClientMessage};
use tokio::time::{Instant, timeout, timeout_at};

use super::wire::{Received, Wire, WireError, fragment, frame, header};
use crate::websocket::Kind;

/// Frames that a client may send: the server's default at 30 Hz.
const FRAMES: Limit =
    Limit { burst: 240.0, per_second: 120.0, reason: CloseReason::TooManyMessages };
/// Frames of one message: its default too.
const FRAMES_OF_A_MESSAGE: Limit =
    Limit { burst: 64.0, per_second: 0.0, reason: CloseReason::TooLarge };
/// Frames of one write of a flood, or a few more, and the time from one to the next: 4,000 a second.
const VOLLEY: usize = 40;
const VOLLEY_PERIOD: Duration = Duration::from_millis(10);
/// Who is not closed by then will not be.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest payload of a ping.
const PING_BYTES: usize = 125;

/// Which rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offence {
    /// Bytes that break a rule by themselves.
    Garbage,
    /// More pings than allowed.
    Pings,
    /// More fragments than allowed, of one message or of many.
    Fragments,
}

/// How an offender was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Punishment {
    /// The close code.
    pub code: u16,
    /// The one that was due.
    pub due: u16,
    /// From the write that broke the rule to the close frame.
    pub after: Duration,
}

/// Why an offender was not closed as it should have been.
#[derive(Debug, Error)]
pub enum Unpunished {
    /// Its connection broke.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// Closed, and had broken no rule yet.
    #[error("closed with {0} within the limit")]
    TooEarly(u16),
    /// Nothing happened.
    #[error("not closed within {} s", PATIENCE.as_secs())]
    TooLate,
}

/// Somebody who breaks rules.
#[derive(Clone, Debug)]
pub struct Offender {
    offence: Offence,
    rng: Pcg32,
    /// How often it has.
    count: usize,
}

impl Offender {
    /// One of many: `number` sets it apart from others with the same seed.
    #[must_use]
    pub fn new(offence: Offence, seed: u64, number: usize) -> Self {
        Self { offence, rng: Pcg32::new(seed, number as u64), count: number }
    }

    /// Breaks a rule on a connection that has been welcomed.
    ///
    /// # Errors
    /// [`Unpunished`].
    pub async fn offend(&mut self, wire: Wire) -> Result<Punishment, Unpunished> {
        self.count += 1;
        let offence = async {
            match self.offence {
                Offence::Garbage => self.send_garbage(wire).await,
                Offence::Pings => flood(wire, &pings(&mut self.rng, self.count)).await,
                Offence::Fragments => flood(wire, &fragments(self.count)).await,
            }
        };
        timeout(PATIENCE, offence).await.unwrap_or(Err(Unpunished::TooLate))
    }

    async fn send_garbage(&mut self, mut wire: Wire) -> Result<Punishment, Unpunished> {
        let (bytes, reason) = garbage(&mut self.rng, self.count);
        let begun = Instant::now();
        wire.send_bytes(&bytes).await?;
        loop {
            if let Received::Close(code) = wire.next().await? {
                return Ok(Punishment { code, due: reason.code(), after: begun.elapsed() });
            }
        }
    }
}

/// What may be sent, and what one is closed for past it.
#[derive(Clone, Copy, Debug)]
struct Limit {
    /// At once.
    burst: f64,
    /// And for ever.
    per_second: f64,
    reason: CloseReason,
}

/// What a flood is made of.
struct Volleys {
    first: Vec<u8>,
    other: Vec<u8>,
    /// Of each.
    frames: usize,
    /// The first limit that they pass.
    limit: Limit,
}

/// Pings of the protocol or of WebSocket, as large as can be, in turn.
fn pings(rng: &mut impl Rng, count: usize) -> Volleys {
    let ping = if count.is_multiple_of(2) {
        let ping = ClientMessage::Ping { nonce: rng.random() };
        frame(Kind::Binary, &ping.to_bytes())
    } else {
        frame(Kind::Ping, &random_bytes(rng, PING_BYTES))
    };
    let volley = ping.repeat(VOLLEY);
    Volleys { first: volley.clone(), other: volley, frames: VOLLEY, limit: FRAMES }
}

/// A message that never ends, or messages that do, one byte after the other; in turn.
fn fragments(count: usize) -> Volleys {
    let part = |kind, is_last, byte| fragment(kind, is_last, &[byte]);
    if count.is_multiple_of(2) {
        let other = part(None, false, 0).repeat(VOLLEY);
        let beginning = part(Some(Kind::Binary), false, 0);
        let first = [&beginning[..], &other[beginning.len()..]].concat();
        return Volleys { first, other, frames: VOLLEY, limit: FRAMES_OF_A_MESSAGE };
    }
    let bytes = ClientMessage::Ping { nonce: u32::MAX }.to_bytes();
    let message: Vec<u8> = bytes
        .iter()
        .enumerate()
        .flat_map(|(at, &byte)| {
            let kind = (at == 0).then_some(Kind::Binary);
            part(kind, at + 1 == bytes.len(), byte)
        })
        .collect();
    let messages = VOLLEY.div_ceil(bytes.len());
    let volley = message.repeat(messages);
    let frames = messages * bytes.len();
    Volleys { first: volley.clone(), other: volley, frames, limit: FRAMES }
}

/// Sends more than is allowed, and reads the answers, until it is closed.
async fn flood(mut wire: Wire, volleys: &Volleys) -> Result<Punishment, Unpunished> {
    let begun = Instant::now();
    let Limit { burst, per_second, reason } = volleys.limit;
    let (mut due, mut sent, mut passed) = (begun, 0, None);
    loop {
        match timeout_at(due, wire.next()).await {
            Ok(received) => {
                let Received::Close(code) = received? else { continue };
                let passed: Instant = passed.ok_or(Unpunished::TooEarly(code))?;
                return Ok(Punishment { code, due: reason.code(), after: passed.elapsed() });
            }
            Err(_) => {
                let now = Instant::now();
                let volley = if sent == 0 { &volleys.first } else { &volleys.other };
                sent += volleys.frames;
                if sent as f64 > burst + per_second * (now - begun).as_secs_f64() {
                    passed.get_or_insert(now);
                }
                wire.send_bytes(volley).await?;
                due += VOLLEY_PERIOD;
            }
        }
    }
}

/// Bytes that break a rule, a different one for each `kind`, and what one is closed for.
fn garbage(rng: &mut impl Rng, kind: usize) -> (Vec<u8>, CloseReason) {
    use CloseReason::{BadMessage, InvalidUtf8, ProtocolError, TextNotBinary, TooLarge};
    let noise = random_bytes(rng, 100);
    let binary = |payload: &[u8]| frame(Kind::Binary, payload);
    let ping = ClientMessage::Ping { nonce: 1 }.to_bytes();
    let offences = [
        // Not WebSocket.
        ([&header(0xf2, 100)[..], &noise].concat(), ProtocolError),
        ([&[0x82, 100][..], &noise].concat(), ProtocolError),
        ([&header(0x83, 100)[..], &noise].concat(), ProtocolError),
        (header(0x09, 0), ProtocolError),
        (fragment(None, true, &noise), ProtocolError),
        // Not what is spoken here.
        (frame(Kind::Text, b"hello"), TextNotBinary),
        (frame(Kind::Text, &[0xff, 0xfe]), InvalidUtf8),
        // Too large, whether it is there or only claimed.
        (header(0x82, 1 << 40), TooLarge),
        (binary(&random_bytes(rng, MAX_CLIENT_MESSAGE_BYTES + 1)), TooLarge),
        // No message.
        (binary(&[&[200][..], &noise].concat()), BadMessage),
        // A game message that claims 2⁴⁰ values.
        (binary(&[3, 0, 253, 0, 0, 0, 0, 0, 1, 0, 0]), BadMessage),
        (binary(&[&ping[..], &[0]].concat()), BadMessage),
        (binary(&ping[..1]), BadMessage),
        // A message out of place, and one that cannot be true.
        (binary(&ClientMessage::Enter { token: "x".to_owned() }.to_bytes()), BadMessage),
        (binary(&ClientMessage::Ack(never_sent()).to_bytes()), BadMessage),
    ];
    let kind = kind % offences.len();
    // The index is within the list.
    offences.into_iter().nth(kind).unwrap_or((noise, ProtocolError))
}

fn never_sent() -> Ack {
    Ack { frame: FrameNumber(1_000_000), event: EventNumber(1_000_000) }
}

fn random_bytes(rng: &mut impl Rng, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    rng.fill_bytes(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn floods_are_made_of_whole_frames() {
        for count in 0..2 {
            let Volleys { first, other, frames, .. } = fragments(count);
            // A fragment of one byte takes seven: two of its header, four of its mask.
            assert_eq!([first.len(), other.len()], [7 * frames; 2]);
            assert_eq!(first[0] & 0x0f, Kind::Binary.opcode());
        }
    }

    #[test]
    fn the_same_seed_is_the_same_garbage() {
        let [one, other] = [1, 1].map(|seed| {
            let mut rng = Pcg32::seed_from_u64(seed);
            (0..40).map(|kind| garbage(&mut rng, kind)).collect::<Vec<_>>()
        });
        assert_eq!(one, other);
        let codes: std::collections::BTreeSet<_> =
            one.iter().map(|(_, reason)| reason.code()).collect();
        assert_eq!(codes.into_iter().collect::<Vec<_>>(), [1002, 1003, 1007, 1009, 4400]);
    }
}
