/**
 * The contexts of a chunk's decisions: which likelihood each decision is coded with. Mirrors
 * `protocol/src/chunk/contexts.rs`, name by name: a change here is a change of the wire.
 *
 * A context is an index into a table of likelihoods. Each constant is where a block of them begins;
 * the comment says how a block is indexed.
 *
 * @module
 */

/** Exponents that are told apart; larger ones share the last. */
export const EXPONENTS = 14;
/** Contexts of one magnitude: 14 for the exponent, 14 for the bit below the leading one, 28 for the
 * bit below that. */
export const MAGNITUDE = EXPONENTS + EXPONENTS + 2 * EXPONENTS;
/** Classes of a step's size. */
export const CLASSES = 8;

/** The chunk leads from nothing. */
export const KEYFRAME = 0;
/** Whether the chunk spans more than one tick; if so, whether two; if not, whether four. */
export const GAP = KEYFRAME + 1;
/** Whether anything leaves, changes, enters. */
export const HAS_LEAVES = GAP + 3;
export const HAS_UPDATES = HAS_LEAVES + 1;
export const HAS_ENTERS = HAS_UPDATES + 1;
/** Whether an entity that leaves has gone to another part. */
export const MOVED = HAS_ENTERS + 1;
/** Whether there is just one leave (0), just one enter (1), no vacant slot passed over (2). */
export const NONE_MORE = MOVED + 1;
/** How many more there are, for all three. */
export const MORE = NONE_MORE + 3;

/** Whether an entity of several changing fields changed: by how many of the last ones did, 0 to 3. */
export const CHANGED = MORE + MAGNITUDE;
/** Types of fields: number, angle, integer, flags, player, rotation. */
export const FIELD_TYPES = 6;
/** Whether a field that is no position changed: by type, and by whether the position is as
 * predicted (0), is not (1), or there is none (2). */
export const FIELD_CHANGED = CHANGED + 4;
/** By type of field: the sign of its difference, and its size less one. */
export const FIELD_SIGN = FIELD_CHANGED + 3 * FIELD_TYPES;
export const FIELD_SIZE = FIELD_SIGN + FIELD_TYPES;
/** Whether a flag is turned over: by its bit, the last for all beyond. */
export const FLAG = FIELD_SIZE + FIELD_TYPES * MAGNITUDE;
/** Bits of flags that are told apart. */
export const FLAG_BITS = 8;
/** Whether a rotation's largest component is another one; whether a component stays. */
export const ROTATION = FLAG + FLAG_BITS;

/** Whether a position is as predicted: by class of the larger step, whether the smaller is 0, and
 * how many of the last entities were not, 0 to 2. */
export const EXACT = ROTATION + 2;
/** Whether a step is told by itself and not by its difference: by class of the larger step, and
 * whether the last such was. */
export const JUMP = EXACT + CLASSES * 2 * 3;
/** A step told by itself: of an entity that rested (0) or moved (1). */
export const STEP = JUMP + CLASSES * 2;
/** Within {@link STEP}: whether the first axis is 0, by class of the larger step. */
export const STEP_FIRST = 0;
/** Whether a further axis is 0: by the size of the axis before, 0 to 4. */
export const STEP_FURTHER = STEP_FIRST + CLASSES;
/** Sign: by whether the step before was 0. */
export const STEP_SIGN = STEP_FURTHER + 5;
/** Size. */
export const STEP_SIZE = STEP_SIGN + 2;
/** Contexts of a step told by itself. */
export const STEP_BLOCK = STEP_SIZE + MAGNITUDE;
/** Whether the first axis' difference is 0: by class of its step and the largest other one. */
export const FIRST = STEP + 2 * STEP_BLOCK;
/** Whether a further axis' difference is 0: by how the axis before changed, 0 to 6, and class. */
export const FURTHER = FIRST + CLASSES * CLASSES;
/** Whether a step becomes slower: by its class and the largest other one. */
export const SLOWER = FURTHER + 7 * CLASSES;
/** How much it differs: by class of its step in four groups. */
export const DIFFERENCE = SLOWER + CLASSES * CLASSES;
/** Whether the new step is what the way over the gap suggests: by how far the way is off, 0 to 3. */
export const GAP_STEP = DIFFERENCE + 4 * MAGNITUDE;
/** Sign and size of the difference. */
export const GAP_STEP_SIGN = GAP_STEP + 4;
export const GAP_STEP_SIZE = GAP_STEP_SIGN + 1;

/** Whether an id follows the one before; if not, how far it is. */
export const ENTER_ID = GAP_STEP_SIZE + MAGNITUDE;
/** Whether the kind is the one before. */
export const ENTER_KIND = ENTER_ID + 1 + MAGNITUDE;
/** Numbers told by their size: whether 0, and the size; integers (0) and players (1). */
export const ENTER_NUMBER = ENTER_KIND + 1;
/** Whether an entering step is 0; sign; size. */
export const ENTER_STEP = ENTER_NUMBER + 2 * (1 + MAGNITUDE);

/** All contexts. */
export const CONTEXTS = ENTER_STEP + 2 + MAGNITUDE;
