//! Rooms' journals on their way to Redis: a task for each, which keeps one batch after the other, in order.

use std::time::Duration;

use tickwire_cluster::Store;
use tickwire_cluster::store::journal::{self, JournalPiece};
use tickwire_protocol::ids::{Fence, RoomId};
use tickwire_simulation::journal::stream::Batch;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::sleep;
use tracing::error;

use crate::journal::keeper::{Keeper, Keeping, Kept, Tell};

/// Time between two tries.
const TRY_AGAIN: Duration = Duration::from_millis(50);
/// Batches that are kept by one script, at most: when the store was away, many wait.
const AT_ONCE: usize = 64;
/// Bytes that wait for the store, at most; beyond that all before the next beginning of a segment is left out.
const MAX_WAITING_BYTES: usize = 16 << 20;

/// Keeps journals in Redis.
pub(super) struct RedisKeeper {
    store: Store,
    runtime: Handle,
    lease: Duration,
}

impl RedisKeeper {
    pub(super) const fn new(store: Store, runtime: Handle, lease: Duration) -> Self {
        Self { store, runtime, lease }
    }
}

impl Keeper for RedisKeeper {
    fn open(&self, room: RoomId, fence: Fence, tell: Tell) -> Box<dyn Keeping> {
        let (batches, inbox) = unbounded_channel();
        let keep = Keep { store: self.store.clone(), room, fence, tell, lease: self.lease };
        self.runtime.spawn(keep.run(inbox));
        Box::new(Line { batches })
    }
}

/// One room's end of it.
struct Line {
    batches: UnboundedSender<(u64, Batch)>,
}

impl Keeping for Line {
    fn keep(&mut self, number: u64, batch: Batch) {
        // It fails when the room is somebody else's by now, which the room is told.
        let _ = self.batches.send((number, batch));
    }

    fn close(&mut self, _: bool) {
        // A match that is over is released as a whole; one that goes on elsewhere is begun anew there.
    }
}

struct Keep {
    store: Store,
    room: RoomId,
    fence: Fence,
    tell: Tell,
    lease: Duration,
}

impl Keep {
    async fn run(self, mut inbox: UnboundedReceiver<(u64, Batch)>) {
        let mut waiting: Vec<(u64, Batch)> = Vec::new();
        // What is kept of the newest segment, should the store lose it.
        let mut segment: Vec<(u64, Batch)> = Vec::new();
        let mut is_away = false;
        loop {
            if waiting.is_empty() {
                let Some(batch) = inbox.recv().await else { return };
                waiting.push(batch);
            }
            while let Ok(batch) = inbox.try_recv() {
                waiting.push(batch);
            }
            bound(&mut waiting);
            let some = &waiting[..waiting.len().min(AT_ONCE)];
            let pieces: Vec<_> = some.iter().map(|(_, batch)| piece(batch)).collect();
            let newest = some[some.len() - 1].0;
            let count = some.len();
            let append =
                tokio::time::timeout(self.lease, self.store.append(self.room, self.fence, &pieces));
            match append.await {
                Ok(Ok(journal::Keeping::Kept)) => {
                    note_kept(&mut segment, waiting.drain(..count));
                    if std::mem::take(&mut is_away) {
                        (self.tell)(Kept::Back);
                    }
                    (self.tell)(Kept::UpTo(newest));
                }
                Ok(Ok(journal::Keeping::Lost)) => {
                    return (self.tell)(Kept::Lost("another node owns it".to_owned()));
                }
                // The match is over, and released.
                Ok(Ok(journal::Keeping::Forgotten)) if inbox.is_closed() => return,
                // It has lost its data: all that it takes to go on is kept once more.
                Ok(Ok(journal::Keeping::Forgotten)) => {
                    waiting.splice(0..0, segment.drain(..));
                    self.note_away(&mut is_away);
                    sleep(TRY_AGAIN).await;
                }
                Ok(Err(cause)) if !cause.is_away() => {
                    error!(room = %self.room, %cause, "the journal cannot be kept");
                    self.note_away(&mut is_away);
                    sleep(self.lease).await;
                }
                Ok(Err(_)) | Err(_) => {
                    self.note_away(&mut is_away);
                    sleep(TRY_AGAIN).await;
                }
            }
        }
    }

    fn note_away(&self, is_away: &mut bool) {
        if !std::mem::replace(is_away, true) {
            (self.tell)(Kept::Away);
        }
    }
}

fn piece(batch: &Batch) -> JournalPiece {
    JournalPiece { begins: batch.begins_segment, bytes: batch.bytes.clone() }
}

/// What is before the newest beginning is not needed any more.
fn note_kept(segment: &mut Vec<(u64, Batch)>, kept: impl Iterator<Item = (u64, Batch)>) {
    for batch in kept {
        if batch.1.begins_segment {
            segment.clear();
        }
        segment.push(batch);
    }
}

/// What is before the last beginning need not be kept any more where too much waits.
fn bound(waiting: &mut Vec<(u64, Batch)>) {
    let bytes: usize = waiting.iter().map(|(_, batch)| batch.bytes.len()).sum();
    if bytes > MAX_WAITING_BYTES
        && let Some(begin) = waiting.iter().rposition(|(_, batch)| batch.begins_segment)
    {
        waiting.drain(..begin);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_of_the_newest_segment_is_at_hand() {
        let batch = |number, begins_segment| (number, Batch { begins_segment, bytes: vec![7] });
        let mut segment = Vec::new();
        note_kept(&mut segment, [batch(1, true), batch(2, false)].into_iter());
        note_kept(&mut segment, [batch(3, false)].into_iter());
        assert_eq!(segment.len(), 3);
        note_kept(&mut segment, [batch(4, false), batch(5, true), batch(6, false)].into_iter());
        assert_eq!(segment.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [5, 6]);
    }

    #[test]
    fn what_waits_is_bounded_by_what_is_not_needed_any_more() {
        let batch = |begins_segment, bytes| Batch { begins_segment, bytes: vec![0; bytes] };
        let mut waiting = vec![(1, batch(true, 10)), (2, batch(false, 10)), (3, batch(true, 10))];
        bound(&mut waiting);
        assert_eq!(waiting.len(), 3);
        waiting.push((4, batch(false, MAX_WAITING_BYTES)));
        bound(&mut waiting);
        assert_eq!(waiting.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [3, 4]);
    }
}
