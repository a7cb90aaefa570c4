//! One bot: joins, then sends inputs at its own rhythm and takes in what the server sends, until the
//! run is over. Comes back when it loses its connection.

use std::time::{Duration, Instant};

use thiserror::Error;
use tickwire_protocol::frame::Frame;
use tickwire_protocol::ids::{InputSeq, PlayerId, Tick};
use tickwire_protocol::message::{Event, Interruption, ServerMessage, Welcome};
use tickwire_protocol::replica::{Agreement, Replica};
use tokio::time::{Interval, MissedTickBehavior};

use crate::backoff::Backoff;
use crate::behavior::{Behavior, Moment, Pilot};
use crate::board::{Board, Phase, Place, RoomUsed};
use crate::client::Client;
use crate::connection::{Incoming, Update};
use crate::cuts::{CutPlan, Cuts};
use crate::dial::Dial;
use crate::end::End;
use crate::entry::{EnterError, Entry};
use crate::join::{JoinRequest, Lobby, ServerUrl};
use crate::stats::UpdateSeen;
use crate::view::Detail;

/// A bot that has seen no state for this long after it has been welcomed gives up.
const FIRST_UPDATE_PATIENCE: Duration = Duration::from_secs(15);
/// Sent inputs that are remembered until they are echoed: seconds' worth. A power of two, so that
/// numbers map to places across their wrap.
const REMEMBERED_INPUTS: usize = 256;
/// Fraction of the golden ratio: multiples of it spread evenly, however many there are.
const GOLDEN: f64 = 0.618_033_988_749_895;

/// What one bot is to do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its number among all bots, from 0.
    pub number: usize,
    /// Index of its server among those given.
    pub server: usize,
    /// That server.
    pub lobby: Lobby,
    /// All those given: where they are of one cluster, any of them knows where a room is.
    pub servers: Vec<ServerUrl>,
    /// What it asks for.
    pub request: JoinRequest,
    /// How much of the state it reads.
    pub detail: Detail,
    /// How it plays.
    pub behavior: Behavior,
    /// Time from one input to the next.
    pub input_period: Duration,
    /// How its connections are opened.
    pub dial: Dial,
    /// When it cuts its own connection.
    pub cuts: CutPlan,
    /// Seed of the run.
    pub seed: u64,
}

impl Plan {
    /// A seed that no two bots of a run have in common.
    const fn own_seed(&self) -> u64 {
        self.seed ^ (self.number as u64) << 32
    }
}

#[derive(Debug, Error)]
enum BotError {
    #[error(transparent)]
    Enter(#[from] EnterError),
    #[error("no state within {} s after the welcome", FIRST_UPDATE_PATIENCE.as_secs())]
    NoState,
}

/// Why a bot stops playing on a connection.
enum Stop {
    RunIsOver,
    Lost(End),
}

/// Plays until the run is over; how it goes is written on the board.
pub async fn run(plan: Plan, mut place: Place) {
    if let Err(error) = live(&plan, &mut place).await {
        place.failed(&error.to_string());
    }
}

async fn live(plan: &Plan, place: &mut Place) -> Result<(), BotError> {
    let mut client = get_in(plan, place).await?;
    let mut rhythm = rhythm(plan);
    let mut cuts = plan.cuts.cuts(plan.own_seed());
    let mut session = Session::new(plan, &client, None);
    loop {
        match play(&mut client, &mut session, &mut rhythm, &mut cuts, place).await? {
            Stop::RunIsOver => {
                client.close().await;
                return Ok(());
            }
            Stop::Lost(end) => {
                let lost = session.lose(&client);
                place.away();
                let result = client.reconnect(end).await;
                place.stats().stale_owners += client.take_stale_owners();
                result?;
                session = Session::new(plan, &client, Some(lost));
            }
        }
    }
}

async fn get_in(plan: &Plan, place: &Place) -> Result<Client, EnterError> {
    let Plan { lobby, servers, request, detail, dial, .. } = plan.clone();
    let backoff = Backoff::new(plan.own_seed());
    let mut entry = Entry::new(lobby, request, detail, backoff).by(dial).among(servers);
    loop {
        // The semaphore is never closed; were it, bots would enter unpaced.
        let permit = place.board().entrance.acquire().await.ok();
        let attempt = entry.attempt().await;
        // Those who wait for another attempt keep nobody from theirs.
        drop(permit);
        match attempt {
            Ok(connection) => return Ok(Client::new(entry, connection)),
            Err(error) => tokio::time::sleep(entry.patience(error)?).await,
        }
    }
}

/// Due whenever an input is. Bots start out of step, so that inputs flow evenly.
fn rhythm(plan: &Plan) -> Interval {
    let phase = plan.input_period.mul_f64((plan.number as f64 * GOLDEN).fract());
    let mut rhythm =
        tokio::time::interval_at(tokio::time::Instant::now() + phase, plan.input_period);
    rhythm.set_missed_tick_behavior(MissedTickBehavior::Skip);
    rhythm
}

async fn play(
    client: &mut Client,
    session: &mut Session,
    rhythm: &mut Interval,
    cuts: &mut Cuts,
    place: &mut Place,
) -> Result<Stop, BotError> {
    if let Some(began) = place.board().began_at() {
        // Those that came due without a connection.
        cuts.pass(began.elapsed());
    }
    // Looked at between messages: inputs alone come often enough.
    while !place.is_over() {
        let result = tokio::select! {
            biased;
            () = next_cut(cuts, place.board()) => Err(client.connection_mut().cut().await),
            _ = rhythm.tick() => {
                if session.is_overdue() {
                    return Err(BotError::NoState);
                }
                session.steer(client).await
            }
            incoming = client.next() => incoming.map(|incoming| match incoming {
                Incoming::Update(update) => session.take_in(client, &update, place),
                Incoming::Message(ServerMessage::Refused(_)) => place.stats().refusals += 1,
                Incoming::Message(ServerMessage::Paused { is_paused }) => {
                    session.handle_paused(is_paused);
                }
                Incoming::Message(_) => {}
            }),
        };
        if let Err(end) = result {
            return Ok(Stop::Lost(end));
        }
    }
    Ok(Stop::RunIsOver)
}

/// Done when the connection is to be cut; never where none is to be, and outside the measuring window.
async fn next_cut(cuts: &mut Cuts, board: &Board) {
    let Some(next) = cuts.next() else { return std::future::pending().await };
    let began = board.began().await;
    tokio::time::sleep_until(began + next).await;
    if board.phase() != Phase::Measuring {
        std::future::pending::<()>().await;
    }
    cuts.pass(began.elapsed());
}

/// What a bot keeps for one connection.
struct Session {
    begun: Instant,
    /// Since when it waits for the first state.
    waits_since: Instant,
    server: usize,
    player: PlayerId,
    pilot: Pilot,
    sent: SentInputs,
    last_update: Option<Instant>,
    /// Whether the room stands still.
    is_paused: bool,
    /// The connection before, until this one has shown any state.
    before: Option<Lost>,
}

/// A connection that was lost.
struct Lost {
    at: Instant,
    room: String,
    tick: Option<Tick>,
}

impl Session {
    fn new(plan: &Plan, client: &Client, before: Option<Lost>) -> Self {
        let welcome = client.connection().welcome();
        Self {
            begun: Instant::now(),
            waits_since: Instant::now(),
            server: plan.server,
            player: welcome.player,
            pilot: Pilot::new(plan.behavior, &welcome.schema, plan.seed, plan.number as u64),
            sent: SentInputs([None; REMEMBERED_INPUTS]),
            last_update: None,
            is_paused: false,
            before,
        }
    }

    fn is_overdue(&self) -> bool {
        let is_late = self.waits_since.elapsed() > FIRST_UPDATE_PATIENCE;
        self.last_update.is_none() && is_late && !self.is_paused
    }

    /// A room that has stood still has all its time to send the first state.
    fn handle_paused(&mut self, is_paused: bool) {
        (self.is_paused, self.waits_since) = (is_paused, Instant::now());
    }

    fn lose(&mut self, client: &Client) -> Lost {
        let connection = client.connection();
        // Lost again before anything came: it is the first loss that counts.
        self.before.take().unwrap_or_else(|| Lost {
            at: Instant::now(),
            room: connection.welcome().room.clone(),
            tick: connection.view().cursor().tick(),
        })
    }

    async fn steer(&mut self, client: &mut Client) -> Result<(), End> {
        let connection = client.connection_mut();
        let values = self.pilot.input(&Moment {
            now: self.begun.elapsed(),
            player: self.player,
            replica: connection.view().replica(),
        });
        let now = Instant::now();
        let seq = connection.send_input(Tick(0), values).await?;
        self.sent.remember(seq, now);
        Ok(())
    }

    fn take_in(&mut self, client: &mut Client, update: &Update, place: &mut Place) {
        let connection = client.connection_mut();
        if self.last_update.is_none() {
            let room = connection.welcome().room.clone();
            self.note_arrival(update, connection.welcome(), place);
            place.playing(RoomUsed { server: self.server, room });
        }
        let sent = update.frame.input.and_then(|echo| self.sent.take(echo.seq));
        let seen = UpdateSeen {
            gap: self.last_update.map(|last| update.received - last),
            input_to_update: sent.map(|sent| update.received - sent),
            wire_bytes: update.wire_bytes,
            received_bytes: connection.take_received_bytes(),
            entities: connection.view().replica().map(Replica::entity_count),
        };
        self.last_update = Some(update.received);
        let mut stats = place.stats();
        if update.agreement == Agreement::Different {
            stats.desyncs += 1;
        }
        stats.record(&seen);
    }

    /// The first update of a connection: where there was one before, the bot has come back.
    fn note_arrival(&mut self, update: &Update, welcome: &Welcome, place: &Place) {
        let Some(before) = self.before.take() else { return };
        let mut stats = place.stats();
        stats.reconnects += 1;
        stats.resumed += u64::from(welcome.resumed.is_some());
        stats.resumes.record(update.received - before.at);
        // Another room has a clock of its own.
        if let Some(tick) = before.tick.filter(|_| before.room == welcome.room) {
            let skipped = update.frame.tick.since(tick) - i32::from(welcome.send_every);
            let [skipped, taken_back] =
                [skipped, taken_back(tick, &update.frame)].map(|ticks| ticks.max(0).unsigned_abs());
            stats.ticks_lost += u64::from(skipped + taken_back);
            stats.ticks_taken_back += u64::from(taken_back);
        }
    }
}

/// How many ticks up to the newest one that was seen never were, as the first frame after it shows: its room went
/// on from before that, as it says, or else it has not come so far again.
fn taken_back(newest: Tick, frame: &Frame) -> i32 {
    let back_to = frame.events.iter().find_map(|received| match received.event {
        Event::Interrupted { cause: Interruption::Server } => Some(received.tick),
        _ => None,
    });
    newest.since(back_to.unwrap_or(frame.tick))
}

/// When inputs were sent, by the low bits of their numbers.
struct SentInputs([Option<(InputSeq, Instant)>; REMEMBERED_INPUTS]);

impl SentInputs {
    fn remember(&mut self, seq: InputSeq, at: Instant) {
        self.0[usize::from(seq.0) % REMEMBERED_INPUTS] = Some((seq, at));
    }

    /// When an input was sent, unless that was asked before or is too long ago.
    fn take(&mut self, seq: InputSeq) -> Option<Instant> {
        let place = &mut self.0[usize::from(seq.0) % REMEMBERED_INPUTS];
        place.take_if(|(remembered, _)| *remembered == seq).map(|(_, at)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickwire_protocol::frame::{Contents, ReceivedEvent};
    use tickwire_protocol::ids::{EventNumber, FrameNumber};

    #[test]
    fn ticks_are_taken_back_that_were_seen_and_never_were() {
        let frame = |tick, interrupted: Option<u32>| Frame {
            number: FrameNumber(1),
            tick: Tick(tick),
            is_keyframe: true,
            fence: None,
            input: None,
            events: Vec::from_iter(interrupted.map(|tick| ReceivedEvent {
                number: EventNumber(1),
                tick: Tick(tick),
                event: Event::Interrupted { cause: Interruption::Server },
            })),
            watch: None,
            contents: Contents::default(),
        };
        assert_eq!(taken_back(Tick(100), &frame(97, None)), 3);
        assert_eq!(taken_back(Tick(100), &frame(130, Some(96))), 4);
        assert!(taken_back(Tick(100), &frame(130, None)) <= 0);
        assert!(taken_back(Tick(100), &frame(130, Some(101))) <= 0);
    }

    #[test]
    fn an_input_is_found_once_and_only_by_its_own_number() {
        let mut sent = SentInputs([None; REMEMBERED_INPUTS]);
        let at = Instant::now();
        sent.remember(InputSeq(300), at);
        assert_eq!(sent.take(InputSeq(300 - REMEMBERED_INPUTS as u16)), None);
        assert_eq!(sent.take(InputSeq(300)), Some(at));
        assert_eq!(sent.take(InputSeq(300)), None);
    }
}
