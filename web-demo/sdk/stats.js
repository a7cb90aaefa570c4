/**
 * What a connection carries, counted.
 *
 * @module
 */

/** Rates are over this long, in milliseconds. */
const WINDOW_MS = 2000;
const SLICES = 8;
const SLICE_MS = WINDOW_MS / SLICES;
/** Frames in which the pace shows, at least: where they are rare it is over a longer time. */
const MIN_FRAMES = 4;
/** Only when a frame is overdue for this long, in milliseconds, does the time since the newest one
 * count against the pace. */
const MOST_OVERDUE_MS = 150;

/** Something per second, over the slices of a sliding window. */
class Rate {
  constructor() {
    this._slices = new Float64Array(SLICES);
    this._newest = 0;
    /** When the counting began, or began again after nothing had come for the whole window. */
    this._since = 0;
  }

  /** @param {number} amount @param {number} now */
  add(amount, now) {
    this._advance(now);
    if (this._sum() === 0) this._since = now;
    this._slices[this._newest % SLICES] += amount;
  }

  /** @param {number} now */
  perSecond(now) {
    this._advance(now);
    // The newest slice is not over yet.
    const windowMs = WINDOW_MS - SLICE_MS + (now % SLICE_MS);
    return (1000 * this._sum()) / Math.min(windowMs, Math.max(SLICE_MS, now - this._since));
  }

  _sum() {
    return this._slices.reduce((sum, slice) => sum + slice, 0);
  }

  /** @param {number} now */
  _advance(now) {
    const slice = Math.floor(now / SLICE_MS);
    const passed = Math.min(SLICES, slice - this._newest);
    for (let step = 1; step <= passed; step += 1) {
      this._slices[(slice - passed + step) % SLICES] = 0;
    }
    this._newest = Math.max(this._newest, slice);
  }
}

/** How fast the room's ticks come, whether each has a frame or not. */
class Pace {
  constructor() {
    /** The newest frame of each slice of time: its tick, and when it came. */
    this._ticks = new Float64Array(SLICES);
    this._times = new Float64Array(SLICES).fill(-Infinity);
    this._newest = 0;
    this._windowMs = WINDOW_MS;
    this._overdueMs = Infinity;
  }

  /**
   * Another room may count otherwise.
   *
   * @param {number} quietMs longest time between frames
   */
  reset(quietMs) {
    this._times.fill(-Infinity);
    this._windowMs = Math.max(WINDOW_MS, MIN_FRAMES * quietMs);
    this._overdueMs = quietMs + MOST_OVERDUE_MS;
  }

  /** @param {number} tick @param {number} now */
  add(tick, now) {
    this._newest = Math.floor((SLICES * now) / this._windowMs) % SLICES;
    this._ticks[this._newest] = tick;
    this._times[this._newest] = now;
  }

  /** @param {number} now */
  perSecond(now) {
    let oldest = this._newest;
    this._times.forEach((time, slice) => {
      if (now - time < this._windowMs && time < this._times[oldest]) oldest = slice;
    });
    const newestAt = this._times[this._newest];
    const end = now - newestAt > this._overdueMs ? now : newestAt;
    const ticks = this._ticks[this._newest] - this._ticks[oldest];
    const ms = end - this._times[oldest];
    return ms > 0 && now - newestAt < this._windowMs ? (1000 * ticks) / ms : 0;
  }
}

/** Counters since the room was joined. */
export class Stats {
  /** @param {() => number} now */
  constructor(now) {
    this._now = now;
    this._bytes = new Rate();
    this._frames = new Rate();
    this._pace = new Pace();
    /** State frames taken in. */
    this.frames = 0;
    /** Bytes of all messages from the server, without the transport's own. */
    this.bytes = 0;
    /** Frames after which the replica differed from the server. */
    this.desyncs = 0;
    /** What carries the connection, or carried it last; undefined before the first one.
     * @type {import('./connection/transport-choice.js').Transport | undefined} */
    this.transport = undefined;
  }

  /** Bytes per second, over the last two seconds. */
  get bytesPerSecond() {
    return this._bytes.perSecond(this._now());
  }

  /** State frames per second, over the last two seconds. Fewer come when there is little to tell. */
  get updatesPerSecond() {
    return this._frames.perSecond(this._now());
  }

  /** Ticks of the room per second that the state has moved on by, over the last two seconds, or the
   * last few frames where these are rare: the tick rate, unless the connection falls behind. */
  get ticksPerSecond() {
    return this._pace.perSecond(this._now());
  }

  /**
   * Another connection begins.
   *
   * @param {number} quietMs longest time between its frames, in milliseconds
   */
  start(quietMs) {
    this._pace.reset(quietMs);
  }

  /** @param {number} bytes @param {number} now */
  count(bytes, now) {
    this.bytes += bytes;
    this._bytes.add(bytes, now);
  }

  /** @param {number} tick @param {number} now */
  countFrame(tick, now) {
    this.frames += 1;
    this._frames.add(1, now);
    this._pace.add(tick, now);
  }
}
