//! The session's actor, carried by HTTP: takes in batches, hands out answers to polls, and ends with its
//! stream.

use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::fut::{ActorFutureExt, WrapFuture};
use actix::{Actor, ActorContext, Addr, AsyncContext, Context, Handler, Message, SpawnHandle};
use bytes::Bytes;
use thiserror::Error;
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::record::{Record, RecordError};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout};

use super::answers::{Answers, Asked};
use super::batches::{Batches, OutOfOrder};
use super::keys::{Keys, Registered};
use super::mailbag::Mailbag;
use crate::admission::Place;
use crate::session::client::{Carrier, Client};
use crate::session::downlink::Downlink;
use crate::session::entry::Newcomer;
use crate::session::environment::SocketEnvironment;

/// Shortest time from one answer to a poll to the next: 20 a second, each with all that came meanwhile.
const ANSWER_EVERY: Duration = Duration::from_millis(50);
/// Longest time that a poll waits: less than any proxy has patience for.
const POLL_TIMEOUT: Duration = Duration::from_secs(20);
/// How long what was sent beside a stream that ends is still taken: a page that is left lets go of it before its
/// farewell is there.
const LAST_BATCH: Duration = Duration::from_millis(500);
/// Bytes that may wait for a client that goes on talking: more than its window of state and the answers to a
/// burst take, as with a WebSocket.
const MAX_WAITING: usize = 256 * 1024;
/// How long more than that may wait: a single message can be larger, and is taken whole.
const WAITING_PATIENCE: Duration = Duration::from_secs(3);
/// How long a session that has ended keeps its place: a poll comes back for the end within that, which a server
/// that stops waits for.
const PARTING: Duration = Duration::from_millis(500);
/// How long a session that has ended is kept for its client to be told.
const FAREWELL: Duration = Duration::from_secs(15);

/// Why a request is not carried out. The session lives on, if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CarryError {
    /// It has ended.
    #[error("there is no session with this key: it may have ended; resume, or join again")]
    NoSuchSession,
    /// A batch that is not the next one.
    #[error("batch {0} came where {1} was due")]
    OutOfOrder(u32, u32),
    /// A poll after an answer that there was not.
    #[error("there was no answer with this number, or it is long gone")]
    NoSuchAnswer,
    /// Another poll has come since.
    #[error("another poll of this session has come")]
    Superseded,
}

/// HTTP → session: a batch of records.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), CarryError>")]
pub struct Batch {
    /// Its number.
    pub number: u32,
    /// The records.
    pub records: Bytes,
}

/// HTTP → session: what is there for a client whose newest answer is number `after`?
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Fetch {
    /// 0 before the first.
    pub after: u32,
    /// Where it is waited for.
    pub answer: oneshot::Sender<Result<Bytes, CarryError>>,
}

/// HTTP → session: the body of its stream is done with.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct StreamEnded;

/// A poll that waits.
#[derive(Debug)]
struct Waiting {
    answer: oneshot::Sender<Result<Bytes, CarryError>>,
    task: SpawnHandle,
}

/// HTTP, as a session's actor uses it.
#[derive(Debug)]
pub struct OverHttp {
    mailbag: Rc<Mailbag>,
    batches: Batches,
    answers: Answers,
    waiting: Option<Waiting>,
    /// When a poll may be answered next.
    answer_at: Instant,
    _key: Registered,
    /// Until its end is told, or could have been.
    place: Option<Place>,
}

/// A session that was just opened.
pub struct Opened {
    /// Its actor.
    pub client: Addr<Client<OverHttp>>,
    /// What is sent to it.
    pub mailbag: Rc<Mailbag>,
}

/// Opens a session on the calling thread.
pub fn open(newcomer: Newcomer, environment: Arc<SocketEnvironment>, place: Place) -> Opened {
    let keys = Arc::clone(&environment.keys);
    let key = Keys::random();
    let mailbag = Rc::new(Mailbag::new(key, newcomer.speaks));
    let carrier = OverHttp {
        mailbag: Rc::clone(&mailbag),
        batches: Batches::default(),
        answers: Answers::default(),
        waiting: None,
        answer_at: Instant::now(),
        _key: keys.until_dropped(key),
        place: Some(place),
    };
    let downlink = Downlink::Records(Rc::clone(&mailbag));
    let client = Client::new(newcomer, carrier, downlink, environment).start();
    keys.insert(key, client.clone());
    Opened { client, mailbag }
}

impl Carrier for OverHttp {
    type Context = Context<Client<Self>>;

    fn send(&mut self, message: Bytes, _: &mut Self::Context) {
        self.mailbag.push(&message);
    }

    fn ping(&mut self, _: &mut Self::Context) {
        self.mailbag.push_ping();
    }

    fn close(&mut self, reason: CloseReason, text: String, context: &mut Self::Context) {
        self.mailbag.close(reason, &text);
        context.run_later(PARTING, |client, _| client.carrier.place = None);
        context.run_later(FAREWELL, |_, context| context.stop());
    }
}

impl Client<OverHttp> {
    fn take_in_record(
        &mut self,
        record: Result<Record<'_>, RecordError>,
        context: &mut Context<Self>,
    ) {
        match record {
            Ok(Record::Message(message)) => {
                if !self.uplink.forward(message) {
                    self.take_in(message, context);
                }
            }
            Ok(Record::Closed { code, .. }) => {
                self.handle_goodbye(code == CloseReason::GoingAway.code());
                let normal = CloseReason::Normal;
                self.carrier.close(normal, normal.text().to_owned(), context);
            }
            Ok(Record::Ping) => {
                self.handle_control(&[], context);
            }
            Err(RecordError::TooLarge(_)) => self.refuse(CloseReason::TooLarge, context),
            Ok(Record::Opened { .. }) | Err(_) => self.refuse(CloseReason::BadMessage, context),
        }
    }

    /// Answers a poll as soon as there is something, or at the end of its time without anything.
    fn wait(
        &mut self,
        answer: oneshot::Sender<Result<Bytes, CarryError>>,
        context: &mut Context<Self>,
    ) {
        let mailbag = Rc::clone(&self.carrier.mailbag);
        let earliest = self.carrier.answer_at;
        let ready = async move {
            sleep_until(earliest).await;
            let _ = timeout(POLL_TIMEOUT, poll_fn(|task| mailbag.poll_ready(task))).await;
        };
        let task = context.spawn(ready.into_actor(self).map(|(), client, _| client.answer()));
        if let Some(superseded) = self.carrier.waiting.replace(Waiting { answer, task }) {
            context.cancel_future(superseded.task);
            let _ = superseded.answer.send(Err(CarryError::Superseded));
        }
    }

    fn answer(&mut self) {
        let Some(waiting) = self.carrier.waiting.take() else { return };
        let outcome = match self.carrier.mailbag.take() {
            Some(records) => Ok(self.carrier.answers.next(&records)),
            None => Err(CarryError::NoSuchSession),
        };
        self.carrier.answer_at = Instant::now() + ANSWER_EVERY;
        // Where nobody waits any more, it is asked for again.
        let _ = waiting.answer.send(outcome);
    }
}

impl Handler<Batch> for Client<OverHttp> {
    type Result = Result<(), CarryError>;

    fn handle(
        &mut self,
        Batch { number, records }: Batch,
        context: &mut Self::Context,
    ) -> Self::Result {
        let most = self.environment.limits.message.bytes;
        let is_farewell = || {
            Record::all(&records, most).any(|record| matches!(record, Ok(Record::Closed { .. })))
        };
        let admitted = self.carrier.batches.admit(number, is_farewell);
        if admitted != Ok(true) && !self.is_closing() {
            // Nothing of it is taken, but it counts: else it would be a way around what a client may send.
            self.handle_control(&[], context);
        }
        let is_next =
            admitted.map_err(|OutOfOrder { came, due }| CarryError::OutOfOrder(came, due))?;
        if !is_next {
            return Ok(());
        }
        let piled_up_for = self.carrier.mailbag.piled_up_for(MAX_WAITING, Instant::now());
        if !self.is_closing() && piled_up_for > WAITING_PATIENCE {
            self.close(CloseReason::TooSlow, context);
        }
        if self.is_closing() {
            return Err(CarryError::NoSuchSession);
        }
        if records.is_empty() {
            self.handle_control(&[], context);
        }
        for record in Record::all(&records, most) {
            self.take_in_record(record, context);
            if self.is_closing() {
                break;
            }
        }
        Ok(())
    }
}

impl Handler<Fetch> for Client<OverHttp> {
    type Result = ();

    fn handle(&mut self, Fetch { after, answer }: Fetch, context: &mut Self::Context) {
        // Whoever asks is there. What the first one comes with is no message of its own.
        if after > 0 && !self.is_closing() {
            self.handle_control(&[], context);
        }
        let _ = match self.carrier.answers.ask(after) {
            Ok(Asked::Next) => return self.wait(answer, context),
            Ok(Asked::Again(kept)) => answer.send(Ok(kept)),
            Err(_) => answer.send(Err(CarryError::NoSuchAnswer)),
        };
    }
}

impl Handler<StreamEnded> for Client<OverHttp> {
    type Result = ();

    fn handle(&mut self, _: StreamEnded, context: &mut Self::Context) {
        if self.is_closing() {
            context.stop();
        } else {
            context.run_later(LAST_BATCH, |_, context| context.stop());
        }
    }
}
