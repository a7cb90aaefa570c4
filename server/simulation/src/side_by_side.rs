//! Many things of one kind, each changed by itself: on several threads where there are enough of them.
//!
//! What comes out does not depend on how many threads there are, since nothing that is computed for one item
//! reaches another: a room stays deterministic. The threads are those of rayon's pool, whose number the
//! server's `--step-threads` sets; with one, and for fewer items than are [worth it](WORTHWHILE), all is done
//! on the calling thread.

use rayon::iter::{
    IndexedParallelIterator, IntoParallelRefIterator, IntoParallelRefMutIterator, ParallelIterator,
};
use rayon::slice::ParallelSliceMut;

/// Items from which on it is worth waking other threads. To wake one takes some 50 µs, and most of what it
/// works on has to come over from the other core's cache; a ship or a bullet takes 50 to 100 ns.
pub const WORTHWHILE: usize = 8192;
/// Fewest items that a thread is given.
const PIECE: usize = 2048;

fn is_worthwhile(items: usize) -> bool {
    items >= WORTHWHILE && rayon::current_num_threads() > 1
}

/// Hands out all items, in pieces of neighbours.
pub fn for_each_piece<T: Send>(items: &mut [T], work: impl Fn(&mut [T]) + Sync + Send) {
    if is_worthwhile(items.len()) {
        items.par_chunks_mut(PIECE).for_each(work);
    } else {
        work(items);
    }
}

/// Puts what each item leads to, in their order, in the place of what `results` held.
pub fn map_into<T: Send, R: Send>(
    items: &mut [T],
    results: &mut Vec<R>,
    work: impl Fn(&mut T) -> R + Sync + Send,
) {
    if is_worthwhile(items.len()) {
        items.par_iter_mut().with_min_len(PIECE).map(work).collect_into_vec(results);
    } else {
        results.clear();
        results.extend(items.iter_mut().map(work));
    }
}

/// The largest of what items lead to, or `least`.
pub fn max_of<T: Sync>(items: &[T], least: f32, work: impl Fn(&T) -> f32 + Sync + Send) -> f32 {
    if is_worthwhile(items.len()) {
        items.par_iter().with_min_len(PIECE).map(work).reduce(|| least, f32::max)
    } else {
        items.iter().map(work).fold(least, f32::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
    }

    #[test]
    fn every_item_has_its_turn_once_and_results_are_in_order() {
        for (threads, count) in [(1, WORTHWHILE), (2, WORTHWHILE), (2, 3 * WORTHWHILE + 1), (2, 7)]
        {
            let mut items: Vec<u64> = (0..count as u64).collect();
            let (squares, most) = on(threads, || {
                for_each_piece(&mut items, |piece| piece.iter_mut().for_each(|item| *item += 1));
                let mut squares = vec![7];
                map_into(&mut items, &mut squares, |item| *item * *item);
                (squares, max_of(&items, 0.0, |&item| item as f32))
            });
            assert!((1..=count as u64).eq(items), "{threads} threads, {count} items");
            assert!((1..=count as u64).map(|item| item * item).eq(squares));
            assert_eq!(most, count as f32);
        }
    }
}
