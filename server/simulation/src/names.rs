//! What members are called: from what somebody wrote to what others see.

/// Most characters of a name.
const MAX_NAME_CHARS: usize = 24;
/// The name of somebody who gives none.
const DEFAULT_NAME: &str = "Player";

/// A name as others will see it: without control characters and without those that change the
/// direction of text, runs of white space as one blank, and cut to its limit.
#[must_use]
pub fn display_name(name: &str) -> String {
    let is_shown = |&letter: &char| {
        let turns_text = matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        !turns_text && (!letter.is_control() || letter.is_whitespace())
    };
    let shown: String = name.chars().filter(is_shown).collect();
    let words: Vec<_> = shown.split_whitespace().collect();
    let cut: String = words.join(" ").chars().take(MAX_NAME_CHARS).collect();
    match cut.trim_end() {
        "" => DEFAULT_NAME.to_owned(),
        name => name.to_owned(),
    }
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
            ("a\u{202e}b\u{2066}c", "abc"),
            ("<b>x</b>", "<b>x</b>"),
            ("0123456789012345678901 345", "0123456789012345678901 3"),
        ] {
            assert_eq!(display_name(given), shown);
        }
        assert_eq!(display_name(&"é".repeat(10_000)).chars().count(), MAX_NAME_CHARS);
    }
}
