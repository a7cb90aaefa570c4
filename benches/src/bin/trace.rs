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
    /// Make movement up instead, by settings that are separated by commas
    ///
    /// kind=…     what moves (players):
    ///            players        steer, hold a heading and stop
    ///            walkers        people, in metres
    ///            street         people who walk up and down a street
    ///            crowd          people who have to go slowly
    ///            runners        people on a pitch
    ///            platform       runners who jump and fall, in pixels
    ///            slow-platform  the same in a leisurely game
    ///            cars           that play ball
    ///            road           cars on a road
    /// players=…  how many (64; people 40, runners 22, platforms and roads 12, cars 7)
    /// hz=…       ticks per second (20; people 16, platforms 25, cars and roads 30)
    /// seconds=…  how long (60)
    /// seed=…     the same one, the same movement (1); the codec is trained on 1001 to 5002
    /// fresh=…    share of ticks at which each is seen anew, else it seems to stand still: 0.7 for
    ///            each by itself, 2/3 evenly (all)
    /// resting=…  share that never moves (0); not of platforms, cars and roads
    /// life=…     mean seconds until one goes and another comes, 0 for never (players 0; people and
    ///            runners 60); not of platforms, cars and roads
    /// whole_pixels=true   of platforms: the game tells whole pixels
    #[arg(long, value_name = "SETTINGS", conflicts_with = "file", verbatim_doc_comment)]
    synthetic: Option<Synthetic>,
    /// Ticks per second of the file [default: 20]; synthetic movement has its own. Only bytes per
    /// second depend on it
    #[arg(long, value_parser = parse_hz)]
    hz: Option<f64>,
    /// Grid that positions are quantised to, in the movement's unit [default: 0.25; of synthetic people
    /// 0.01, of runners 0.05, of cars 1]
    #[arg(long, value_parser = parse_step)]
    step: Option<f64>,
    /// Print one JSON object, as the last line
    #[arg(long)]
    json: bool,
}

/// Of files, whose rate and unit nobody knows.
const DEFAULT_HZ: f64 = 20.0;
const DEFAULT_STEP: f64 = 0.25;

fn parse_hz(text: &str) -> Result<f64, String> {
    let hz = text.parse().ok().filter(|hz| (1.0..=240.0).contains(hz));
    hz.ok_or_else(|| "1 to 240 are allowed".to_owned())
}

fn parse_step(text: &str) -> Result<f64, String> {
    let step = text.parse().ok().filter(|step: &f64| *step > 0.0 && step.is_finite());
    step.ok_or_else(|| "a number above 0 is due".to_owned())
}

/// The movement, its ticks per second and its grid.
fn movement(args: &Args) -> anyhow::Result<(Movement, f64, f64)> {
    if let Some(synthetic) = &args.synthetic {
        if let Some(hz) = args.hz.filter(|&hz| hz != synthetic.hz) {
            bail!("--hz {hz}, but --synthetic has hz={}: name it there alone", synthetic.hz);
        }
        return Ok((synthetic.movement(), synthetic.hz, args.step.unwrap_or(synthetic.step)));
    }
    let Some(path) = &args.file else { bail!("a file or --synthetic is due") };
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let movement = Movement::from_csv(&text).with_context(|| path.display().to_string())?;
    Ok((movement, args.hz.unwrap_or(DEFAULT_HZ), args.step.unwrap_or(DEFAULT_STEP)))
}

fn main() -> ExitCode {
    let args = Args::parse();
    let prepared =
        movement(&args).and_then(|(movement, hz, step)| Ok((movement.quantise(step)?, hz)));
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
