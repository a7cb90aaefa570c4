//! Goes for the nearest other player.

use std::f64::consts::{PI, TAU};

use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::replica::Replica;
use tickwire_protocol::schema::{EntityKind, FieldKind, Schema};
use tickwire_protocol::snapshot::Row;

use super::{Intent, Moment};

/// Error of heading, in radians, at which the rudder is hard over.
const HARD_OVER: f64 = 0.6;
/// Error of heading, in radians, within which it makes sense to speed up.
const AHEAD: f64 = 1.0;
/// Error of heading, in radians, within which it makes sense to shoot.
const IN_SIGHT: f64 = 0.15;

/// A chasing bot.
#[derive(Clone, Debug)]
pub struct Chase {
    bodies: Option<Bodies>,
}

/// Where to look for players: the first entity kind that has a field `player` and a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bodies {
    kind: u8,
    /// Fields, by their index.
    player: usize,
    position: usize,
    angle: Option<usize>,
}

impl Chase {
    pub(super) fn new(schema: &Schema) -> Self {
        Self { bodies: Bodies::find(schema) }
    }

    pub(super) fn intent(&self, moment: &Moment<'_>) -> Intent {
        self.bodies
            .zip(moment.replica)
            .and_then(|(bodies, replica)| bodies.intent(replica, moment.player))
            .unwrap_or_default()
    }
}

impl Bodies {
    fn find(schema: &Schema) -> Option<Self> {
        schema.entities.iter().zip(0..).find_map(|(kind, number)| Self::of_kind(kind, number))
    }

    fn of_kind(entity: &EntityKind, kind: u8) -> Option<Self> {
        let field = |wanted: fn(&FieldKind) -> bool| {
            entity.fields.iter().position(|field| wanted(&field.kind))
        };
        Some(Self {
            kind,
            player: entity
                .fields
                .iter()
                .position(|field| field.name == "player" && field.kind == FieldKind::Player)?,
            position: field(|kind| matches!(kind, FieldKind::Position { .. }))?,
            angle: field(|kind| matches!(kind, FieldKind::Angle { .. })),
        })
    }

    fn intent(&self, replica: &Replica, player: PlayerId) -> Option<Intent> {
        let layout = replica.layout();
        let bodies = || replica.entities().filter(|row| row.kind == self.kind);
        let own = bodies().find(|row| self.player_of(layout, row) == player.0)?;
        let [x, y] = self.position_of(layout, &own);
        let [dx, dy] = bodies()
            .filter(|row| self.player_of(layout, row) != player.0)
            .map(|row| self.position_of(layout, &row))
            .map(|[other_x, other_y]| [other_x - x, other_y - y])
            .min_by(|a, b| a[0].hypot(a[1]).total_cmp(&b[0].hypot(b[1])))?;
        let heading = dy.atan2(dx);
        // Between −π and π: the short way round.
        let error = self
            .angle_of(layout, &own)
            .map_or(0.0, |angle| (heading - angle + PI).rem_euclid(TAU) - PI);
        Some(Intent {
            heading,
            speed: 1.0,
            turn: (error / HARD_OVER).clamp(-1.0, 1.0),
            thrust: error.abs() < AHEAD,
            fire: error.abs() < IN_SIGHT,
            dash: false,
        })
    }

    fn player_of(&self, layout: &Layout, row: &Row<'_>) -> u32 {
        row.lanes[self.lane(layout, self.player)]
    }

    fn position_of(&self, layout: &Layout, row: &Row<'_>) -> [f64; 2] {
        let kind = &layout.kinds[usize::from(self.kind)];
        let first = self.lane(layout, self.position);
        [first, first + 1].map(|lane| kind.lanes[lane].value(row.lanes[lane]))
    }

    fn angle_of(&self, layout: &Layout, row: &Row<'_>) -> Option<f64> {
        let lane = self.lane(layout, self.angle?);
        let turn = f64::from(layout.kinds[usize::from(self.kind)].lanes[lane].max) + 1.0;
        Some(f64::from(row.lanes[lane]) / turn * TAU)
    }

    /// The first lane of a field.
    fn lane(&self, layout: &Layout, field: usize) -> usize {
        layout.kinds[usize::from(self.kind)].fields[field].lanes.start
    }
}
