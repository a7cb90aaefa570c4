//! The timing thread: knows when each room's next tick is due, and tells the room then.
//!
//! Timers of the async runtime round to whole milliseconds and fire up to two late; a thread that sleeps
//! until the earliest deadline is good to about a tenth of one, for every room of the server together. A
//! room asks for its next tick when it has computed the last, so at most one is ever on its way and a slow
//! room cannot pile them up.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use actix::Addr;

use super::clock::Epoch;
use super::driver::RoomDriver;
use crate::messages::TickDue;

/// A time, and whom to wake then. Ordered by the time.
struct Alarm {
    due: Duration,
    room: Addr<RoomDriver>,
}

/// What the thread and those who set alarms share.
struct Alarms {
    waiting: Mutex<Waiting>,
    /// The thread has to look again.
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    by_due: BinaryHeap<Reverse<Alarm>>,
    /// Nobody can set one any more.
    is_over: bool,
}

/// Sets alarms. Cheap to clone; the thread ends when the last one is gone.
#[derive(Clone)]
pub struct TickTimer {
    setter: Arc<Setter>,
}

/// Ends the thread when it is dropped.
struct Setter(Arc<Alarms>);

impl TickTimer {
    /// Starts the timing thread.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub fn start(epoch: Epoch) -> std::io::Result<Self> {
        let alarms = Arc::new(Alarms { waiting: Mutex::default(), changed: Condvar::new() });
        let setter = Arc::new(Setter(Arc::clone(&alarms)));
        thread::Builder::new().name("ticks".into()).spawn(move || alarms.run(epoch))?;
        Ok(Self { setter })
    }

    /// Sends [`TickDue`] to the room at `due` after the epoch.
    pub fn set(&self, due: Duration, room: Addr<RoomDriver>) {
        self.setter.0.set(Alarm { due, room });
    }
}

impl Alarms {
    /// (A panic with the lock held cannot leave a heap half-changed, so a poisoned lock is fine.)
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the thread only for what is due before everything else: as a rule the other rooms' ticks are
    /// due before a room's next one.
    fn set(&self, alarm: Alarm) {
        let mut waiting = self.lock();
        let is_next = waiting.by_due.peek().is_none_or(|Reverse(next)| alarm < *next);
        waiting.by_due.push(Reverse(alarm));
        drop(waiting);
        if is_next {
            self.changed.notify_one();
        }
    }

    fn run(&self, epoch: Epoch) {
        let mut waiting = self.lock();
        while !waiting.is_over {
            let left =
                waiting.by_due.peek().map(|Reverse(next)| next.due.saturating_sub(epoch.now()));
            waiting = match left {
                Some(Duration::ZERO) => {
                    let due = waiting.by_due.pop();
                    drop(waiting);
                    if let Some(Reverse(Alarm { room, .. })) = due {
                        // At most one alarm per room is set, and a room that has ended needs none.
                        room.do_send(TickDue);
                    }
                    self.lock()
                }
                Some(left) => {
                    let woken = self.changed.wait_timeout(waiting, left);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

impl Drop for Setter {
    fn drop(&mut self) {
        self.0.lock().is_over = true;
        self.0.changed.notify_one();
    }
}

impl Ord for Alarm {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.due.cmp(&other.due)
    }
}

impl PartialOrd for Alarm {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Alarm {
    fn eq(&self, other: &Self) -> bool {
        self.due == other.due
    }
}

impl Eq for Alarm {}
