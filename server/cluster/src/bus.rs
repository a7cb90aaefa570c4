//! Messages to all nodes: Redis' publish and subscribe. Who is not connected when one comes misses it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use redis::aio::ConnectionManager;
use redis::{AsyncCommands, FromRedisValue, PushInfo, PushKind};
use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver, channel, unbounded_channel};

use crate::keys;
use crate::store::{Patience, StoreError, connect};

/// Messages that wait to be published, at most: those that come then are lost.
const WAITING_OUT: usize = 4096;
/// Messages that wait for one subscriber, at most: those that come then are lost to it.
const WAITING_IN: usize = 4096;

type Subscribers = Arc<Mutex<HashMap<String, Vec<Sender<Bytes>>>>>;

/// Publishes, and subscribes.
pub struct RedisBus {
    subscribers: Subscribers,
    out: Sender<Out>,
}

enum Out {
    Publish { channel: String, message: Bytes },
    Subscribe { channel: String },
}

impl RedisBus {
    /// Connects. What carries the messages runs in the runtime that this is called in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn connect(url: &str, patience: Patience) -> Result<Self, StoreError> {
        let (pushed, pushes) = unbounded_channel();
        let listening = connect(url, patience, Some(pushed)).await?;
        let publishing = connect(url, patience, None).await?;
        let subscribers = Subscribers::default();
        let (out, orders) = channel(WAITING_OUT);
        tokio::spawn(deliver(pushes, Arc::clone(&subscribers)));
        tokio::spawn(carry_out(orders, listening, publishing));
        Ok(Self { subscribers, out })
    }

    /// Publishes a message. Never waits: what cannot be sent soon is lost.
    pub fn publish(&self, channel: &str, message: Bytes) {
        let _ = self.out.try_send(Out::Publish { channel: keys::channel(channel), message });
    }

    /// All that is published to a channel from about now on.
    pub fn subscribe(&self, name: &str) -> Receiver<Bytes> {
        let (sender, receiver) = channel(WAITING_IN);
        let name = keys::channel(name);
        let mut subscribers = self.subscribers.lock().unwrap_or_else(PoisonError::into_inner);
        let those = subscribers.entry(name.clone()).or_default();
        those.push(sender);
        if those.len() == 1 {
            let _ = self.out.try_send(Out::Subscribe { channel: name });
        }
        receiver
    }
}

async fn deliver(mut pushes: UnboundedReceiver<PushInfo>, subscribers: Subscribers) {
    while let Some(PushInfo { kind, data }) = pushes.recv().await {
        let mut data = data.into_iter();
        let (PushKind::Message, Some(channel), Some(message)) = (kind, data.next(), data.next())
        else {
            continue;
        };
        let (Ok(channel), Ok(message)) =
            (String::from_redis_value(channel), Vec::<u8>::from_redis_value(message))
        else {
            continue;
        };
        let message = Bytes::from(message);
        let mut subscribers = subscribers.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(those) = subscribers.get_mut(&channel) else { continue };
        // Who does not keep up misses it.
        those.retain(|subscriber| !subscriber.is_closed());
        those.iter().for_each(|subscriber| drop(subscriber.try_send(message.clone())));
    }
}

/// One after the other, in order. What fails is lost; the connections come back by themselves, and subscribe again.
async fn carry_out(
    mut orders: Receiver<Out>,
    mut listening: ConnectionManager,
    mut publishing: ConnectionManager,
) {
    while let Some(order) = orders.recv().await {
        match order {
            Out::Publish { channel, message } => {
                let _: Result<(), _> = publishing.publish(channel, &message[..]).await;
            }
            Out::Subscribe { channel } => {
                // It has to be heard once: from then on it is done again after each loss.
                while listening.subscribe(&channel).await.is_err() {
                    tokio::time::sleep(keys::SUBSCRIBE_AGAIN).await;
                }
            }
        }
    }
}
