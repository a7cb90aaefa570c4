//! `compare`: the same workload on this server and on others, side by side.

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> anyhow::Result<ExitCode> {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() -> anyhow::Result<ExitCode> {
    anyhow::bail!("compare needs Linux: it pins to cores and reads /proc")
}

#[cfg(target_os = "linux")]
mod linux {
    use std::path::PathBuf;
    use std::process::{Command, ExitCode};
    use std::time::Duration;

    use anyhow::{Context, ensure};
    use clap::{Parser, ValueEnum};
    use serde_json::json;
    use tickwire_benches::compare::figures::{Run, Summary};
    use tickwire_benches::compare::load::Pace;
    use tickwire_benches::compare::peer::{Peer, Programs};
    use tickwire_benches::compare::table::{self, Setting};
    use tickwire_benches::compare::workload::Workload;
    use tickwire_benches::compare::{self, CompareError, bars};
    use tickwire_benches::process::cores::Cores;
    use tickwire_bot_client::open_files;
    use tokio::signal::unix::{SignalKind, signal};

    /// Starts each server in turn on a core of its own, drives all of them with the same clients and
    /// inputs from another, and writes what they cost as a Markdown table and an SVG plot.
    ///
    /// Peers whose runtime or packages are not installed are left out; `npm ci --prefix benches/peers`
    /// installs the packages, Bun among them. Exit status: 0; 1 when a peer failed.
    #[derive(Debug, Parser)]
    #[command(name = "compare")]
    struct Args {
        /// Clients
        #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=20_000))]
        clients: u32,
        /// Clients in a room, who all see each other
        #[arg(long, value_name = "SIZE", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
        rooms_of: u32,
        /// Instead: one room of so many, with views of 1920 × 1080 in a world of 8000 × 8000
        #[arg(long, value_name = "CLIENTS", conflicts_with_all = ["clients", "rooms_of"],
              value_parser = clap::value_parser!(u32).range(1..=20_000))]
        view: Option<u32>,
        /// Rounds; in each, all peers take a turn
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
        runs: u32,
        /// Seconds that are measured in a run
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
        seconds: u64,
        /// Only these; may be repeated
        #[arg(long, value_name = "PEER")]
        only: Vec<Peer>,
        /// Print one JSON object as the last line on standard output, with all runs
        #[arg(long)]
        json: bool,
        /// Where to write compare.md and compare.svg; nothing is written without it
        #[arg(long, value_name = "FOLDER")]
        out: Option<PathBuf>,
    }

    pub fn main() -> anyhow::Result<ExitCode> {
        let args = Args::parse();
        let workload = match args.view {
            Some(clients) => Workload::one_room(clients as usize),
            None => Workload::rooms_of(args.rooms_of as usize, args.clients as usize),
        };
        build()?;
        let programs = Programs::beside_this_one().context("cannot find the other programs")?;
        let cores = Cores::divide()?.context("there is only one core; two are needed")?;
        cores.keep_to_load()?;
        open_files::raise_limit();
        let mut comparison = Comparison::new(&args, workload, programs, cores);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let is_done = runtime.block_on(async {
            // Whoever is stopped in between stops the server that is running, too.
            tokio::select! {
                () = comparison.play(&args) => true,
                () = told_to_stop() => false,
            }
        });
        ensure!(is_done, "stopped");
        ensure!(!comparison.runs.is_empty(), "nothing was measured");
        comparison.report(&args)?;
        Ok(if comparison.has_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    /// Builds the two programs that are run beside this one, where cargo runs this one.
    fn build() -> anyhow::Result<()> {
        let Some(cargo) = std::env::var_os("CARGO") else { return Ok(()) };
        // Each by itself, as its users build it: together, one would get what the other needs.
        for (package, binary) in [("tickwire-server", "server"), ("tickwire-benches", "floor")] {
            let mut command = Command::new(&cargo);
            command.args(["build", "--locked", "-p", package, "--bin", binary]);
            if !cfg!(debug_assertions) {
                command.arg("--release");
            }
            let status = command.status().context("cannot start cargo")?;
            ensure!(status.success(), "{binary} cannot be built");
        }
        Ok(())
    }

    async fn told_to_stop() {
        let Ok(mut terminate) = signal(SignalKind::terminate()) else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }

    struct Comparison {
        peers: Vec<Peer>,
        programs: Programs,
        workload: Workload,
        cores: Cores,
        runs: Vec<Run>,
        has_failed: bool,
    }

    impl Comparison {
        fn new(args: &Args, workload: Workload, programs: Programs, cores: Cores) -> Self {
            let is_chosen = |peer: &Peer| {
                if args.only.is_empty() { peer.suits(&workload) } else { args.only.contains(peer) }
            };
            let peers = Peer::value_variants().iter().copied().filter(is_chosen).collect();
            Self { peers, programs, workload, cores, runs: Vec::new(), has_failed: false }
        }

        /// All rounds. A peer that fails, or is not there, is left out of those that follow.
        async fn play(&mut self, args: &Args) {
            for round in 1..=args.runs {
                let mut runs = Vec::new();
                for peer in self.peers.clone() {
                    match self.run(peer, Duration::from_secs(args.seconds)).await {
                        Ok(run) => {
                            eprintln!("{round}/{}: {}", args.runs, in_one_line(&run));
                            self.has_failed |= !run.failures.is_empty();
                            runs.push(run);
                        }
                        Err(error) => {
                            let is_missing = matches!(error, CompareError::Missing(_));
                            let what = if is_missing { "skipped" } else { "failed" };
                            eprintln!("{}: {what}: {error}", peer.title());
                            self.has_failed |= !is_missing;
                            self.peers.retain(|&other| other != peer);
                        }
                    }
                }
                let floor = runs.iter().find(|run| run.peer == Peer::Floor).map(|run| run.figures);
                if let Some(floor) = floor {
                    runs.iter_mut().for_each(|run| run.relate_to(&floor));
                }
                self.runs.append(&mut runs);
            }
        }

        async fn run(&self, peer: Peer, window: Duration) -> Result<Run, CompareError> {
            let pace = Pace::measuring(window);
            compare::run(peer, &self.programs, &self.workload, pace, Some(&self.cores)).await
        }

        fn report(&self, args: &Args) -> anyhow::Result<()> {
            let mut summaries: Vec<_> = Peer::value_variants()
                .iter()
                .filter_map(|&peer| Summary::of(peer, &self.runs))
                .collect();
            let cost = |summary: &Summary| summary.medians.server_us_per_update.unwrap_or(f64::MAX);
            summaries.sort_by(|one, other| cost(one).total_cmp(&cost(other)));
            let setting = Setting {
                workload: self.workload,
                runs: args.runs as usize,
                seconds: args.seconds,
                machine: machine(),
            };
            let table = table::draw(&setting, &summaries);
            println!("{table}");
            if let Some(folder) = &args.out {
                std::fs::create_dir_all(folder)?;
                let write = |name: &str, text: &str| {
                    let path = folder.join(name);
                    std::fs::write(&path, text)
                        .with_context(|| format!("cannot write {}", path.display()))
                };
                write("compare.md", &table)?;
                write("compare.svg", &bars::draw(&self.workload.describe(), &summaries))?;
            }
            if args.json {
                let report = json!({
                    "workload": self.workload, "peers": summaries, "runs": self.runs,
                });
                println!("{report}");
            }
            Ok(())
        }
    }

    fn in_one_line(run: &Run) -> String {
        let figures = &run.figures;
        let number =
            |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.1}"));
        let doubt = if run.valid { "" } else { ", not valid: the load was too busy" };
        format!(
            "{}: {} updates/s, {} bytes, {} µs, gap p99 {} ms, input to update {} ms, {} KiB per client; \
             {} in, load {:.0} %{doubt}{}",
            run.peer.title(),
            number(figures.updates_per_second),
            number(figures.bytes_per_update),
            number(figures.server_us_per_update),
            number(figures.gap_p99_ms),
            number(figures.input_to_update_ms),
            number(figures.kib_per_client),
            run.clients,
            run.load_share * 100.0,
            run.failures
                .iter()
                .map(|(cause, count)| format!("; {count} failed: {cause}"))
                .collect::<String>(),
        )
    }

    /// The processor, as Linux tells, and the version of Node.
    fn machine() -> String {
        let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let model = model.map_or("an unknown processor", |(_, model)| model).to_owned();
        let node = Command::new("node").arg("--version").output();
        let node = node.ok().and_then(|output| String::from_utf8(output.stdout).ok());
        let node = node.map_or(String::new(), |version| format!(", Node {}", version.trim()));
        format!("One core of {model} for the server, one for the load{node}")
    }
}
