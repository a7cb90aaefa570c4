//! How many of something each address has at once.

use std::net::IpAddr;
use std::sync::Arc;

use dashmap::DashMap;

/// Places by address.
#[derive(Debug)]
pub struct Places {
    most: usize,
    taken: DashMap<IpAddr, usize>,
}

/// One of an address's places. Given back when dropped.
#[derive(Debug)]
pub struct TakenPlace {
    places: Arc<Places>,
    address: IpAddr,
}

impl Places {
    /// At most so many for each address.
    #[must_use]
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, taken: DashMap::new() })
    }

    /// Takes one, if there is one left.
    #[must_use]
    pub fn take(self: &Arc<Self>, address: IpAddr) -> Option<TakenPlace> {
        let mut count = self.taken.entry(address).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(TakenPlace { places: Arc::clone(self), address })
    }

    /// Whether nobody has any.
    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.taken.is_empty()
    }
}

impl Drop for TakenPlace {
    fn drop(&mut self) {
        self.places.taken.remove_if_mut(&self.address, |_, count| {
            *count -= 1;
            *count == 0
        });
    }
}
