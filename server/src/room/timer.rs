//! The timing thread: knows when each room's next tick is due, and tells the room then.
//!
//! Timers of the async runtime round to whole milliseconds and fire up to two late; a thread that
//! sleeps on a channel until the earliest deadline is good to about a tenth of one, for every room
//! of the server together. A room asks for its next tick when it has computed the last, so at most
//! one is ever on its way and a slow room cannot pile them up.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use actix::Addr;

use super::clock::Epoch;
use super::driver::RoomDriver;
use crate::messages::TickDue;

struct Alarm {
    due: Duration,
    room: Addr<RoomDriver>,
}

/// Sets alarms. Cheap to clone; the thread ends when the last one is gone.
#[derive(Clone)]
pub struct TickTimer {
    alarms: Sender<Alarm>,
}

impl TickTimer {
    /// Starts the timing thread.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub fn start(epoch: Epoch) -> std::io::Result<Self> {
        let (sender, receiver) = mpsc::channel();
        thread::Builder::new().name("ticks".into()).spawn(move || run(epoch, &receiver))?;
        Ok(Self { alarms: sender })
    }

    /// Sends [`TickDue`] to the room at `due` after the epoch.
    pub fn set(&self, due: Duration, room: Addr<RoomDriver>) {
        // The thread outlives every sender: sending fails only while the process ends.
        let _ = self.alarms.send(Alarm { due, room });
    }
}

fn run(epoch: Epoch, alarms: &Receiver<Alarm>) {
    let mut by_due: BinaryHeap<Reverse<(Duration, u64)>> = BinaryHeap::new();
    let mut rooms: BTreeMap<u64, Addr<RoomDriver>> = BTreeMap::new();
    let mut number = 0;
    loop {
        let next = match by_due.peek() {
            Some(Reverse((due, _))) => alarms.recv_timeout(due.saturating_sub(epoch.now())),
            None => alarms.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match next {
            Ok(alarm) => {
                number += 1;
                by_due.push(Reverse((alarm.due, number)));
                rooms.insert(number, alarm.room);
            }
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {}
        }
        let now = epoch.now();
        while by_due.peek().is_some_and(|Reverse((due, _))| *due <= now) {
            if let Some(Reverse((_, number))) = by_due.pop()
                && let Some(room) = rooms.remove(&number)
            {
                // At most one alarm per room is set, and a room that has ended needs none.
                room.do_send(TickDue);
            }
        }
    }
}
