//! The answers to a client's polls: numbered, and the newest one kept until the client has it. Pure.

use bytes::Bytes;

/// What a poll is to be answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// What comes next.
    Next,
    /// This, once more: the client has not got it.
    Again(Bytes),
}

/// A poll after an answer that there was not, or that is long gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSuchAnswer;

/// Numbers answers.
#[derive(Debug, Default)]
pub struct Answers {
    newest: u32,
    kept: Bytes,
}

impl Answers {
    /// What a client gets whose newest answer is number `after`.
    ///
    /// # Errors
    /// [`NoSuchAnswer`].
    pub fn ask(&mut self, after: u32) -> Result<Asked, NoSuchAnswer> {
        if after == self.newest {
            self.kept = Bytes::new();
            Ok(Asked::Next)
        } else if after == self.newest.wrapping_sub(1) && !self.kept.is_empty() {
            Ok(Asked::Again(self.kept.clone()))
        } else {
            Err(NoSuchAnswer)
        }
    }

    /// The next answer, of these records.
    pub fn next(&mut self, records: &[u8]) -> Bytes {
        self.newest = self.newest.wrapping_add(1);
        self.kept = [&self.newest.to_le_bytes()[..], records].concat().into();
        self.kept.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_kept_until_the_client_has_it() {
        let mut answers = Answers::default();
        assert_eq!(answers.ask(1), Err(NoSuchAnswer));
        assert_eq!(answers.ask(u32::MAX), Err(NoSuchAnswer), "there was none before the first");
        assert_eq!(answers.ask(0), Ok(Asked::Next));
        let first = answers.next(b"abc");
        assert_eq!(&first[..], b"\x01\0\0\0abc");
        assert_eq!(answers.ask(0), Ok(Asked::Again(first.clone())));
        assert_eq!(answers.ask(0), Ok(Asked::Again(first)));
        assert_eq!(answers.ask(1), Ok(Asked::Next));
        assert_eq!(answers.ask(0), Err(NoSuchAnswer), "the client has had it");
        answers.next(b"");
        assert_eq!(answers.ask(1), Ok(Asked::Again(Bytes::from_static(b"\x02\0\0\0"))));
        assert_eq!(answers.ask(3), Err(NoSuchAnswer));
    }
}
