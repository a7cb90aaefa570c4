//! What a client sends in batches: each once, in order. Only a farewell does not wait for the one before it,
//! which a page that is left may have taken along. Pure.

/// A batch that is not the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfOrder {
    /// Its number.
    pub came: u32,
    /// The next one's.
    pub due: u32,
}

/// Counts batches.
#[derive(Debug, Default)]
pub struct Batches {
    taken: u32,
}

impl Batches {
    /// Whether a batch is to be taken in, and not just answered once more.
    ///
    /// # Errors
    /// [`OutOfOrder`].
    pub fn admit(
        &mut self,
        number: u32,
        is_farewell: impl FnOnce() -> bool,
    ) -> Result<bool, OutOfOrder> {
        let due = self.taken.wrapping_add(1);
        if number == due || (number == due.wrapping_add(1) && is_farewell()) {
            self.taken = number;
            Ok(true)
        } else if number == self.taken && number != 0 {
            Ok(false)
        } else {
            Err(OutOfOrder { came: number, due })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_batch_counts_once_and_none_is_left_out() {
        let mut batches = Batches::default();
        let mut admit = |number| batches.admit(number, || false);
        let error = |came, due| Err(OutOfOrder { came, due });
        assert_eq!(admit(0), error(0, 1));
        assert_eq!(admit(2), error(2, 1));
        assert_eq!(admit(1), Ok(true));
        assert_eq!(admit(1), Ok(false));
        assert_eq!(admit(3), error(3, 2));
        assert_eq!(admit(2), Ok(true));
        assert_eq!(admit(1), error(1, 3));
    }

    #[test]
    fn a_farewell_does_not_wait_for_the_batch_before_it() {
        let mut batches = Batches::default();
        assert_eq!(batches.admit(3, || true), Err(OutOfOrder { came: 3, due: 1 }));
        assert_eq!(batches.admit(2, || true), Ok(true));
        assert_eq!(batches.admit(2, || true), Ok(false));
    }
}
