//! The server's binary: the demo games, the flags, the signals.

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use tickwire_server::Server;
use tickwire_server::config::Flags;
use tickwire_simulation::registry::GameRegistry;
use tracing::info;
use tracing_subscriber::EnvFilter;

/// Exit status for flags that cannot be used, and for an address that cannot be listened on.
const USAGE_ERROR: u8 = 2;

fn games() -> GameRegistry {
    GameRegistry::new()
        .with(tickwire_arena::NAME, tickwire_arena::create)
        .with(tickwire_drift::NAME, tickwire_drift::create)
}

fn main() -> ExitCode {
    match serve(Flags::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn serve(flags: Flags) -> anyhow::Result<ExitCode> {
    let filter = match EnvFilter::try_new(&flags.log) {
        Ok(filter) => filter,
        Err(error) => {
            eprintln!("error: invalid value {:?} for --log: {error}", flags.log);
            return Ok(ExitCode::from(USAGE_ERROR));
        }
    };
    let is_terminal = std::io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(is_terminal)
        .with_writer(std::io::stderr)
        // Whoever reads the log may go away; that must not end the server.
        .log_internal_errors(false)
        .init();
    let games = games();
    let config = match flags.validate(&games) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("error: {error}");
            return Ok(ExitCode::from(USAGE_ERROR));
        }
    };
    actix::System::new().block_on(async {
        let server = match Server::bind(config, games) {
            Ok(server) => server,
            Err(error) => {
                eprintln!("error: {error}");
                return Ok(ExitCode::from(USAGE_ERROR));
            }
        };
        let shutdown = signals().context("listening for signals")?;
        info!("open http://{} to play", server.address());
        server.run(shutdown).await.context("serving")?;
        Ok(ExitCode::SUCCESS)
    })
}

/// A future that completes at Ctrl-C, and at SIGTERM where there is such a thing. Both are listened
/// for from this call on.
#[cfg(unix)]
fn signals() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    })
}

/// A future that completes at Ctrl-C.
#[cfg(not(unix))]
fn signals() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Without a way to listen, only the task manager ends the server.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
