//! Where a room is, in a cluster: which servers there are, which of them owns it, and where to ask for it when
//! its connection is lost. Pure: no sockets; whoever asks for a room tells what was answered.
//!
//! ```text
//! Owner, keyframe, Moved ─→ Whereabouts: the newest owner, or a refusal of one that was replaced
//! lost ─→ Moved told where? ─→ there, at once
//!         several servers?  ─→ Search: POST /api/resume at one after the other
//!         else              ─→ the same address
//! ```

mod search;

use thiserror::Error;
use tickwire_protocol::ids::{Fence, PlayerId};
use tickwire_protocol::message::{ServerMessage, Welcome};

use crate::join::ServerUrl;

pub use search::{Answer, Search, Step};

/// Something of an owner that another one has replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an owner with fence {came} has been replaced by one with fence {newest}")]
pub struct StaleOwner {
    /// Its fence.
    pub came: Fence,
    /// The largest fence that was seen.
    pub newest: Fence,
}

/// What is known of where a room is.
#[derive(Clone, Debug, Default)]
pub struct Whereabouts {
    /// What the user has given, where that is several addresses.
    given: Vec<ServerUrl>,
    /// Whose room it is, to whom a fence belongs.
    member: Option<(String, PlayerId)>,
    /// The largest fence that was seen of the room.
    fence: Fence,
    /// Servers that the newest owner knows, itself first.
    nodes: Vec<ServerUrl>,
    /// The server that the connection is to.
    connected: Option<ServerUrl>,
    /// Where the room has gone.
    moved: Option<String>,
}

impl Whereabouts {
    /// Nothing is known but what the user has given: a single address is where one comes back to anyway.
    #[must_use]
    pub fn new(given: &[ServerUrl]) -> Self {
        let given = if given.len() > 1 { given.to_vec() } else { Vec::new() };
        Self { given, ..Self::default() }
    }

    /// There is a connection, and what it was welcomed to. Another player or room begins without a fence.
    pub fn handle_welcome(&mut self, ws_url: &str, welcome: &Welcome) {
        self.connected = server_of(ws_url);
        self.moved = None;
        let member = Some((welcome.room.clone(), welcome.player));
        if self.member != member {
            (self.member, self.fence) = (member, Fence::NONE);
        }
    }

    /// A fence was told. None says nothing.
    ///
    /// # Errors
    /// [`StaleOwner`] for a smaller one than another that was seen.
    pub fn handle_fence(&mut self, fence: Fence) -> Result<(), StaleOwner> {
        if fence.is_some() && fence < self.fence {
            return Err(StaleOwner { came: fence, newest: self.fence });
        }
        self.fence = self.fence.max(fence);
        Ok(())
    }

    /// The connection's server has said that it owns the room, and who else is there.
    ///
    /// # Errors
    /// [`StaleOwner`] when another one does.
    pub fn handle_owner(&mut self, fence: Fence, nodes: &[String]) -> Result<(), StaleOwner> {
        self.handle_fence(fence)?;
        self.nodes = nodes.iter().filter_map(|url| url.parse().ok()).collect();
        if let Some(owner) = self.nodes.first() {
            self.connected = Some(owner.clone());
        }
        Ok(())
    }

    /// The connection's server has said where the room goes on.
    ///
    /// # Errors
    /// [`StaleOwner`] when it has no say in that any more.
    pub fn handle_moved(&mut self, fence: Fence, ws_url: &str) -> Result<(), StaleOwner> {
        self.handle_fence(fence)?;
        self.moved = Some(ws_url.to_owned());
        Ok(())
    }

    /// The connection's server has said something, maybe of this.
    ///
    /// # Errors
    /// [`StaleOwner`].
    pub fn handle_message(&mut self, message: &ServerMessage) -> Result<(), StaleOwner> {
        match message {
            ServerMessage::Owner { fence, nodes } => self.handle_owner(*fence, nodes),
            ServerMessage::Moved { fence, ws_url } => self.handle_moved(*fence, ws_url),
            _ => Ok(()),
        }
    }

    /// Where the room has gone, if its last server has said so: once.
    pub const fn take_moved(&mut self) -> Option<String> {
        self.moved.take()
    }

    /// All servers to ask for the room, that of the connection first; none where there is only that one.
    #[must_use]
    pub fn servers(&self) -> Vec<ServerUrl> {
        if self.nodes.is_empty() && self.given.is_empty() {
            return Vec::new();
        }
        let mut servers: Vec<ServerUrl> = Vec::new();
        for server in self.connected.iter().chain(&self.nodes).chain(&self.given) {
            if !servers.contains(server) {
                servers.push(server.clone());
            }
        }
        servers
    }

    /// The questions to ask for the room; none where there is nobody to ask.
    #[must_use]
    pub fn search(&self) -> Option<Search> {
        let servers = self.servers();
        (!servers.is_empty()).then(|| Search::new(servers))
    }
}

/// The server of an address that connections are opened by.
fn server_of(ws_url: &str) -> Option<ServerUrl> {
    let base = ws_url.split(['?', '#']).next()?.strip_prefix("ws")?;
    // `ws` and `http`, `wss` and `https`.
    format!("http{}", base.strip_suffix("/ws").unwrap_or(base)).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickwire_protocol::schema::Schema;
    use tickwire_protocol::watch::GridSize;

    const WS: &str = "ws://a:1/ws?token=t";

    fn welcome(room: &str, player: u32) -> Welcome {
        Welcome {
            room: room.to_owned(),
            player: PlayerId(player),
            spectator: false,
            tick: tickwire_protocol::ids::Tick(0),
            room_time_us: 0,
            tick_rate_hz: 30,
            send_every: 1,
            heartbeat_interval_ms: 0,
            heartbeat_timeout_ms: 0,
            ack_every: 1,
            hash_every: 0,
            grid: GridSize::SINGLE,
            resume_token: String::new(),
            resume_window_ms: 0,
            resumed: None,
            roster: Vec::new(),
            schema: Schema::new("g"),
        }
    }

    fn urls(texts: &[&str]) -> Vec<ServerUrl> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn owned(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    fn told(whereabouts: &Whereabouts) -> Vec<String> {
        whereabouts.servers().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_single_address_without_an_owner_is_searched_nowhere() {
        let mut known = Whereabouts::new(&urls(&["http://a:1"]));
        known.handle_welcome(WS, &welcome("r", 1));
        assert!(known.search().is_none());
    }

    #[test]
    fn servers_are_the_connections_then_the_owners_then_the_users() {
        let mut known = Whereabouts::new(&urls(&["http://b:1", "http://c:1"]));
        known.handle_welcome(WS, &welcome("r", 1));
        assert_eq!(told(&known), ["http://a:1", "http://b:1", "http://c:1"]);
        let nodes = owned(&["http://d:1", "no address", "http://c:1/"]);
        known.handle_owner(Fence(3), &nodes).unwrap();
        assert_eq!(told(&known), ["http://d:1", "http://c:1", "http://b:1"]);
        let mut secure = Whereabouts::new(&urls(&["http://b:1", "http://c:1"]));
        secure.handle_welcome("wss://a.example/ws", &welcome("r", 1));
        assert_eq!(told(&secure)[0], "https://a.example");
    }

    #[test]
    fn an_owner_that_was_replaced_is_refused_and_none_says_nothing() {
        let mut known = Whereabouts::default();
        known.handle_welcome(WS, &welcome("r", 1));
        known.handle_owner(Fence(5), &owned(&["http://a:1"])).unwrap();
        known.handle_fence(Fence(7)).unwrap();
        let stale = StaleOwner { came: Fence(6), newest: Fence(7) };
        assert_eq!(known.handle_owner(Fence(6), &owned(&["http://b:1"])), Err(stale));
        assert_eq!(known.handle_moved(Fence(6), "ws://b:1/ws"), Err(stale));
        assert_eq!(known.handle_fence(Fence(6)), Err(stale));
        assert_eq!(known.handle_fence(Fence::NONE), Ok(()));
        assert_eq!(known.handle_fence(Fence(7)), Ok(()));
        assert_eq!((told(&known), known.take_moved()), (owned(&["http://a:1"]), None));
    }

    #[test]
    fn another_player_or_room_begins_without_a_fence_and_the_same_one_goes_on() {
        let mut known = Whereabouts::default();
        known.handle_welcome(WS, &welcome("r", 1));
        known.handle_fence(Fence(9)).unwrap();
        known.handle_welcome(WS, &welcome("r", 1));
        assert!(known.handle_fence(Fence(8)).is_err());
        for welcome in [welcome("r", 2), welcome("s", 2)] {
            known.handle_welcome(WS, &welcome);
            assert_eq!(known.handle_fence(Fence(1)), Ok(()));
        }
    }

    #[test]
    fn a_move_is_followed_once_and_not_after_another_connection() {
        let mut known = Whereabouts::default();
        known.handle_moved(Fence(2), "ws://b:1/ws").unwrap();
        assert_eq!(known.take_moved().as_deref(), Some("ws://b:1/ws"));
        assert_eq!(known.take_moved(), None);
        known.handle_moved(Fence(3), "ws://b:1/ws").unwrap();
        known.handle_welcome(WS, &welcome("r", 1));
        assert_eq!(known.take_moved(), None);
    }

    #[test]
    fn messages_that_say_nothing_of_it_change_nothing() {
        let mut known = Whereabouts::default();
        known.handle_message(&ServerMessage::Paused { is_paused: true }).unwrap();
        assert!(known.servers().is_empty());
        let nodes = owned(&["http://a:1"]);
        known.handle_message(&ServerMessage::Owner { fence: Fence(1), nodes }).unwrap();
        assert_eq!(told(&known), ["http://a:1"]);
    }
}
