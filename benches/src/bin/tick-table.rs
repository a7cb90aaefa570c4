//! `tick-table`: prints the figures of the last `cargo bench --bench tick` as a table in Markdown.

use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Parser;
use tickwire_benches::{estimates, tick_table};

/// Prints the figures of the tick benches as a table in Markdown. Run the benches first:
/// `cargo bench -p tickwire-benches --bench tick`.
#[derive(Debug, Parser)]
#[command(name = "tick-table")]
struct Args {
    /// Criterion's folder [default: criterion in CARGO_TARGET_DIR, or in the workspace's target]
    #[arg(env = "CRITERION_HOME", value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

fn default_folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from);
    target.join("criterion")
}

fn main() -> anyhow::Result<()> {
    let folder = Args::parse().folder.unwrap_or_else(default_folder);
    if !folder.is_dir() {
        bail!(
            "there is no folder {}; run `cargo bench -p tickwire-benches --bench tick` first",
            folder.display()
        );
    }
    print!("{}", tick_table::render(&estimates::read_all(&folder)?));
    Ok(())
}
