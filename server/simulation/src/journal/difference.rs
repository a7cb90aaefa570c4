//! In what two worlds of one tick differ, by name.

use std::fmt;

use serde::Serialize;
use tickwire_protocol::ids::Tick;

use super::table::{Entity, Table};
use crate::world::World;

/// The first thing in which two worlds differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// After which tick both were looked at.
    pub tick: u32,
    /// The entity; 0 where it is none.
    pub entity: u32,
    /// Its field, or what else differs.
    pub field: String,
    /// What the first one has, in words.
    pub first: String,
    /// What the second one has.
    pub second: String,
}

impl Difference {
    /// The difference as a sentence; what the two sides are called follows their values.
    #[must_use]
    pub fn told(&self, one: &str, other: &str) -> String {
        let Self { tick, entity, field, first, second } = self;
        let entity = if *entity == 0 { String::new() } else { format!("entity {entity}, ") };
        format!("tick {tick}: {entity}{field} is {first} {one} and {second} {other}")
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told("in one", "in the other"))
    }
}

/// The first thing in which two worlds differ; `None` when they do in nothing.
#[must_use]
pub fn first_difference(first: &World, second: &World) -> Option<Difference> {
    let Tick(tick) = first.tick();
    let differ = |entity, field: &str, first: String, second: String| {
        (first != second).then(|| Difference {
            tick,
            entity,
            field: field.to_owned(),
            first,
            second,
        })
    };
    if let tick @ Some(_) =
        differ(0, "the tick", first.tick().0.to_string(), second.tick().0.to_string())
    {
        return tick;
    }
    in_entities(tick, &Table::of(first), &Table::of(second))
        .or_else(|| {
            let roster = |world: &World| {
                let names = world.roster().iter().map(|(player, who)| format!("{player} {who:?}"));
                names.collect::<Vec<_>>()
            };
            let (one, other) = (roster(first), roster(second));
            let at = first_mismatch(&one, &other)?;
            let told = |names: &[String]| names.get(at).cloned().unwrap_or_else(|| "nobody".into());
            differ(0, "who is there", told(&one), told(&other))
        })
        .or_else(|| {
            let at = first_mismatch(first.inputs(), second.inputs())?;
            let told = |world: &World| format!("{:?}", world.inputs().get(at));
            differ(0, "an input in effect", told(first), told(second))
        })
        .or_else(|| {
            let hidden = |world: &World| format!("{:016x}", world.hash());
            differ(0, "what no client sees of the state: its hash", hidden(first), hidden(second))
        })
}

fn in_entities(tick: u32, first: &Table, second: &Table) -> Option<Difference> {
    let ids = first.0.keys().chain(second.0.keys()).collect::<std::collections::BTreeSet<_>>();
    ids.into_iter().find_map(|id| {
        let (one, other) = (first.0.get(id), second.0.get(id));
        let (field, first, second) = in_entity(one, other)?;
        Some(Difference { tick, entity: *id, field, first, second })
    })
}

fn in_entity(one: Option<&Entity>, other: Option<&Entity>) -> Option<(String, String, String)> {
    let (Some(a), Some(b)) = (one, other) else {
        let told = |entity: Option<&Entity>| entity.map_or("nothing".into(), |e| e.kind.clone());
        return (one != other).then(|| ("the entity".into(), told(one), told(other)));
    };
    if a.kind != b.kind {
        return Some(("the kind".into(), a.kind.clone(), b.kind.clone()));
    }
    if a.owner != b.owner {
        let (a, b) = (format!("{:?}", a.owner), format!("{:?}", b.owner));
        return Some(("who is told of it".into(), a, b));
    }
    let mut pairs = a.fields.iter().zip(&b.fields);
    let (a, b) = pairs.find(|(a, b)| a != b)?;
    Some((a.0.clone(), a.1.to_string(), b.1.to_string()))
}

fn first_mismatch<T: PartialEq>(one: &[T], other: &[T]) -> Option<usize> {
    let shared = one.iter().zip(other).position(|(a, b)| a != b);
    shared.or_else(|| (one.len() != other.len()).then(|| one.len().min(other.len())))
}
