//! A schema as people read it: everything by name, with its range.

use serde::Serialize;

use crate::schema::{FieldKind, InputKind, MessageKind, ParamKind, Schema};

/// A [`Schema`] as it is written.
#[derive(Serialize)]
pub(super) struct SchemaText<'a> {
    game: &'a str,
    inputs: Vec<Named<'a, InputText>>,
    entities: Vec<EntityText<'a>>,
    events: Vec<MessageText<'a>>,
    messages: Vec<MessageText<'a>>,
}

/// Something with a name.
#[derive(Serialize)]
struct Named<'a, T> {
    name: &'a str,
    #[serde(flatten)]
    kind: T,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum InputText {
    Integer { min: i32, max: i32 },
    Button,
}

#[derive(Serialize)]
struct EntityText<'a> {
    name: &'a str,
    fields: Vec<Named<'a, FieldText>>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum FieldText {
    Position { min: [f32; 2], max: [f32; 2], step: f32 },
    Position3 { min: [f32; 3], max: [f32; 3], step: f32 },
    Number { min: f32, max: f32, step: f32 },
    Integer { min: i32, max: i32 },
    Flags { bits: u8 },
    Angle,
    Rotation,
    Player,
}

#[derive(Serialize)]
struct MessageText<'a> {
    name: &'a str,
    params: Vec<Named<'a, ParamText>>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum ParamText {
    Integer { min: i32, max: i32 },
    Number { min: f32, max: f32 },
    Text { max_chars: u16 },
    Player,
}

impl<'a> SchemaText<'a> {
    pub(super) fn of(schema: &'a Schema) -> Self {
        let inputs = schema.inputs.iter();
        let entities = schema.entities.iter().map(|kind| EntityText {
            name: &kind.name,
            fields: named(kind.fields.iter().map(|field| (&field.name[..], field.kind.into()))),
        });
        Self {
            game: &schema.game,
            inputs: named(inputs.map(|field| (&field.name[..], field.kind.into()))),
            entities: entities.collect(),
            events: messages(&schema.events),
            messages: messages(&schema.messages),
        }
    }
}

fn named<'a, T>(list: impl Iterator<Item = (&'a str, T)>) -> Vec<Named<'a, T>> {
    list.map(|(name, kind)| Named { name, kind }).collect()
}

fn messages(kinds: &[MessageKind]) -> Vec<MessageText<'_>> {
    kinds.iter().map(MessageText::of).collect()
}

impl<'a> MessageText<'a> {
    fn of(MessageKind { name, params }: &'a MessageKind) -> Self {
        let params = params.iter().map(|param| (&param.name[..], param.kind.into()));
        Self { name, params: named(params) }
    }
}

impl From<InputKind> for InputText {
    fn from(kind: InputKind) -> Self {
        match kind {
            InputKind::Integer { min, max } => Self::Integer { min, max },
            InputKind::Button => Self::Button,
        }
    }
}

impl From<FieldKind> for FieldText {
    fn from(kind: FieldKind) -> Self {
        match kind {
            FieldKind::Position { min, max, step } => Self::Position { min, max, step },
            FieldKind::Position3 { min, max, step } => Self::Position3 { min, max, step },
            FieldKind::Number { min, max, step } => Self::Number { min, max, step },
            FieldKind::Integer { min, max } => Self::Integer { min, max },
            FieldKind::Flags { bits } => Self::Flags { bits },
            FieldKind::Angle { .. } => Self::Angle,
            FieldKind::Rotation { .. } => Self::Rotation,
            FieldKind::Player => Self::Player,
        }
    }
}

impl From<ParamKind> for ParamText {
    fn from(kind: ParamKind) -> Self {
        match kind {
            ParamKind::Integer { min, max } => Self::Integer { min, max },
            ParamKind::Number { min, max } => Self::Number { min, max },
            ParamKind::Text { max_chars } => Self::Text { max_chars },
            ParamKind::Player => Self::Player,
        }
    }
}
