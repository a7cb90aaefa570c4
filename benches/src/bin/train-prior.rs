//! `train-prior`: makes the table of likelihoods that chunks begin with, for Rust and for JavaScript.
//!
//! Exit status: 0; 1 when it cannot, or when `--check` finds other files than it would write.

use std::path::Path;

use anyhow::{Context, bail};
use clap::Parser;
use tickwire_benches::training::corpus::{self, NamedSource};
use tickwire_benches::training::{PriorTable, Trainer};

/// What stands in the files that this makes.
const COMMAND: &str = "cargo run --release -p tickwire-benches --bin train-prior";

/// Trains the prior of the chunks on movement that is made up and on recorded games, and writes it
/// where the protocol and the SDK read it. The same everywhere, as far as sines and logarithms are.
#[derive(Debug, Parser)]
#[command(name = "train-prior")]
struct Args {
    /// Write nothing: only see whether the files are as they would be written
    #[arg(long)]
    check: bool,
    /// Also print what each source costs, in bytes per entity and tick, with each set
    #[arg(long)]
    costs: bool,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let sources = corpus::sources()?;
    let mut trainer = Trainer::default();
    for source in &sources {
        trainer.push(source.theme, source.weight, source.source.clone());
    }
    let table = trainer.train();
    if args.costs {
        print_costs(&table, &sources);
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (path, text) in [
        ("protocol/src/chunk/generated/prior_table.rs", table.to_rust(COMMAND)),
        ("web-demo/sdk/wire/generated/prior-table.js", table.to_javascript(COMMAND)),
    ] {
        let file = root.join(path);
        let is_same = std::fs::read_to_string(&file).is_ok_and(|old| old == text);
        if args.check && !is_same {
            bail!("{path} is not what the corpus makes of it; run `{COMMAND}`");
        }
        if !is_same {
            std::fs::write(&file, text).with_context(|| format!("cannot write {path}"))?;
        }
        println!("{path} {}", if is_same { "is as it should be" } else { "written" });
    }
    Ok(())
}

fn print_costs(table: &PriorTable, sources: &[NamedSource]) {
    println!("{:40} {:8} bytes per entity and tick by set", "source", "theme");
    for NamedSource { name, theme, source, .. } in sources {
        let costs = table.costs(source);
        let best = costs.iter().copied().fold(f64::INFINITY, f64::min);
        print!("{name:40} {:8}", format!("{theme:?}"));
        for cost in costs {
            print!(" {cost:.3}{}", if cost == best { '*' } else { ' ' });
        }
        println!();
    }
}
