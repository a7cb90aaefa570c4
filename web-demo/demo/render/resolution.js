/**
 * How many device pixels to draw per CSS pixel: the screen's own, as far as the machine keeps up.
 * Pure; time is passed in.
 */

/** Beyond this nobody sees the difference. */
const FINEST = 3;
/** Most pixels drawn per frame: a 4K screen. */
const MOST_PIXELS = 3840 * 2160;
/** Frames over which speed is judged, and the mean frame time that is too slow, in seconds. */
const JUDGED_FRAMES = 90;
const SLOW_S = 1 / 38;
/** Longer frames are a page in the background or a stall, and say nothing about drawing. */
const STALL_S = 0.2;
/** Each time it is too slow, the ratio shrinks by this, down to `COARSEST` of the screen's own. */
const SHRINK = 0.8;
const COARSEST = 0.5;

export class Resolution {
  #share = 1;
  #frames = 0;
  #seconds = 0;

  /**
   * @param {number} width CSS pixels
   * @param {number} height
   * @param {number} screen the screen's device pixels per CSS pixel
   */
  ratio(width, height, screen) {
    const finest = Math.min(screen > 0 ? screen : 1, FINEST);
    const affordable = Math.sqrt(MOST_PIXELS / Math.max(1, width * height));
    return Math.min(finest, affordable) * this.#share;
  }

  /**
   * Judges a frame; true when the ratio has changed.
   * @param {number} seconds
   */
  frame(seconds) {
    if (seconds <= 0 || seconds > STALL_S) return false;
    this.#frames += 1;
    this.#seconds += seconds;
    if (this.#frames < JUDGED_FRAMES) return false;
    const slow = this.#seconds / this.#frames > SLOW_S;
    this.#frames = 0;
    this.#seconds = 0;
    if (!slow || this.#share <= COARSEST) return false;
    this.#share = Math.max(COARSEST, this.#share * SHRINK);
    return true;
  }
}
