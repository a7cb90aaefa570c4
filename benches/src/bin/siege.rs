//! `siege`: puts a real server through hardships, and says whether it bears them.

use std::process::ExitCode;

/// Exit status where this machine cannot run a case.
const UNABLE: u8 = 2;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("error: siege needs Linux: it reads /proc and makes networks of its own");
    ExitCode::from(UNABLE)
}

#[cfg(target_os = "linux")]
mod linux {
    use std::path::PathBuf;
    use std::process::ExitCode;
    use std::time::Duration;

    use anyhow::Context;
    use clap::{Parser, ValueEnum};
    use serde_json::json;
    use tickwire_benches::process::cores::Cores;
    use tickwire_benches::siege::{self, Case, Setting, SiegeError};
    use tokio::signal::unix::{SignalKind, signal};

    use super::UNABLE;

    /// Puts a real server process through hardships, and holds what becomes of it, and of those who do
    /// nothing wrong, against targets.
    ///
    /// Exit status: 0 when everything holds that must, 1 when something does not, 2 when this machine
    /// cannot run a case.
    #[derive(Debug, Parser)]
    #[command(name = "siege")]
    struct Args {
        /// Hardships, one after the other, each with a fresh server; all: every one of them
        #[arg(required = true, value_name = "CASE", value_parser = parse_cases)]
        cases: Vec<Cases>,
        /// In seconds and small numbers: judges what becomes of everybody, and no times or sizes
        #[arg(long)]
        short: bool,
        /// The server's binary [default: `server` beside this program]
        #[arg(long, value_name = "PATH")]
        server: Option<PathBuf>,
        /// Print one JSON object as the last line on standard output
        #[arg(long)]
        json: bool,
        /// How long floods and churn take, such as 60s or 20m [default: 60s, and 20m]
        #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
        duration: Option<Duration>,
        /// Let the server run on any core. Otherwise a full run gives it the first one, with one thread
        /// for connections and one for rooms, and the load the others, except in the idle case
        #[arg(long)]
        unpinned: bool,
        /// Seed of everything that is done at random
        #[arg(long, default_value_t = 1, value_name = "NUMBER")]
        seed: u64,
    }

    /// What one argument names.
    #[derive(Clone, Debug)]
    struct Cases(Vec<Case>);

    fn parse_cases(text: &str) -> Result<Cases, String> {
        if text == "all" {
            return Ok(Cases(Case::value_variants().to_vec()));
        }
        Case::from_str(text, false).map(|case| Cases(vec![case])).map_err(|_| {
            let names: Vec<_> = Case::value_variants().iter().map(|case| case.name()).collect();
            format!("one of {}, all is due", names.join(", "))
        })
    }

    /// How all cases together went.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    enum Standing {
        Held,
        Unable,
        Failed,
    }

    pub fn main() -> ExitCode {
        let args = Args::parse();
        let standing = setting(&args).and_then(|setting| besiege(&args, &setting));
        match standing {
            Ok(Standing::Held) => ExitCode::SUCCESS,
            Ok(Standing::Failed) => ExitCode::FAILURE,
            Ok(Standing::Unable) => ExitCode::from(UNABLE),
            Err(error) => {
                eprintln!("error: {error:#}");
                ExitCode::from(UNABLE)
            }
        }
    }

    fn besiege(args: &Args, setting: &Setting) -> anyhow::Result<Standing> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start the runtime")?;
        runtime.block_on(async {
            tokio::select! {
                standing = run_all(args, setting) => Ok(standing),
                // What a case has started and made is stopped and deleted as it is dropped.
                interrupted = interrupt() => {
                    interrupted.context("listening for signals")?;
                    anyhow::bail!("interrupted")
                }
            }
        })
    }

    /// Done at Ctrl-C, and at SIGTERM.
    async fn interrupt() -> std::io::Result<()> {
        let mut terminated = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminated.recv() => Ok(()),
        }
    }

    fn setting(args: &Args) -> anyhow::Result<Setting> {
        let server = match &args.server {
            Some(path) => path.clone(),
            None => {
                std::env::current_exe().context("where is this program?")?.with_file_name("server")
            }
        };
        anyhow::ensure!(
            server.is_file(),
            "{} is missing: build it (cargo build --release -p tickwire-server), or name another \
             by --server",
            server.display()
        );
        let may_pin = !args.short && !args.unpinned;
        let cores = if may_pin { Cores::divide().context("which cores?")? } else { None };
        let Args { short, duration, seed, .. } = *args;
        Ok(Setting { server, short, cores, duration, seed })
    }

    async fn run_all(args: &Args, setting: &Setting) -> Standing {
        let mut standing = Standing::Held;
        let mut cases = Vec::new();
        for &case in args.cases.iter().flat_map(|Cases(cases)| cases) {
            eprintln!("{} …", case.name());
            let (this, told) = match siege::run(case, setting).await {
                Ok(verdict) => {
                    println!("{verdict}");
                    let this = if verdict.is_met() { Standing::Held } else { Standing::Failed };
                    (this, json!(verdict))
                }
                Err(error) => {
                    eprintln!("error: {}: {error}", case.name());
                    (standing_of(&error), json!({"case": case.name(), "error": error.to_string()}))
                }
            };
            standing = standing.max(this);
            cases.push(told);
        }
        if args.json {
            let met = standing == Standing::Held;
            println!("{}", json!({"met": met, "short": args.short, "cases": cases}));
        }
        standing
    }

    const fn standing_of(error: &SiegeError) -> Standing {
        if error.is_unable() { Standing::Unable } else { Standing::Failed }
    }
}
