//! Bounds of what a client is told of a cluster's servers: it keeps them, and asks them.

use thiserror::Error;

use super::ServerMessage;

/// Most servers that a message names.
pub const MAX_NODES: usize = 16;
/// Longest address of one, in bytes.
pub const MAX_NODE_URL_BYTES: usize = 256;

/// A message that names more servers, or longer addresses, than one may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NodesError {
    /// Too many servers.
    #[error("{0} servers, at most {MAX_NODES} are allowed")]
    TooMany(usize),
    /// An address is too long.
    #[error("an address of {0} bytes, at most {MAX_NODE_URL_BYTES} are allowed")]
    TooLong(usize),
}

impl ServerMessage {
    /// Checks the number and size of the addresses in it, if it has any.
    pub(crate) fn check_nodes(&self) -> Result<(), NodesError> {
        let urls = match self {
            Self::Owner { nodes, .. } => nodes.as_slice(),
            Self::Moved { ws_url, .. } => std::slice::from_ref(ws_url),
            _ => return Ok(()),
        };
        if urls.len() > MAX_NODES {
            return Err(NodesError::TooMany(urls.len()));
        }
        let too_long = urls.iter().map(String::len).find(|&bytes| bytes > MAX_NODE_URL_BYTES);
        too_long.map_or(Ok(()), |bytes| Err(NodesError::TooLong(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::EnvelopeError;
    use crate::ids::Fence;
    use proptest::prelude::*;

    fn read(message: &ServerMessage) -> Result<ServerMessage, EnvelopeError> {
        ServerMessage::from_bytes(&message.to_bytes())
    }

    fn owner(servers: usize, bytes: usize) -> ServerMessage {
        ServerMessage::Owner { fence: Fence(3), nodes: vec!["x".repeat(bytes); servers] }
    }

    #[test]
    fn as_many_and_as_long_addresses_as_may_be_are_read_and_no_more() {
        assert!(read(&owner(MAX_NODES, MAX_NODE_URL_BYTES)).is_ok());
        let error = read(&owner(MAX_NODES + 1, 1)).unwrap_err();
        assert!(matches!(error, EnvelopeError::Nodes(NodesError::TooMany(17))), "{error}");
        let error = read(&owner(2, MAX_NODE_URL_BYTES + 1)).unwrap_err();
        assert!(matches!(error, EnvelopeError::Nodes(NodesError::TooLong(257))), "{error}");
        let moved = |bytes| ServerMessage::Moved { fence: Fence(3), ws_url: "x".repeat(bytes) };
        assert!(read(&moved(MAX_NODE_URL_BYTES)).is_ok());
        assert!(read(&moved(MAX_NODE_URL_BYTES + 1)).is_err());
    }

    proptest! {
        #[test]
        fn what_is_told_of_owners_comes_back(
            fence: u64, nodes in prop::collection::vec("\\PC{0,60}", 0..=MAX_NODES), is_paused: bool,
            ws_url in "\\PC{0,60}", cut in any::<prop::sample::Index>(),
        ) {
            let fence = Fence(fence);
            for message in [
                ServerMessage::Owner { fence, nodes },
                ServerMessage::Moved { fence, ws_url },
                ServerMessage::Paused { is_paused },
            ] {
                prop_assert_eq!(&read(&message).unwrap(), &message);
                let bytes = message.to_bytes();
                prop_assert!(ServerMessage::from_bytes(&bytes[..cut.index(bytes.len())]).is_err());
            }
        }
    }
}
