//! From rooms to sessions: one actor per worker thread, one message per room and tick.
//!
//! A room sends the frames of a tick to each thread in a single message; the outbox there puts them
//! into the cells of its sessions, which their sockets drain. Queues are bounded by the room, which
//! holds back from a client whose frames go unacknowledged.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll, Waker};

use actix::{Actor, Addr, Context, Handler};
use futures_util::Stream;

use super::SessionId;
use crate::messages::{Deliver, Outgoing};

thread_local! {
    static LOCAL: OnceCell<LocalOutbox> = const { OnceCell::new() };
}

type Cells = Rc<RefCell<HashMap<SessionId, Rc<Cell>>>>;

/// What waits for one session.
#[derive(Default)]
struct Cell {
    queue: RefCell<VecDeque<Outgoing>>,
    waker: RefCell<Option<Waker>>,
}

/// The outbox of one thread.
pub struct Outbox {
    cells: Cells,
}

/// The outbox of this thread, as its sessions reach it.
#[derive(Clone)]
pub struct LocalOutbox {
    address: Addr<Outbox>,
    cells: Cells,
}

/// What arrives for one session. Ends the session's place in the outbox when dropped.
pub struct Deliveries {
    session: SessionId,
    cell: Rc<Cell>,
    cells: Cells,
}

impl LocalOutbox {
    /// The outbox of the calling thread, started at the first call.
    #[must_use]
    pub fn here() -> Self {
        LOCAL.with(|local| {
            let outbox = local.get_or_init(|| {
                let cells = Cells::default();
                let address = Outbox { cells: Rc::clone(&cells) }.start();
                Self { address, cells }
            });
            outbox.clone()
        })
    }

    /// Where rooms send to.
    #[must_use]
    pub fn address(&self) -> Addr<Outbox> {
        self.address.clone()
    }

    /// Opens a place for a session.
    #[must_use]
    pub fn open(&self, session: SessionId) -> Deliveries {
        let cell = Rc::<Cell>::default();
        self.cells.borrow_mut().insert(session, Rc::clone(&cell));
        Deliveries { session, cell, cells: Rc::clone(&self.cells) }
    }
}

impl Actor for Outbox {
    type Context = Context<Self>;
}

impl Handler<Deliver> for Outbox {
    type Result = ();

    fn handle(&mut self, Deliver(batch): Deliver, _: &mut Self::Context) {
        let cells = self.cells.borrow();
        for (session, outgoing) in batch {
            // A session that has ended in the meantime has no cell any more.
            if let Some(cell) = cells.get(&session) {
                cell.queue.borrow_mut().push_back(outgoing);
                if let Some(waker) = cell.waker.borrow_mut().take() {
                    waker.wake();
                }
            }
        }
    }
}

impl Stream for Deliveries {
    type Item = Outgoing;

    fn poll_next(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<Outgoing>> {
        if let Some(outgoing) = self.cell.queue.borrow_mut().pop_front() {
            return Poll::Ready(Some(outgoing));
        }
        *self.cell.waker.borrow_mut() = Some(task.waker().clone());
        Poll::Pending
    }
}

impl Drop for Deliveries {
    fn drop(&mut self) {
        self.cells.borrow_mut().remove(&self.session);
    }
}
