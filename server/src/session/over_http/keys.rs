//! Which session a key is that of: requests come to any thread.

use std::sync::Arc;

use actix::Addr;
use dashmap::DashMap;
use tickwire_protocol::record::SessionKey;

use super::carrier::OverHttp;
use crate::session::client::Client;

/// The sessions over HTTP.
#[derive(Debug, Default)]
pub struct Keys {
    sessions: DashMap<SessionKey, Addr<Client<OverHttp>>>,
}

/// A key that is a session's. It is none any more once this is dropped.
#[derive(Debug)]
pub struct Registered {
    keys: Arc<Keys>,
    key: SessionKey,
}

impl Keys {
    /// A key that nobody can guess.
    #[must_use]
    pub fn random() -> SessionKey {
        SessionKey(rand::random())
    }

    /// From now on the key is this session's.
    pub fn insert(&self, key: SessionKey, session: Addr<Client<OverHttp>>) {
        self.sessions.insert(key, session);
    }

    /// Takes it away again, later.
    #[must_use]
    pub fn until_dropped(self: &Arc<Self>, key: SessionKey) -> Registered {
        Registered { keys: Arc::clone(self), key }
    }

    /// Whose it is.
    #[must_use]
    pub fn find(&self, key: SessionKey) -> Option<Addr<Client<OverHttp>>> {
        self.sessions.get(&key).map(|session| session.clone())
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.sessions.len()
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.keys.sessions.remove(&self.key);
    }
}
