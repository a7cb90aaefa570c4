//! `trace`: what the codec makes of movement, from a file or made up.
//!
//! Exit status: 0; 1 when something is not decoded exactly; 2 for flags or a file that are no good.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Parser;
use tickwire_benches::movement::Movement;
use tickwire_benches::movement::synthetic::Synthetic;
use tickwire_benches::trace;

/// Replays movement through the real encoder and decoder as one cell of a room, checks every
/// position and last step, and prints bytes and nanoseconds per entity and tick.
#[derive(Debug, Parser)]
#[command(name = "trace")]
struct Args {
    /// Lines of `tick,id,x,y` under a heading of these names; ids may appear and vanish
    #[arg(required_unless_present = "synthetic")]
    file: Option<PathBuf>,
    /// Make movement up instead: things that steer, hold a heading and stop. Defaults:
    /// players=64,hz=20,seed=1,resting=0,seconds=60
    #[arg(long, value_name = "SETTINGS", conflicts_with = "file")]
    synthetic: Option<Synthetic>,
    /// Ticks per second of the file [default: 20]; synthetic movement has its own. Only bytes per
    /// second depend on it
    #[arg(long, value_parser = parse_hz)]
    hz: Option<f64>,
    /// Grid that positions are quantised to, in the movement's unit
    #[arg(long, default_value = "0.25", value_parser = parse_step)]
    step: f64,
    /// Print one JSON object, as the last line
    #[arg(long)]
    json: bool,
}

const DEFAULT_HZ: f64 = 20.0;

fn parse_hz(text: &str) -> Result<f64, String> {
    let hz = text.parse().ok().filter(|hz| (1.0..=240.0).contains(hz));
    hz.ok_or_else(|| "1 to 240 are allowed".to_owned())
}

fn parse_step(text: &str) -> Result<f64, String> {
    let step = text.parse().ok().filter(|step: &f64| *step > 0.0 && step.is_finite());
    step.ok_or_else(|| "a number above 0 is due".to_owned())
}

/// The movement and its ticks per second.
fn movement(args: &Args) -> anyhow::Result<(Movement, f64)> {
    if let Some(synthetic) = &args.synthetic {
        if let Some(hz) = args.hz.filter(|&hz| hz != synthetic.hz) {
            bail!("--hz {hz}, but --synthetic has hz={}: name it there alone", synthetic.hz);
        }
        return Ok((synthetic.movement(), synthetic.hz));
    }
    let Some(path) = &args.file else { bail!("a file or --synthetic is due") };
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let movement = Movement::from_csv(&text).with_context(|| path.display().to_string())?;
    Ok((movement, args.hz.unwrap_or(DEFAULT_HZ)))
}

fn main() -> ExitCode {
    let args = Args::parse();
    let prepared =
        movement(&args).and_then(|(movement, hz)| Ok((movement.quantise(args.step)?, hz)));
    let (recording, hz) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            eprintln!("error: {error:#}");
            return ExitCode::from(2);
        }
    };
    match trace::measure(&recording, hz) {
        Ok(report) if args.json => println!("{}", serde_json::json!(report)),
        Ok(report) => print!("{report}"),
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
