//! The server's binary: the demo games, the flags, the signals, and the commands beside serving.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Parser, Subcommand};
use futures_util::{Stream, StreamExt};
use tickwire_server::Server;
use tickwire_server::config::Flags;
use tickwire_server::replay::{self, ReplayFlags};
use tickwire_server::tls::Certificates;
use tickwire_simulation::registry::GameRegistry;
use tracing::info;
use tracing_subscriber::EnvFilter;

/// Exit status for flags that cannot be used, and for an address that cannot be listened on.
const USAGE_ERROR: u8 = 2;
/// Exit status when it is told to stop a second time: that of SIGINT.
const INTERRUPTED: i32 = 130;

fn games() -> GameRegistry {
    GameRegistry::new()
        .with(tickwire_arena::NAME, tickwire_arena::create)
        .with(tickwire_drift::NAME, tickwire_drift::create)
}

/// Authoritative game state server: rooms with a fixed tick, binary deltas over WebSocket.
#[derive(Debug, Parser)]
#[command(name = "server", version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    flags: Flags,
}

/// What it does other than serve.
#[derive(Debug, Subcommand)]
enum Command {
    /// Compute a recorded match again, and check that it comes out as it did
    Replay(ReplayFlags),
}

fn main() -> ExitCode {
    let Arguments { command, flags } = Arguments::parse();
    if let Some(Command::Replay(flags)) = command {
        return replay::run(&flags, &games());
    }
    match serve(flags) {
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
        let mut signals = signals().context("listening for signals")?;
        let certificates = server.certificates();
        let scheme = if certificates.is_some() { "https" } else { "http" };
        if let Some(certificates) = certificates {
            reload_at_sighup(certificates).context("listening for SIGHUP")?;
        }
        info!("open {scheme}://{} to play", server.address());
        let shutdown = async move {
            signals.next().await;
            actix::spawn(async move {
                signals.next().await;
                // Whoever asks twice does not want to wait for goodbyes.
                std::process::exit(INTERRUPTED);
            });
        };
        server.run(shutdown).await.context("serving")?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Has the certificate read again whenever SIGHUP says so, where there is such a thing.
#[cfg(unix)]
fn reload_at_sighup(certificates: Arc<Certificates>) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangup = signal(SignalKind::hangup())?;
    actix::spawn(async move {
        while hangup.recv().await.is_some() {
            // It logs how that went, and has nothing more to say: the old one stays if need be.
            let _ = certificates.reload();
        }
    });
    Ok(())
}

/// Nothing: a new certificate takes a new start.
#[cfg(not(unix))]
fn reload_at_sighup(_: Arc<Certificates>) -> std::io::Result<()> {
    Ok(())
}

/// Ctrl-C, and SIGTERM where there is such a thing. Both are listened for from this call on.
#[cfg(unix)]
fn signals() -> std::io::Result<impl Stream<Item = ()> + Unpin> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    Ok(futures_util::stream::poll_fn(move |task| {
        let interrupted = interrupted.poll_recv(task);
        if interrupted.is_ready() { interrupted } else { terminated.poll_recv(task) }
    }))
}

/// Ctrl-C.
#[cfg(not(unix))]
fn signals() -> std::io::Result<impl Stream<Item = ()> + Unpin> {
    // Without a way to listen, only the task manager ends the server.
    let signal = || async { tokio::signal::ctrl_c().await.ok().map(|()| ((), ())) };
    Ok(Box::pin(futures_util::stream::unfold((), move |()| signal())))
}
