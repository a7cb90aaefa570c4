//! One client of the load: gets in, then sends inputs at its own rhythm and counts what comes.

use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use thiserror::Error;
use tickwire_bot_client::behavior::{Behavior, Moment, Pilot};
use tickwire_bot_client::stats::UpdateSeen;
use tickwire_drift::Drift;
use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::message::InputValues;
use tickwire_protocol::schema::Schema;
use tickwire_simulation::game::Game;
use tickwire_simulation::registry::GameOptions;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::MissedTickBehavior;

use super::entry::{Doors, Entered, EntryError};
use super::load::Board;
use super::probe::Probe;
use super::wire::{Incoming, Sight, Wire, WireError};
use super::workload::{INPUT_HZ, Workload};
use crate::websocket::{self, Kind, Message, Reader};

/// So many clients, the first ones, also look for their own bodies in updates.
const PROBES: usize = 20;
/// The same inputs for every peer and in every run.
const SEED: u64 = 1;
/// Fraction of the golden ratio: multiples of it spread evenly, however many there are.
const GOLDEN: f64 = 0.618_033_988_749_895;

/// Why a client does not go on.
#[derive(Debug, Error)]
enum ClientError {
    #[error(transparent)]
    Entry(#[from] EntryError),
    #[error(transparent)]
    Wire(#[from] WireError),
    #[error("connection: {0}")]
    Connection(#[from] io::Error),
    #[error("closed by the server{0}")]
    Closed(String),
}

/// One client.
pub struct Client {
    number: usize,
    doors: Rc<Doors>,
    board: Rc<Board>,
    sight: Sight,
    is_in: bool,
}

impl Client {
    /// One that is outside yet.
    #[must_use]
    pub fn new(number: usize, workload: &Workload, doors: Rc<Doors>, board: Rc<Board>) -> Self {
        let world = workload.world.map(f64::from);
        let sight = if number < PROBES { Sight::Sees { world } } else { Sight::Blind };
        Self { number, doors, board, sight, is_in: false }
    }
}

/// Plays until the load is over; how it goes is written on the board.
pub async fn run(mut client: Client) {
    if let Err(error) = live(&mut client).await {
        client.board.count_out(client.is_in, error.to_string());
    }
}

async fn live(client: &mut Client) -> Result<(), ClientError> {
    let entered = {
        // The semaphore is never closed; were it, clients would enter unpaced.
        let _permit = client.board.entrance.acquire().await.ok();
        client.doors.enter(client.number, client.sight).await?
    };
    let Entered { mut stream, received, wire } = entered;
    let probe = match client.sight {
        Sight::Sees { world } => Some(Probe::new(world)),
        Sight::Blind => None,
    };
    let mut session = Session {
        reader: Reader::new(wire.keeps().max(websocket::MAX_CONTROL_BYTES)),
        wire,
        probe,
        last_update: None,
    };
    let mut out = Vec::new();
    session.take_in(&received, client, &mut out)?;
    send(&mut stream, &mut out).await?;
    let mut pilot = Pilot::new(Behavior::Wander, &schema(), SEED, client.number as u64);
    let period = Duration::from_secs(1) / INPUT_HZ;
    let phase = period.mul_f64((client.number as f64 * GOLDEN).fract());
    let begun = tokio::time::Instant::now() + phase;
    let mut rhythm = tokio::time::interval_at(begun, period);
    rhythm.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            biased;
            at = rhythm.tick() => {
                // Nobody may speak before they are in.
                if client.is_in {
                    session.steer(&mut pilot, at - begun, &mut out);
                }
            }
            ready = stream.readable() => {
                ready?;
                session.read(&stream, client, &mut out)?;
            }
        }
        send(&mut stream, &mut out).await?;
    }
}

/// Drift's schema, by which bots know how it is steered.
fn schema() -> Schema {
    Drift::new(&GameOptions::default()).map_or_else(|_| Schema::new("drift"), |game| game.schema())
}

async fn send(stream: &mut TcpStream, out: &mut Vec<u8>) -> io::Result<()> {
    if !out.is_empty() {
        stream.write_all(out).await?;
        out.clear();
    }
    Ok(())
}

/// What a client keeps for its connection.
struct Session {
    wire: Box<dyn Wire>,
    reader: Reader,
    probe: Option<Probe>,
    last_update: Option<Instant>,
}

impl Session {
    fn steer(&mut self, pilot: &mut Pilot, now: Duration, out: &mut Vec<u8>) {
        let moment = Moment { now, player: PlayerId(1), replica: None };
        let values: InputValues = pilot.input(&moment);
        self.wire.push_input(&values, out);
        if let Some(probe) = &mut self.probe {
            probe.handle_sent([0, 1].map(|axis| f64::from(values.get(axis))), Instant::now());
        }
    }

    /// Reads what has arrived.
    fn read(
        &mut self,
        stream: &TcpStream,
        client: &mut Client,
        out: &mut Vec<u8>,
    ) -> Result<(), ClientError> {
        let board = Rc::clone(&client.board);
        let mut buffer = board.buffer.borrow_mut();
        match stream.try_read(&mut buffer) {
            Ok(0) => Err(ClientError::Closed(String::new())),
            Ok(length) => self.take_in(&buffer[..length], client, out),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn take_in(
        &mut self,
        bytes: &[u8],
        client: &mut Client,
        out: &mut Vec<u8>,
    ) -> Result<(), ClientError> {
        let now = Instant::now();
        let Self { wire, reader, probe, last_update } = self;
        reader.read(bytes, |message| {
            if let Some(control) = control(&message, out) {
                return control;
            }
            let Incoming::Update { own } = wire.handle(message, out)? else { return Ok(()) };
            if !client.is_in {
                client.is_in = true;
                client.board.count_in();
            }
            let seen = UpdateSeen {
                gap: last_update.replace(now).map(|last| now - last),
                input_to_update: probe
                    .as_mut()
                    .zip(own)
                    .and_then(|(probe, own)| probe.handle_position(own, now)),
                wire_bytes: message.wire_bytes,
                received_bytes: message.wire_bytes as u64,
                entities: None,
            };
            if client.board.is_measuring.get() {
                client.board.stats.borrow_mut().record(&seen);
            }
            Ok(())
        })
    }
}

/// Deals with what belongs to the WebSocket itself.
fn control(message: &Message<'_>, out: &mut Vec<u8>) -> Option<Result<(), ClientError>> {
    match message.kind {
        Kind::Text | Kind::Binary => None,
        Kind::Pong => Some(Ok(())),
        Kind::Ping => {
            websocket::push(out, Kind::Pong, message.head);
            Some(Ok(()))
        }
        Kind::Close => {
            let reason = match message.head {
                [high, low, text @ ..] => {
                    let code = u16::from_be_bytes([*high, *low]);
                    format!(": {code} {}", String::from_utf8_lossy(text))
                }
                _ => String::new(),
            };
            Some(Err(ClientError::Closed(reason)))
        }
    }
}

impl From<websocket::WebSocketError> for ClientError {
    fn from(error: websocket::WebSocketError) -> Self {
        Self::Wire(error.into())
    }
}
