/**
 * What drawing needs beyond the server's state: how fast each thing moves on this screen, its trail,
 * and when it was hit. Derived from the interpolated positions, frame by frame; it must not send or
 * draw.
 */

/** Points of a trail and the time between them, in milliseconds. */
export const TRAIL_POINTS = 22;
const TRAIL_STEP_MS = 24;
/** A move of more than this within a frame, in world units, is a jump and not a movement. */
const JUMP = 160;
/** How much of the newest speed enters the estimate per frame. */
const BLEND = 0.35;

export class Track {
  x = 0;
  y = 0;
  /** World units per second. */
  vx = 0;
  vy = 0;
  /** Number of frames in which it was seen. */
  frames = 0;
  /** The frame in which it was last seen. */
  seen = 0;
  /** When it was last hit, on the frame's clock. */
  hitAt = -Infinity;
  flags = 0;
  /** Whose bullet this is; `undefined` for anything else. @type {number | undefined} */
  shooter = undefined;
  /** Whose ship this is; `undefined` for anything else. @type {number | undefined} */
  pilot = undefined;
  /** Whether it was predicted first, and goes on under the server's id. */
  isHanded = false;
  /** Trail as x, y pairs in a ring, and whether the engine burnt there. */
  trail = new Float32Array(TRAIL_POINTS * 3);
  /** Where the next point goes, and how many there are. */
  head = 0;
  length = 0;
  #pointAt = 0;

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} seconds since the last frame
   */
  move(x, y, seconds) {
    const dx = x - this.x;
    const dy = y - this.y;
    this.x = x;
    this.y = y;
    this.frames += 1;
    if (this.frames === 1 || seconds <= 0) return;
    if (Math.abs(dx) > JUMP || Math.abs(dy) > JUMP) {
      this.length = 0;
      return;
    }
    const blend = this.frames === 2 ? 1 : BLEND;
    this.vx += (dx / seconds - this.vx) * blend;
    this.vy += (dy / seconds - this.vy) * blend;
  }

  /**
   * Adds to the trail when it is time for another point.
   * @param {number} x
   * @param {number} y
   * @param {number} heat 0 to 1
   * @param {number} nowMs
   */
  mark(x, y, heat, nowMs) {
    if (nowMs - this.#pointAt < TRAIL_STEP_MS) return;
    this.#pointAt = nowMs;
    const at = this.head * 3;
    this.trail[at] = x;
    this.trail[at + 1] = y;
    this.trail[at + 2] = heat;
    this.head = (this.head + 1) % TRAIL_POINTS;
    this.length = Math.min(this.length + 1, TRAIL_POINTS);
  }
}

export class Tracks {
  #frame = 0;
  /** @type {Map<number, Track>} */
  #tracks = new Map();
  #gone = (/** @type {Track} */ _track) => {};
  /** Made once: an iterator would make an array per thing and frame. */
  #sweep = (/** @type {Track} */ track, /** @type {number} */ id) => {
    if (track.seen === this.#frame) return;
    this.#tracks.delete(id);
    this.#gone(track);
  };

  /** Starts a frame. */
  begin() {
    this.#frame += 1;
  }

  /**
   * The track of an entity that is in view in this frame.
   * @param {number} id
   */
  of(id) {
    let track = this.#tracks.get(id);
    if (!track) {
      track = new Track();
      this.#tracks.set(id, track);
    }
    track.seen = this.#frame;
    return track;
  }

  /**
   * Ends a frame: forgets what has gone.
   * @param {(track: Track) => void} gone called for each
   */
  end(gone) {
    this.#gone = gone;
    this.#tracks.forEach(this.#sweep);
  }

  /**
   * What was seen under one id is another one's from now on.
   * @param {number} from
   * @param {number} id
   */
  hand(from, id) {
    // Predicted and made between two frames, it has not been seen; told of it was all the same.
    const track = this.#tracks.get(from) ?? new Track();
    track.isHanded = true;
    track.seen = this.#frame;
    this.#tracks.delete(from);
    this.#tracks.set(id, track);
  }

  clear() {
    this.#tracks.clear();
  }
}
