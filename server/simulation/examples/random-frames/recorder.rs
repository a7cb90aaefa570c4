//! What clients read, and what came of it, as lines of JSON: bytes in hexadecimal, everything else
//! with the names of the golden vectors.
//!
//! ```text
//! "connection"                      on every line: world and player
//! "state"                           on every line: a fingerprint of all that the replica has then
//! "welcome"                         a connection begins, or another one of the same player
//! "hex", "frame"                    its next frame, and what it says
//! "hex", "damaged": true            a frame that came to harm; then
//!   "refused"                       why: nothing has changed
//!   "frame"                         or what it says: it was taken in, as the last of its connection
//! "shown"                           all that the replica has, where that was asked for
//! ```

use std::collections::BTreeMap;
use std::io::{self, Write};

use rand::rngs::StdRng;
use serde_json::{Value as Json, json};
use tickwire_protocol::frame::Frame;
use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::message::{Event, Value};
use tickwire_protocol::replica::Replica;

use crate::damage::damaged;
use crate::state;
use crate::virtual_clients::Client;

/// One connection in so many is written down, so that frames come of many worlds.
const RECORDED: u32 = 3;
/// Damaged frames that a connection is tried with at its end, until one is taken in; and so many of
/// those that are refused are written down. Few are taken in: that is where states can differ.
const TRIED: usize = 400;
const REFUSED: usize = 20;

/// Writes down what some clients read.
pub struct Recorder<W: Write> {
    out: W,
    world: u64,
    /// The newest frames of this world's connections.
    newest: BTreeMap<PlayerId, Vec<u8>>,
    /// Frames to come.
    left: u32,
    lines: u32,
    /// The line that tells all, and is the last one.
    show: Option<u32>,
    written: io::Result<()>,
}

impl<W: Write> Recorder<W> {
    pub const fn new(out: W, frames: u32, show: Option<u32>) -> Self {
        let newest = BTreeMap::new();
        Self { out, world: 0, newest, left: frames, lines: 0, show, written: Ok(()) }
    }

    /// Another world begins.
    pub fn begin(&mut self, world: u64) {
        self.world = world;
        self.newest.clear();
    }

    /// Whether all is written, or nothing can be.
    pub fn is_done(&self) -> bool {
        self.left == 0 || self.show == Some(self.lines) || self.written.is_err()
    }

    pub fn finish(mut self) -> io::Result<()> {
        self.written?;
        self.out.flush()
    }

    /// Takes down what a client has just read.
    pub fn take(&mut self, client: &Client, bytes: &[u8]) {
        if self.is_done() || !client.player.0.is_multiple_of(RECORDED) {
            return;
        }
        let Some((frame, agreement)) = &client.frame else {
            self.newest.remove(&client.player);
            return self.write(client, json!({"welcome": hex(bytes)}), client.replica());
        };
        self.left -= 1;
        let frame = state::frame(frame, *agreement, client.replica());
        self.write(client, json!({"hex": hex(bytes), "frame": frame}), client.replica());
        self.newest.insert(client.player, bytes.to_vec());
    }

    /// Takes down what becomes of damaged frames, until one is taken in.
    pub fn take_damaged(&mut self, client: &Client, rng: &mut StdRng) {
        let Some(newest) = self.newest.get(&client.player).cloned() else { return };
        let mut replica = client.replica().clone();
        for tried in 0..TRIED {
            if self.is_done() {
                return;
            }
            let bytes = damaged(&newest, rng);
            let mut line = json!({"hex": hex(&bytes), "damaged": true});
            match replica.handle_frame(&bytes) {
                Ok((frame, _)) if !can_be_told(&frame) => return,
                Ok((frame, agreement)) => {
                    line["frame"] = state::frame(&frame, agreement, &replica);
                    return self.write(client, line, &replica);
                }
                Err(cause) if tried < REFUSED => {
                    line["refused"] = cause.to_string().into();
                    self.write(client, line, &replica);
                }
                Err(_) => {}
            }
        }
    }

    fn write(&mut self, client: &Client, mut line: Json, replica: &Replica) {
        self.lines += 1;
        line["connection"] = format!("{}.{}", self.world, client.player).into();
        line["state"] = fingerprint(replica).into();
        if self.show == Some(self.lines) {
            line["shown"] = state::replica(replica, client.welcome().grid);
        }
        self.written = writeln!(self.out, "{line}");
    }
}

/// Whether JSON has words for all that a frame says: it has none for NaN and infinity.
fn can_be_told(frame: &Frame) -> bool {
    frame.events.iter().all(|received| match &received.event {
        Event::Game(message) => message.values.iter().all(|value| match value {
            Value::Number(number) => number.is_finite(),
            _ => true,
        }),
        Event::Joined(_)
        | Event::Left { .. }
        | Event::Renamed { .. }
        | Event::Interrupted { .. } => true,
    })
}

/// Everything that a replica has, in a number: of each part its number, tick and rows, then in which
/// slot each entity counts, by ascending id.
fn fingerprint(replica: &Replica) -> u32 {
    let mut hash = 0_u32;
    // Another word gives another hash, and that another one after any further word.
    let mut add = |word: u32| hash = (hash.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b1);
    for part in replica.parts() {
        add(part.number().0);
        add(u32::from(part.tick().is_some()));
        add(part.tick().map_or(0, |tick| tick.0));
        for row in part.snapshot().rows() {
            let width = replica.layout().kinds[usize::from(row.kind)].width;
            [row.slot as u32, row.id.0, u32::from(row.kind)].into_iter().for_each(&mut add);
            row.lanes[..width].iter().copied().for_each(&mut add);
        }
    }
    let mut entities: Vec<_> = replica.entities().map(|row| (row.id.0, row.slot as u32)).collect();
    entities.sort_unstable();
    for (id, slot) in entities {
        add(id);
        add(slot);
    }
    hash
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
