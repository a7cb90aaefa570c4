//! Where rooms go: by how loaded nodes are, not by how many rooms they have. Pure.

use tickwire_protocol::ids::RoomId;

use crate::record::NodeRecord;

/// A node whose burden is this or more gets no new rooms while another has less: ticks that take most of the time
/// come late.
pub const FULL: f64 = 0.9;
/// The least weight of a node among heirs: also those that are full are better than none.
const LEAST_WEIGHT: f64 = 0.01;

/// How loaded a node is: the share that is used most of the time for ticks, memory, connections and rooms; 1 is all
/// of it.
#[must_use]
pub fn burden(node: &NodeRecord) -> f64 {
    let shares = [node.tick_share, node.memory_share, node.session_share, node.room_share];
    // What is no number is as bad as can be.
    let bounded =
        shares.map(|share| if share.is_finite() { f64::from(share.max(0.0)) } else { 1.0 });
    bounded.into_iter().fold(0.0, f64::max)
}

/// The node for a new room: the least loaded one that is not about to stop. Of equals the one with fewer players,
/// then the first by name, so that all nodes choose the same.
#[must_use]
pub fn place(nodes: &[NodeRecord]) -> Option<&NodeRecord> {
    let fit = nodes.iter().filter(|node| !node.draining && burden(node) < 1.0);
    fit.min_by(|one, other| {
        let by_load = burden(one).total_cmp(&burden(other));
        let by_players = || one.players.cmp(&other.players);
        by_load.then_with(by_players).then_with(|| one.instance.cmp(&other.instance))
    })
}

/// The order in which nodes are to take over a dead node's room: each room has another one, and loaded nodes come
/// later. Weighted rendezvous hashing: C. Schindelhauer and G. Schomaker, "Weighted Distributed Hash Tables",
/// 2005, with weights of what is free.
#[must_use]
pub fn heirs(room: RoomId, nodes: &[NodeRecord]) -> Vec<&NodeRecord> {
    let mut scored: Vec<_> =
        nodes.iter().filter(|node| !node.draining).map(|node| (score(room, node), node)).collect();
    scored.sort_by(|(one, a), (other, b)| {
        other.total_cmp(one).then_with(|| a.instance.cmp(&b.instance))
    });
    scored.into_iter().map(|(_, node)| node).collect()
}

fn score(room: RoomId, node: &NodeRecord) -> f64 {
    let weight = (1.0 - burden(node)).max(LEAST_WEIGHT);
    let mut hash = room.bits() ^ node.instance.incarnation.rotate_left(32);
    for byte in node.instance.name.as_str().bytes() {
        hash = mixed(hash ^ u64::from(byte));
    }
    // From 0 to 1, neither of both.
    let uniform = ((mixed(hash) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
    -weight / uniform.ln()
}

/// The finaliser of SplitMix64 (G. Steele, D. Lea, C. Flood, 2014).
const fn mixed(mut bits: u64) -> u64 {
    bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Instance;

    fn node(name: &str) -> NodeRecord {
        NodeRecord {
            instance: Instance { name: name.parse().unwrap(), incarnation: 7 },
            url: format!("http://{name}"),
            version: String::new(),
            players: 0,
            rooms: 0,
            tick_ms_p99: 0.0,
            tick_share: 0.0,
            memory_share: 0.0,
            session_share: 0.0,
            room_share: 0.0,
            draining: false,
            relays: false,
        }
    }

    #[test]
    fn rooms_go_where_there_is_least_to_do_however_many_are_there() {
        let busy = NodeRecord { tick_share: 0.5, rooms: 1, ..node("a") };
        let many = NodeRecord { tick_share: 0.2, rooms: 500, ..node("b") };
        let small = NodeRecord { memory_share: 0.4, ..node("c") };
        let leaving = NodeRecord { draining: true, ..node("d") };
        let nodes = [busy, many, small, leaving];
        assert_eq!(place(&nodes).unwrap().instance.name.as_str(), "b");
        assert!(place(&nodes[3..]).is_none());
    }

    #[test]
    fn a_node_that_is_full_gets_nothing_and_of_equals_all_choose_the_same() {
        let full = NodeRecord { session_share: 1.0, ..node("a") };
        let odd = NodeRecord { tick_share: f32::NAN, ..node("b") };
        assert!(place(&[full.clone(), odd.clone()]).is_none());
        let nodes = [node("d"), NodeRecord { players: 3, ..node("c") }, full, node("e"), odd];
        assert_eq!(place(&nodes).unwrap().instance.name.as_str(), "d");
    }

    #[test]
    fn heirs_are_the_same_for_all_and_spread_by_what_is_free() {
        let nodes = [node("a"), NodeRecord { tick_share: 0.75, ..node("b") }, node("c")];
        let mut first = [0; 3];
        for bits in 0..9000 {
            let room = RoomId::from_bits(bits);
            let heirs = heirs(room, &nodes);
            assert_eq!(heirs.len(), 3);
            let index = nodes.iter().position(|node| node == heirs[0]).unwrap();
            first[index] += 1;
        }
        // 4 : 1 : 4
        assert!((3700..4300).contains(&first[0]) && (3700..4300).contains(&first[2]), "{first:?}");
        assert!((800..1200).contains(&first[1]), "{first:?}");
        let room = RoomId::from_bits(5);
        let without: Vec<_> = heirs(room, &nodes).into_iter().skip(1).cloned().collect();
        let names = |heirs: Vec<&NodeRecord>| {
            heirs.into_iter().map(|node| node.instance.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(heirs(room, &without)), names(heirs(room, &nodes))[1..]);
    }
}
