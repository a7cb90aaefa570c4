//! The contexts of a chunk's decisions: which likelihood each decision is coded with.
//!
//! A context is an index into a table of likelihoods. Each constant below is where a block of them
//! begins; the comment says how a block is indexed. PROTOCOL.md has the same list, and so has the
//! SDK: a change here is a change of the wire, and asks for a newly trained table.

/// Contexts of one magnitude (`numbers::magnitude`): 14 for the exponent, 14 for the bit
/// below the leading one, 28 for the bit below that.
pub const MAGNITUDE: usize = EXPONENTS + EXPONENTS + 2 * EXPONENTS;
/// Exponents that are told apart; larger ones share the last.
pub const EXPONENTS: usize = 14;
/// Classes of a step's size (`motion::class`).
pub const CLASSES: usize = 8;

/// The chunk leads from nothing.
pub const KEYFRAME: usize = 0;
/// Whether the chunk spans more than one tick; if so, whether two; if not, whether four.
pub const GAP: usize = KEYFRAME + 1;
/// Whether anything leaves, changes, enters.
pub const HAS_LEAVES: usize = GAP + 3;
/// See [`HAS_LEAVES`].
pub const HAS_UPDATES: usize = HAS_LEAVES + 1;
/// See [`HAS_LEAVES`].
pub const HAS_ENTERS: usize = HAS_UPDATES + 1;
/// Whether an entity that leaves has gone to another part.
pub const MOVED: usize = HAS_ENTERS + 1;
/// Whether there is just one leave (0), just one enter (1), no vacant slot passed over (2).
pub const NONE_MORE: usize = MOVED + 1;
/// How many more there are, for all three.
pub const MORE: usize = NONE_MORE + 3;

/// Whether an entity of several changing fields changed: by how many of the last ones did, 0 to 3.
pub const CHANGED: usize = MORE + MAGNITUDE;
/// Whether a field that is no position changed: by type, and by whether the position is as
/// predicted (0), is not (1), or there is none (2).
pub const FIELD_CHANGED: usize = CHANGED + 4;
/// By type of field: the sign of its difference, and its size less one.
pub const FIELD_SIGN: usize = FIELD_CHANGED + 3 * FIELD_TYPES;
/// See [`FIELD_SIGN`].
pub const FIELD_SIZE: usize = FIELD_SIGN + FIELD_TYPES;
/// Types of fields: number, angle, integer, flags, player, rotation.
pub const FIELD_TYPES: usize = 6;
/// Whether a flag is turned over: by its bit, the last for all beyond.
pub const FLAG: usize = FIELD_SIZE + FIELD_TYPES * MAGNITUDE;
/// Bits of flags that are told apart.
pub const FLAG_BITS: usize = 8;
/// Whether a rotation's largest component is another one; whether a component stays.
pub const ROTATION: usize = FLAG + FLAG_BITS;

/// Whether a position is as predicted: by class of the larger step, whether the smaller is 0, and
/// how many of the last entities were not, 0 to 2.
pub const EXACT: usize = ROTATION + 2;
/// Whether a step is told by itself and not by its difference: by class of the larger step, and
/// whether the last such was.
pub const JUMP: usize = EXACT + CLASSES * 2 * 3;
/// A step told by itself: of an entity that rested (0) or moved (1).
pub const STEP: usize = JUMP + CLASSES * 2;
/// Within [`STEP`]: whether the first axis is 0, by class of the larger step.
pub const STEP_FIRST: usize = 0;
/// Whether a further axis is 0: by the size of the axis before, 0 to 4.
pub const STEP_FURTHER: usize = STEP_FIRST + CLASSES;
/// Sign: by whether the step before was 0.
pub const STEP_SIGN: usize = STEP_FURTHER + 5;
/// Size.
pub const STEP_SIZE: usize = STEP_SIGN + 2;
/// Contexts of a step told by itself.
pub const STEP_BLOCK: usize = STEP_SIZE + MAGNITUDE;
/// Whether the first axis' difference is 0: by class of its step and the largest other one.
pub const FIRST: usize = STEP + 2 * STEP_BLOCK;
/// Whether a further axis' difference is 0: by how the axis before changed, 0 to 6, and class.
pub const FURTHER: usize = FIRST + CLASSES * CLASSES;
/// Whether a step becomes slower: by its class and the largest other one.
pub const SLOWER: usize = FURTHER + 7 * CLASSES;
/// How much it differs: by class of its step in four groups.
pub const DIFFERENCE: usize = SLOWER + CLASSES * CLASSES;
/// Whether the new step is what the way over the gap suggests: by how far the way is off, 0 to 3.
pub const GAP_STEP: usize = DIFFERENCE + 4 * MAGNITUDE;
/// Sign and size of the difference.
pub const GAP_STEP_SIGN: usize = GAP_STEP + 4;
/// See [`GAP_STEP_SIGN`].
pub const GAP_STEP_SIZE: usize = GAP_STEP_SIGN + 1;

/// Whether an id follows the one before; if not, how far it is.
pub const ENTER_ID: usize = GAP_STEP_SIZE + MAGNITUDE;
/// Whether the kind is the one before.
pub const ENTER_KIND: usize = ENTER_ID + 1 + MAGNITUDE;
/// Numbers told by their size: whether 0, and the size; integers (0) and players (1).
pub const ENTER_NUMBER: usize = ENTER_KIND + 1;
/// Whether an entering step is 0; sign; size.
pub const ENTER_STEP: usize = ENTER_NUMBER + 2 * (1 + MAGNITUDE);

/// The contexts that tell how positions move.
pub const POSITIONS: std::ops::Range<usize> = EXACT..ENTER_ID;
/// All contexts.
pub const CONTEXTS: usize = ENTER_STEP + 2 + MAGNITUDE;
