//! Who is compared, what runs it and what it speaks.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;
use serde::Serialize;
use thiserror::Error;

use super::wire::plain::Form;
use super::workload::Workload;

/// A server that the workload is given to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Peer {
    /// Bare socket writes of as many bytes as a packed update has: what the kernel takes.
    Floor,
    /// This project.
    Tickwire,
    /// Bun's WebSocket server, `publish`, packed by hand.
    Bun,
    /// ws, packed by hand.
    WsBinary,
    /// ws, what each view shows, packed by hand.
    WsView,
    /// ws, JSON.
    WsJson,
    /// Socket.IO, volatile broadcasts of JSON.
    Socketio,
    /// Colyseus, everybody sees everybody.
    Colyseus,
    /// Colyseus with StateView.
    ColyseusView,
}

/// What a peer speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// As little as one can have.
    Plain(Form),
    /// Socket.IO's.
    SocketIo,
    /// Colyseus'.
    Colyseus,
    /// This project's.
    Tickwire,
}

/// What runs a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Runtime {
    /// A program of this workspace.
    Own(&'static str),
    /// A script, by Node.
    Node(&'static str),
    /// A script, by Bun.
    Bun(&'static str),
}

/// Why a peer cannot be started here.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MissingError {
    /// A program of this workspace was not built.
    #[error("{} is missing: run `cargo build --release -p {package}`", path.display())]
    Program {
        /// Where it should be.
        path: PathBuf,
        /// What builds it.
        package: &'static str,
    },
    /// What runs its script is not installed.
    #[error("{0} is not installed")]
    Runtime(&'static str),
    /// The packages are not.
    #[error("its packages are missing: run `npm ci --prefix {}`", .0.display())]
    Packages(PathBuf),
}

/// Where the programs are.
#[derive(Clone, Debug)]
pub struct Programs {
    /// Those of this workspace.
    pub own: PathBuf,
    /// The other peers' scripts: `benches/peers`.
    pub peers: PathBuf,
}

impl Peer {
    /// What it is called in tables.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Floor => "bare tokio writes: the floor",
            Self::Tickwire => "Tickwire",
            Self::Bun => "Bun, `publish`, packed binary",
            Self::WsBinary => "ws, packed binary",
            Self::WsView => "ws, packed binary, own views",
            Self::WsJson => "ws, JSON",
            Self::Socketio => "Socket.IO, volatile, JSON",
            Self::Colyseus => "Colyseus",
            Self::ColyseusView => "Colyseus, StateView",
        }
    }

    /// What it speaks.
    #[must_use]
    pub const fn protocol(self) -> Protocol {
        match self {
            Self::Floor => Protocol::Plain(Form::Void),
            Self::Tickwire => Protocol::Tickwire,
            Self::Bun | Self::WsBinary | Self::WsView => Protocol::Plain(Form::Packed),
            Self::WsJson => Protocol::Plain(Form::Json),
            Self::Socketio => Protocol::SocketIo,
            Self::Colyseus | Self::ColyseusView => Protocol::Colyseus,
        }
    }

    /// Whether it has something to show under a workload: views need a world that they do not cover.
    #[must_use]
    pub const fn suits(self, workload: &Workload) -> bool {
        workload.has_views || !matches!(self, Self::WsView | Self::ColyseusView)
    }

    const fn runtime(self) -> Runtime {
        match self {
            Self::Floor => Runtime::Own("floor"),
            Self::Tickwire => Runtime::Own("server"),
            Self::Bun => Runtime::Bun("bun.mjs"),
            Self::WsBinary => Runtime::Node("ws-binary.mjs"),
            Self::WsView => Runtime::Node("ws-view.mjs"),
            Self::WsJson => Runtime::Node("ws-json.mjs"),
            Self::Socketio => Runtime::Node("socketio.mjs"),
            Self::Colyseus => Runtime::Node("colyseus.mjs"),
            Self::ColyseusView => Runtime::Node("colyseus-view.mjs"),
        }
    }

    /// The command that starts it with a workload, on a free port of loopback.
    ///
    /// # Errors
    /// [`MissingError`].
    pub fn command(
        self,
        programs: &Programs,
        workload: &Workload,
    ) -> Result<Command, MissingError> {
        let world = workload.world_flag();
        let mut command = match self.runtime() {
            Runtime::Own(name) => Command::new(own(&programs.own, name)?),
            Runtime::Node(script) => {
                programs.expect_packages()?;
                let mut command =
                    Command::new(on_path("node").ok_or(MissingError::Runtime("node"))?);
                command.arg(programs.peers.join(script));
                command
            }
            Runtime::Bun(script) => {
                programs.expect_packages()?;
                let mut command = Command::new(programs.bun()?);
                command.arg(programs.peers.join(script));
                command
            }
        };
        match self {
            Self::Floor => {
                command.args(["--payload-bytes", &workload.packed_bytes().to_string()]);
            }
            Self::Tickwire => {
                command
                    .args(["--bind=127.0.0.1:0", "--bots=0", "--log=warn,server=info"])
                    .args(["--workers=1", "--room-threads=1"])
                    .arg(format!("--room-capacity={}", workload.room_size()))
                    .arg(format!("--game-option=drift.world={world}"));
            }
            _ => {
                // Express, and others, spare themselves some work by it.
                command.args(["--world", &world]).env("NODE_ENV", "production");
            }
        }
        Ok(command)
    }
}

impl Programs {
    /// Programs of this workspace beside this one, and the scripts where the sources are.
    ///
    /// # Errors
    /// What the system says.
    pub fn beside_this_one() -> std::io::Result<Self> {
        let this = std::env::current_exe()?;
        let own = this.parent().map(Path::to_owned).unwrap_or_default();
        Ok(Self { own, peers: Path::new(env!("CARGO_MANIFEST_DIR")).join("peers") })
    }

    fn expect_packages(&self) -> Result<(), MissingError> {
        let is_there = self.peers.join("node_modules").is_dir();
        is_there.then_some(()).ok_or_else(|| MissingError::Packages(self.peers.clone()))
    }

    /// Bun's binary: that of its package, whose script moves it there from a package for this platform;
    /// that one, where npm was told to run no scripts; else one that is installed.
    fn bun(&self) -> Result<PathBuf, MissingError> {
        let modules = self.peers.join("node_modules");
        let platforms = std::fs::read_dir(modules.join("@oven")).into_iter().flatten().flatten();
        let runs = |path: &PathBuf| {
            let asked = Command::new(path).arg("--version").output();
            asked.is_ok_and(|output| output.status.success())
        };
        std::iter::once(modules.join(".bin/bun"))
            .chain(platforms.map(|platform| platform.path().join("bin/bun")))
            .find(runs)
            .or_else(|| on_path("bun"))
            .ok_or(MissingError::Runtime("bun"))
    }
}

fn own(folder: &Path, name: &'static str) -> Result<PathBuf, MissingError> {
    let path = folder.join(name);
    let package = if name == "server" { "tickwire-server" } else { "tickwire-benches" };
    if path.is_file() { Ok(path) } else { Err(MissingError::Program { path, package }) }
}

fn on_path(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let nowhere = PathBuf::from("/nowhere");
        let programs = Programs { own: nowhere.clone(), peers: nowhere.clone() };
        let missing = |peer: Peer| {
            let workload = Workload::rooms_of(50, 100);
            peer.command(&programs, &workload).unwrap_err()
        };
        let (path, package) = (nowhere.join("server"), "tickwire-server");
        assert_eq!(missing(Peer::Tickwire), MissingError::Program { path, package });
        for peer in [Peer::WsJson, Peer::Bun] {
            assert_eq!(missing(peer), MissingError::Packages(nowhere.clone()));
        }
    }

    #[test]
    fn views_are_compared_where_they_do_not_cover_the_world() {
        let suited =
            |workload| Peer::value_variants().iter().filter(|peer| peer.suits(&workload)).count();
        assert_eq!(suited(Workload::rooms_of(50, 1000)), 7);
        assert_eq!(suited(Workload::one_room(1000)), 9);
    }
}
