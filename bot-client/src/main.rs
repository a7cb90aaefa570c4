//! `bot-client`: parses the flags, runs the swarm, prints its report.

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use tickwire_bot_client::args::Args;
use tickwire_bot_client::progress::Progress;
use tickwire_bot_client::report_dir::ReportDir;
use tickwire_bot_client::{open_files, swarm};

fn main() -> ExitCode {
    let args = Args::try_parse().and_then(Args::validated).unwrap_or_else(|error| error.exit());
    let limit = open_files::raise_limit();
    if let Some(warning) = open_files::warning(limit, args.bots) {
        eprintln!("{warning}");
    }
    run(&args).unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

/// Exit status for a flag whose value cannot be used, as for one that makes no sense.
const BAD_FLAG: u8 = 2;

fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let report_dir = match args.report.as_deref().map(ReportDir::prepare).transpose() {
        Ok(report_dir) => report_dir,
        Err(error) => {
            eprintln!("error: {error}");
            return Ok(ExitCode::from(BAD_FLAG));
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let outcome = runtime.block_on(swarm::run(args, &Progress::on_terminal(), interrupt()))?;
    for warning in &outcome.warnings {
        eprintln!("{warning}");
    }
    if let Some(report_dir) = report_dir {
        report_dir.write(args, &outcome)?;
    }
    if args.json {
        println!("{}", serde_json::to_string(&outcome.report)?);
    } else {
        if let Some(capacity) = &outcome.report.capacity {
            println!("{}\n{}", capacity.table(), capacity.sentence());
        }
        println!("{}", outcome.report.table());
    }
    Ok(if outcome.report.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Done when Ctrl-C is pressed: the run ends early and still reports.
async fn interrupt() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Ctrl-C then ends the process at once, as it does without this.
        std::future::pending::<()>().await;
    }
}
