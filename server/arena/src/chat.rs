//! What players say to each other: what is left of a line, and how many lines they have.

use bincode::{Decode, Encode};
use tickwire_protocol::message::Rejection;
use tickwire_simulation::names::{disturbs, is_joiner};

/// Lines that may be said at once.
const BURST: f32 = 4.0;
/// Lines per second on average.
const RATE: f32 = 0.5;

/// The lines that a player may say now: a bucket that fills up with time.
#[derive(Clone, Copy, Debug, PartialEq, Encode, Decode)]
pub struct ChatAllowance {
    lines: f32,
}

impl Default for ChatAllowance {
    fn default() -> Self {
        Self { lines: BURST }
    }
}

impl ChatAllowance {
    /// Lets `dt` seconds pass.
    pub fn pass(&mut self, dt: f32) {
        self.lines = (self.lines + RATE * dt).min(BURST);
    }

    /// Takes one line, if there is one.
    pub fn take(&mut self) -> bool {
        let allowed = self.lines >= 1.0;
        if allowed {
            self.lines -= 1.0;
        }
        allowed
    }

    /// Whether it could have come about.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        (0.0..=BURST).contains(&self.lines)
    }
}

/// A line without what could break or turn round the text beside it: control characters, line and
/// paragraph separators, and the marks that set the writing direction. Joiners stay, which scripts
/// and emoji need. `None` if nothing is left that can be seen.
#[must_use]
pub fn clean(text: &str) -> Option<String> {
    let kept: String = text.chars().filter(|&letter| !disturbs(letter)).collect();
    let trimmed = kept.trim();
    trimmed.contains(|letter| !is_joiner(letter)).then(|| trimmed.to_owned())
}

/// Why a line is not said of which nothing is left.
#[must_use]
pub fn empty() -> Rejection {
    Rejection::new("empty", "nothing is left of this line that can be seen")
}

/// Why a line is not said now.
#[must_use]
pub fn too_fast() -> Rejection {
    Rejection::new("too_fast", "wait a little: one line every two seconds, a few at once")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_lose_what_would_disturb_others() {
        assert_eq!(clean(" gg\n wp\u{202e}!\u{7} "), Some("gg wp!".to_owned()));
        assert_eq!(clean("日本 ünï 🚀"), Some("日本 ünï 🚀".to_owned()));
        assert_eq!(
            clean("\u{1f469}\u{200d}\u{1f680}"),
            Some("\u{1f469}\u{200d}\u{1f680}".to_owned())
        );
        assert_eq!(clean(" \t\u{2066}\u{feff}\u{2029} "), None);
        assert_eq!(clean("\u{200d}\u{200c}"), None);
    }

    #[test]
    fn a_few_lines_at_once_then_one_every_two_seconds() {
        let mut allowance = ChatAllowance::default();
        assert_eq!((0..10).filter(|_| allowance.take()).count(), 4);
        allowance.pass(1.9);
        assert!(!allowance.take());
        allowance.pass(0.2);
        assert!(allowance.take());
        allowance.pass(1000.0);
        assert_eq!((0..10).filter(|_| allowance.take()).count(), 4);
    }
}
