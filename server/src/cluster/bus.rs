//! Messages to all servers of a cluster: published, and gone. Who is not there when they come misses them.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use rustc_hash::FxHashMap;
use tickwire_cluster::bus::RedisBus;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Messages that wait for one subscriber, at most: what comes then is lost to it.
pub const WAITING: usize = 4096;

/// Carries messages between servers. Channels are named by their purpose, such as `lobby`.
pub trait Bus: Send + Sync {
    /// Publishes a message to whoever subscribes to its channel, here as well. Never waits: what cannot be sent
    /// at once, or soon, is lost.
    fn publish(&self, channel: &str, message: Bytes);

    /// All that is published to a channel from now on. It ends when the receiver is dropped.
    fn subscribe(&self, channel: &str) -> Receiver<Bytes>;
}

/// A bus within one process: that of a server which is in no cluster.
#[derive(Default)]
pub struct LocalBus {
    subscribers: Mutex<FxHashMap<String, Vec<Sender<Bytes>>>>,
}

impl Bus for LocalBus {
    fn publish(&self, channel: &str, message: Bytes) {
        let mut subscribers = self.subscribers.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(those) = subscribers.get_mut(channel) else { return };
        those.retain(|subscriber| !subscriber.is_closed());
        for subscriber in those {
            // Who does not keep up misses it.
            let _ = subscriber.try_send(message.clone());
        }
    }

    fn subscribe(&self, name: &str) -> Receiver<Bytes> {
        let (sender, receiver) = channel(WAITING);
        let mut subscribers = self.subscribers.lock().unwrap_or_else(PoisonError::into_inner);
        subscribers.entry(name.to_owned()).or_default().push(sender);
        receiver
    }
}

impl Bus for RedisBus {
    fn publish(&self, channel: &str, message: Bytes) {
        Self::publish(self, channel, message);
    }

    fn subscribe(&self, channel: &str) -> Receiver<Bytes> {
        Self::subscribe(self, channel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_subscribes_gets_what_is_published_then() {
        let bus = LocalBus::default();
        bus.publish("a", Bytes::from_static(b"before"));
        let (mut one, mut other) = (bus.subscribe("a"), bus.subscribe("b"));
        bus.publish("a", Bytes::from_static(b"1"));
        bus.publish("b", Bytes::from_static(b"2"));
        assert_eq!(one.recv().await.unwrap(), "1");
        assert_eq!(other.recv().await.unwrap(), "2");
        drop(one);
        bus.publish("a", Bytes::from_static(b"3"));
        assert!(other.try_recv().is_err());
    }
}
