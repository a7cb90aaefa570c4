//! A server's process: started on a core of its own, listened to, looked at and stopped. What is asked of
//! the server in it is the business of [`siege`](crate::siege) and [`compare`](crate::compare).

pub mod cores;
pub mod vitals;

use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use cores::Cores;
use vitals::{Vitals, VitalsError};

/// A server that takes longer to listen, or to stop, has failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is looked at whether it has stopped.
const POLL: Duration = Duration::from_millis(50);
/// Lines that are kept of what it says, to be shown when it fails.
const KEPT_LINES: usize = 20;
/// What peers say when they listen: `listening PORT`.
const PORT_MARK: &str = "listening ";
/// What this project's server says: `open http://ADDRESS to play`, or https.
const ADDRESS_MARKS: [&str; 3] = ["open http", "://", " to play"];
/// In what a process says that panics.
const PANIC_MARK: &str = "panicked at";
/// Begins the names of environment variables that stand for flags of this project's server.
const ENVIRONMENT_PREFIX: &str = "TICKWIRE_";

/// Why there is no process.
#[derive(Debug, Error)]
pub enum ProcessError {
    /// It cannot be started.
    #[error("{program} cannot be started: {cause}")]
    Start {
        /// What.
        program: String,
        /// What the system said.
        cause: io::Error,
    },
    /// It did not say where it listens.
    #[error("it does not listen:\n{0}")]
    Silent(String),
}

/// What a process has said.
#[derive(Debug, Default)]
struct Said {
    panics: usize,
    newest: Vec<String>,
}

/// A running server. Killed when dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    address: SocketAddr,
    said: Arc<Mutex<Said>>,
}

impl Process {
    /// Starts a server on the servers' core, if cores are divided, and waits until it listens.
    ///
    /// # Errors
    /// [`ProcessError`].
    pub async fn start(mut command: Command, cores: Option<&Cores>) -> Result<Self, ProcessError> {
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
            ProcessError::Start { program, cause }
        })?;
        let said = Arc::<Mutex<Said>>::default();
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
        let mut process = Self { child, address: ([127, 0, 0, 1], 0).into(), said };
        match timeout(PATIENCE, addresses.recv()).await {
            Ok(Some(address)) => process.address = address,
            _ => return Err(ProcessError::Silent(process.last_words())),
        }
        Ok(process)
    }

    /// Where it says that it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it takes of the system. All servers are single processes, whose threads are counted.
    ///
    /// # Errors
    /// [`VitalsError`].
    pub fn vitals(&self) -> Result<Vitals, VitalsError> {
        Vitals::of(self.child.id())
    }

    /// The newest lines of what it has said.
    #[must_use]
    pub fn last_words(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).newest.join("\n")
    }

    /// How often it has panicked.
    #[must_use]
    pub fn panics(&self) -> usize {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).panics
    }

    /// Whether it is still there.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Asks it to stop, and waits until it has; `None` when it does not.
    pub async fn stop(&mut self) -> Option<ExitStatus> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)?;
        kill_process(pid, Signal::TERM).ok()?;
        let ended = async {
            loop {
                if let Some(status) = self.child.try_wait().ok()? {
                    return Some(status);
                }
                sleep(POLL).await;
            }
        };
        timeout(PATIENCE, ended).await.ok().flatten()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // That it is gone already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads what a server says to its end, so that it never waits for that; finds its address and its panics.
fn listen(stream: impl Read, said: &Mutex<Said>, addresses: &mpsc::UnboundedSender<SocketAddr>) {
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        if let Some(address) = address_in(&line) {
            // Nobody waits for a second one.
            let _ = addresses.send(address);
        }
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        said.panics += usize::from(line.contains(PANIC_MARK));
        if said.newest.len() == KEPT_LINES {
            said.newest.remove(0);
        }
        said.newest.push(line);
    }
}

fn address_in(line: &str) -> Option<SocketAddr> {
    if let Some(port) = line.strip_prefix(PORT_MARK) {
        return Some(([127, 0, 0, 1], port.trim().parse().ok()?).into());
    }
    let [before, between, after] = ADDRESS_MARKS;
    let (_, rest) = line.split_once(before)?;
    let (_, rest) = rest.split_once(between)?;
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
        assert_eq!(address_in(&line.replace("http", "https")), at(8080));
        assert_eq!(address_in("listening to nobody"), None);
        assert_eq!(address_in("warning: old"), None);
    }

    #[tokio::test]
    async fn one_that_ends_is_quoted() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo no port left >&2"]);
        let error = Process::start(command, None).await.unwrap_err();
        assert!(
            matches!(&error, ProcessError::Silent(words) if words == "no port left"),
            "{error}"
        );
    }

    #[test]
    fn panics_are_counted_and_the_newest_lines_kept() {
        let text = "thread 'x' panicked at src/a.rs:1:1:\n".repeat(2) + &"line\n".repeat(30);
        let (said, (sender, _receiver)) = (Mutex::<Said>::default(), mpsc::unbounded_channel());
        listen(text.as_bytes(), &said, &sender);
        let said = said.into_inner().unwrap();
        assert_eq!((said.panics, said.newest.len()), (2, KEPT_LINES));
    }
}
