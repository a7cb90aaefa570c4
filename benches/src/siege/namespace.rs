//! Two networks of our own, joined by a cable that can be pulled: what vanishes behind it leaves no word.
//!
//! ```text
//! namespace "server"  198.18.0.1 ─── veth ─── 198.18.0.2  namespace "peers"
//! ```
//!
//! A namespace belongs to a thread and to what that thread starts: processes and further threads. Made by
//! `ip`, which asks for root; deleted when dropped.

use std::fs::File;
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use thiserror::Error;

/// Where the server is, as peers see it (RFC 2544: addresses for benches).
pub const SERVER: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);
/// Where the peers are.
pub const PEERS: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 2);
/// Where `ip` keeps namespaces that have a name.
const NAMES: &str = "/run/netns";
/// What to do about it.
const ADVICE: &str = "run it as root, or in a user namespace: \
    unshare -rmn sh -c 'mount -t tmpfs none /run && exec target/release/siege vanish'";

/// Why there are no networks.
#[derive(Debug, Error)]
pub enum NamespaceError {
    /// The program `ip` cannot be run.
    #[error("`ip` cannot be run ({0}): it is in Debian's package iproute2")]
    Program(io::Error),
    /// It refuses.
    #[error("`ip {command}`: {complaint}; {ADVICE}")]
    Refused {
        /// What it was asked.
        command: String,
        /// What it said.
        complaint: String,
    },
    /// A thread cannot move.
    #[error("a thread cannot move into namespace {name}: {cause}")]
    Enter {
        /// Where to.
        name: String,
        /// What the system said.
        cause: io::Error,
    },
}

/// Two joined namespaces.
#[derive(Debug)]
pub struct Networks {
    server: Namespace,
    peers: Namespace,
}

/// A namespace. Deleted when dropped, and with it its end of the cable.
#[derive(Debug)]
pub struct Namespace {
    name: String,
}

/// The way into a namespace, for other threads.
#[derive(Clone, Debug)]
pub struct Entrance(String);

impl Networks {
    /// Makes them, under names of this process's own.
    ///
    /// # Errors
    /// [`NamespaceError`]; nothing is left of them then.
    pub fn make() -> Result<Self, NamespaceError> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let id = format!("siege-{}-{number}", std::process::id());
        let [server, peers] = ["server", "peers"].map(|end| format!("{id}-{end}"));
        let networks = Self { server: Namespace::make(server)?, peers: Namespace::make(peers)? };
        let Self { server: Namespace { name: server }, peers: Namespace { name: peers } } =
            &networks;
        // Made where they belong, so that no name meets one of the machine's own.
        ip(&format!("-n {server} link add cable type veth peer name cable netns {peers}"))?;
        for (name, address) in [(server, SERVER), (peers, PEERS)] {
            ip(&format!("-n {name} address add {address}/30 dev cable"))?;
            ip(&format!("-n {name} link set cable up"))?;
            ip(&format!("-n {name} link set lo up"))?;
        }
        Ok(networks)
    }

    /// The way to where the server is.
    #[must_use]
    pub fn server(&self) -> Entrance {
        Entrance(self.server.name.clone())
    }

    /// The way to where the peers are.
    #[must_use]
    pub fn peers(&self) -> Entrance {
        Entrance(self.peers.name.clone())
    }

    /// Pulls the cable.
    ///
    /// # Errors
    /// [`NamespaceError`].
    pub fn pull(&self) -> Result<(), NamespaceError> {
        ip(&format!("-n {} link set cable down", self.peers.name))
    }
}

/// Whether this machine lets us make networks.
///
/// # Errors
/// [`NamespaceError`]: why not.
pub fn is_possible() -> Result<(), NamespaceError> {
    Networks::make().map(drop)
}

impl Namespace {
    fn make(name: String) -> Result<Self, NamespaceError> {
        ip(&format!("netns add {name}"))?;
        Ok(Self { name })
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // Nobody is left to be told.
        let _ = ip(&format!("netns delete {}", self.name));
    }
}

impl Entrance {
    /// Moves this thread there, and what it starts from now on.
    ///
    /// # Errors
    /// [`NamespaceError::Enter`].
    pub fn enter(&self) -> Result<(), NamespaceError> {
        let Self(name) = self;
        let moved = File::open(format!("{NAMES}/{name}")).and_then(|file| {
            Ok(move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))?)
        });
        moved.map_err(|cause| NamespaceError::Enter { name: name.clone(), cause })
    }
}

fn ip(command: &str) -> Result<(), NamespaceError> {
    let output =
        Command::new("ip").args(command.split(' ')).output().map_err(NamespaceError::Program)?;
    if output.status.success() {
        return Ok(());
    }
    let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(NamespaceError::Refused { command: command.to_owned(), complaint })
}
