//! The trained prior as source text: for Rust, and for JavaScript.

use std::fmt::Write;

use tickwire_protocol::chunk::coder::Likelihood;
use tickwire_protocol::chunk::contexts::CONTEXTS;

/// Sets of likelihoods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriorTable {
    /// By set and context.
    pub sets: Vec<Vec<Likelihood>>,
}

/// Columns of the generated text.
const WIDTH: usize = 100;

impl PriorTable {
    /// The text of `protocol/src/chunk/generated/prior_table.rs`.
    #[must_use]
    pub fn to_rust(&self, command: &str) -> String {
        let sets = self.sets.len();
        let mut text = format!(
            "//! Likelihoods that chunks begin with. Made by `{command}`.\n\n\
             /// Of \"yes\", of 2¹⁵, by set and context.\n\
             #[rustfmt::skip]\n\
             pub(in super::super) const PROBABILITIES: [[u16; {CONTEXTS}]; {sets}] = [\n"
        );
        self.write_sets(&mut text, |likelihood| likelihood.p.to_string());
        text.push_str(
            "];\n\n/// Decisions that each counts for.\n#[rustfmt::skip]\n\
             pub(in super::super) const COUNTS: ",
        );
        let _ = writeln!(text, "[[u8; {CONTEXTS}]; {sets}] = [");
        self.write_sets(&mut text, |likelihood| likelihood.count.to_string());
        text.push_str("];\n");
        text
    }

    /// The text of `web-demo/sdk/wire/generated/prior-table.js`.
    #[must_use]
    pub fn to_javascript(&self, command: &str) -> String {
        let mut text = format!(
            "/**\n * Likelihoods that chunks begin with. Made by `{command}`.\n *\n * @module\n */\n\n\
             /** Of \"yes\", of 2^15, by set and context. */\nexport const PROBABILITIES = [\n"
        );
        self.write_sets(&mut text, |likelihood| likelihood.p.to_string());
        text.push_str("];\n\n/** Decisions that each counts for. */\nexport const COUNTS = [\n");
        self.write_sets(&mut text, |likelihood| likelihood.count.to_string());
        text.push_str("];\n");
        text
    }

    fn write_sets(&self, text: &mut String, number: impl Fn(&Likelihood) -> String) {
        for set in &self.sets {
            text.push_str("  [\n");
            let mut line = String::from("   ");
            for likelihood in set {
                let number = number(likelihood);
                if line.len() + number.len() + 2 > WIDTH {
                    text.push_str(&line);
                    text.push('\n');
                    line = String::from("   ");
                }
                let _ = write!(line, " {number},");
            }
            text.push_str(&line);
            text.push_str("\n  ],\n");
        }
    }
}
