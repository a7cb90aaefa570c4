//! What members are called: from what somebody wrote to what others see.
//!
//! [`disturbs`] is for games too, whose players write to each other.

/// Most characters of a name.
const MAX_NAME_CHARS: usize = 24;
/// The name of somebody who gives none.
const DEFAULT_NAME: &str = "Player";

/// Whether a character would disturb the text around it: control characters, separators of lines, what
/// changes the direction of text, what is not seen (but for the joiners that scripts and emoji need),
/// tags.
#[must_use]
pub fn disturbs(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
        || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(letter, '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Whether a character only joins others: by itself it is not seen.
#[must_use]
pub const fn is_joiner(letter: char) -> bool {
    matches!(letter, '\u{200c}' | '\u{200d}')
}

/// A name as others will see it: without control characters and without those that change the
/// direction of text, runs of white space as one blank, and cut to its limit.
#[must_use]
pub fn display_name(name: &str) -> String {
    let is_shown = |&letter: &char| !disturbs(letter) || letter.is_whitespace();
    let shown: String = name.chars().filter(is_shown).collect();
    let words: Vec<_> = shown.split_whitespace().collect();
    let cut: String = words.join(" ").chars().take(MAX_NAME_CHARS).collect();
    let name = cut.trim_end();
    if name.chars().all(is_joiner) { DEFAULT_NAME.to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_fit_to_be_seen() {
        for (given, shown) in [
            ("Ada", "Ada"),
            ("  Ada \n\t Lovelace ", "Ada Lovelace"),
            ("", "Player"),
            ("\u{202e}\u{0000}", "Player"),
            ("a\u{202e}b\u{2066}c\u{61c}d\u{2061}e\u{e0041}", "abcde"),
            ("\u{200d}\u{200c}", "Player"),
            ("\u{1f469}\u{200d}\u{1f680}", "\u{1f469}\u{200d}\u{1f680}"),
            ("<b>x</b>", "<b>x</b>"),
            ("0123456789012345678901 345", "0123456789012345678901 3"),
        ] {
            assert_eq!(display_name(given), shown);
        }
        assert_eq!(display_name(&"é".repeat(10_000)).chars().count(), MAX_NAME_CHARS);
    }
}
