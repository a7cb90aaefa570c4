//! What every peer is given to do: so many clients, in so many rooms, in a world of some size.

use serde::Serialize;

/// Sides of the world that rooms are in where everybody sees everybody, in units.
const SMALL_WORLD: [u32; 2] = [4000, 4000];
/// Sides of the world of one large room, in units.
const LARGE_WORLD: [u32; 2] = [8000, 8000];
/// Inputs per second and client.
pub const INPUT_HZ: u32 = 20;
/// Ticks per second.
pub const TICK_HZ: u32 = 30;
/// Bytes of a body in the packed form: a number, x and y, of 16 bits each.
const PACKED_BYTES: f64 = 6.0;

/// What every peer is given to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Workload {
    /// Clients.
    pub clients: usize,
    /// Rooms that they are spread over.
    pub rooms: usize,
    /// Sides of the world, in units.
    pub world: [u32; 2],
    /// Whether a client need not be told of what is outside its view.
    pub has_views: bool,
}

impl Workload {
    /// Rooms of this size, in which everybody sees everybody.
    #[must_use]
    pub const fn rooms_of(size: usize, clients: usize) -> Self {
        let rooms = clients.div_ceil(if size == 0 { 1 } else { size });
        Self { clients, rooms, world: SMALL_WORLD, has_views: false }
    }

    /// One room in a large world, of which everybody sees a part.
    #[must_use]
    pub const fn one_room(clients: usize) -> Self {
        Self { clients, rooms: 1, world: LARGE_WORLD, has_views: true }
    }

    /// Seats that a room needs.
    #[must_use]
    pub const fn room_size(&self) -> usize {
        self.clients.div_ceil(self.rooms)
    }

    /// The room of a client, both by their numbers from 0.
    #[must_use]
    pub const fn room_of(&self, client: usize) -> usize {
        client % self.rooms
    }

    /// The world as peers take it: `4000x4000`.
    #[must_use]
    pub fn world_flag(&self) -> String {
        format!("{}x{}", self.world[0], self.world[1])
    }

    /// Bytes of the bodies that a client sees, packed: what the floor sends. In a large world that is the
    /// share of it that a view covers, without regard to its rim.
    #[must_use]
    pub fn packed_bytes(&self) -> usize {
        let share = if self.has_views {
            let area = |sides: [f64; 2]| sides[0] * sides[1];
            area(tickwire_drift::VIEW.map(f64::from)) / area(self.world.map(f64::from))
        } else {
            1.0
        };
        (PACKED_BYTES * (self.room_size() as f64 * share).round()) as usize
    }

    /// In one line.
    #[must_use]
    pub fn describe(&self) -> String {
        let Self { clients, rooms, world: [width, height], has_views } = self;
        let size = self.room_size();
        if *has_views {
            format!(
                "one room of {clients} with views of 1920 × 1080 in a world of {width} × {height}"
            )
        } else {
            format!("{clients} clients in {rooms} rooms of {size}, everybody sees everybody")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_spread_evenly_over_rooms() {
        let workload = Workload::rooms_of(50, 120);
        assert_eq!((workload.rooms, workload.room_size()), (3, 40));
        let in_room = |room| (0..120).filter(|&client| workload.room_of(client) == room).count();
        assert_eq!([0, 1, 2].map(in_room), [40; 3]);
    }

    #[test]
    fn the_floor_sends_what_a_packed_update_takes() {
        assert_eq!(Workload::rooms_of(50, 1000).packed_bytes(), 300);
        // 32 others in view, of 1,000.
        assert_eq!(Workload::one_room(1000).packed_bytes(), 192);
    }
}
