//! A peer's server: a process of its own, on a core of its own, started, looked at and stopped.

use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use thiserror::Error;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::siege::cores::Cores;
use crate::siege::vitals::{Vitals, VitalsError};

/// A server that takes longer to listen has failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// Lines that are kept of what it says, to be shown when it fails.
const KEPT_LINES: usize = 12;
/// What peers say when they listen: `listening PORT`.
const PORT_MARK: &str = "listening ";
/// What this project's server says: `open http://ADDRESS to play`.
const ADDRESS_MARKS: [&str; 2] = ["open http://", " to play"];
/// Begins the names of environment variables that stand for flags of this project's server.
const ENVIRONMENT_PREFIX: &str = "TICKWIRE_";

/// Why there is no server.
#[derive(Debug, Error)]
pub enum ServerError {
    /// It cannot be started.
    #[error("{program} cannot be started: {cause}")]
    Start {
        /// What.
        program: String,
        /// What the system said.
        cause: io::Error,
    },
    /// It did not say where it listens.
    #[error("it does not listen: {0}")]
    Silent(String),
    /// It cannot be looked at.
    #[error(transparent)]
    Vitals(#[from] VitalsError),
}

/// A running server. Killed when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: SocketAddr,
    said: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts a server on the servers' core, if cores are divided, and waits until it listens.
    ///
    /// # Errors
    /// [`ServerError`].
    pub async fn start(mut command: Command, cores: Option<&Cores>) -> Result<Self, ServerError> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with(ENVIRONMENT_PREFIX)) {
                command.env_remove(name);
            }
        }
        let spawned = match cores {
            Some(cores) => cores.on_the_servers(|| command.spawn()).and_then(|child| child),
            None => command.spawn(),
        };
        let mut child = spawned.map_err(|cause| {
            let program = command.get_program().to_string_lossy().into_owned();
            ServerError::Start { program, cause }
        })?;
        let said = Arc::<Mutex<Vec<String>>>::default();
        let (sender, mut addresses) = mpsc::unbounded_channel();
        let streams: [Option<Box<dyn Read + Send>>; 2] = [
            child.stdout.take().map(|stream| Box::new(stream) as _),
            child.stderr.take().map(|stream| Box::new(stream) as _),
        ];
        for stream in streams.into_iter().flatten() {
            let (said, sender) = (Arc::clone(&said), sender.clone());
            std::thread::spawn(move || listen(stream, &said, &sender));
        }
        drop(sender);
        // From here on it is stopped when something fails.
        let mut server = Self { child, address: ([127, 0, 0, 1], 0).into(), said };
        match timeout(PATIENCE, addresses.recv()).await {
            Ok(Some(address)) => server.address = address,
            _ => return Err(ServerError::Silent(server.last_words())),
        }
        Ok(server)
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it takes of the system. All peers are single processes, whose threads are counted.
    ///
    /// # Errors
    /// [`VitalsError`].
    pub fn vitals(&self) -> Result<Vitals, VitalsError> {
        Vitals::of(self.child.id())
    }

    /// The newest lines of what it has said.
    #[must_use]
    pub fn last_words(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // That it is gone already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads what a server says until it ends.
fn listen(
    stream: impl Read,
    said: &Mutex<Vec<String>>,
    addresses: &mpsc::UnboundedSender<SocketAddr>,
) {
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        if let Some(address) = address_in(&line) {
            // Nobody waits for a second one.
            let _ = addresses.send(address);
        }
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.len() == KEPT_LINES {
            said.remove(0);
        }
        said.push(line);
    }
}

fn address_in(line: &str) -> Option<SocketAddr> {
    if let Some(port) = line.strip_prefix(PORT_MARK) {
        return Some(([127, 0, 0, 1], port.trim().parse().ok()?).into());
    }
    let [before, after] = ADDRESS_MARKS;
    let (_, rest) = line.split_once(before)?;
    rest.split_once(after)?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_say_where_they_listen() {
        let at = |port| Some(([127, 0, 0, 1], port).into());
        assert_eq!(address_in("listening 4711"), at(4711));
        let line = "2026-01-01T00:00:00Z  INFO server: open http://127.0.0.1:8080 to play";
        assert_eq!(address_in(line), at(8080));
        assert_eq!(address_in("listening to nobody"), None);
        assert_eq!(address_in("warning: old"), None);
    }

    #[tokio::test]
    async fn one_that_ends_is_quoted() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo no port left >&2"]);
        let error = Server::start(command, None).await.unwrap_err();
        assert!(matches!(&error, ServerError::Silent(words) if words == "no port left"), "{error}");
    }
}
