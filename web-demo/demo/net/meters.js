/**
 * What the net panel shows, as numbers over time: reads them off a room and keeps the last half a
 * minute of each. It must not touch the page.
 */

/** Time between two samples, in milliseconds, and samples kept. */
export const SAMPLE_MS = 200;
export const KEPT = 150;
/** How much of a new difference enters the jitter (RFC 3550, section 6.4.1). */
const JITTER_GAIN = 1 / 16;

/** @typedef {import('../../sdk/index.js').Room} Room */
/** @typedef {'rtt' | 'jitter' | 'delay' | 'error' | 'slack' | 'updates' | 'bytes' | 'perUpdate' | 'tick' | 'script'} MeterName */

/** The last samples of one number, oldest first. NaN stands for none. */
export class Meter {
  #ring = new Float64Array(KEPT).fill(NaN);
  #next = 0;
  /** The newest sample. */
  newest = NaN;

  /** @param {number} value */
  add(value) {
    this.#ring[this.#next] = value;
    this.#next = (this.#next + 1) % KEPT;
    this.newest = value;
  }

  /** @param {number} index 0 is the oldest */
  at(index) {
    return this.#ring[(this.#next + index) % KEPT] ?? NaN;
  }

  /** The largest of those kept; 0 without any. */
  get largest() {
    let largest = 0;
    for (let index = 0; index < KEPT; index += 1) {
      const value = this.#ring[index] ?? NaN;
      if (value > largest) largest = value;
    }
    return largest;
  }

  clear() {
    this.#ring.fill(NaN);
    this.newest = NaN;
  }
}

export class Meters {
  /** @type {Record<MeterName, Meter>} */
  by = {
    rtt: new Meter(),
    jitter: new Meter(),
    delay: new Meter(),
    error: new Meter(),
    slack: new Meter(),
    updates: new Meter(),
    bytes: new Meter(),
    perUpdate: new Meter(),
    tick: new Meter(),
    script: new Meter(),
  };
  /** Time that the room's last ticks took on the server, in milliseconds; whoever asks it tells. */
  tickMs = NaN;
  /** What carries the connection. @type {import('../../sdk/index.js').Transport | undefined} */
  transport = undefined;

  #sampledAt = -Infinity;
  /** How long after its tick was due the newest state came. */
  #transit = NaN;
  #jitter = 0;
  #slack = NaN;
  /** The largest since the last sample. */
  #error = NaN;
  #script = NaN;
  #bytes = 0;
  #frames = 0;

  /** Forgets all: there is another room. */
  clear() {
    for (const meter of Object.values(this.by)) meter.clear();
    this.tickMs = NaN;
    this.#transit = NaN;
    this.#jitter = 0;
    this.#slack = NaN;
    this.#bytes = 0;
    this.#frames = 0;
  }

  /**
   * A state has arrived.
   * @param {Room} room
   * @param {import('../../sdk/room-events.js').StateChange} state
   * @param {number} nowMs
   */
  arrived(room, { tick, input }, nowMs) {
    const transit = nowMs - (tick * 1000) / (room.welcome?.tickRateHz ?? Infinity);
    if (!Number.isNaN(this.#transit)) {
      this.#jitter += (Math.abs(transit - this.#transit) - this.#jitter) * JITTER_GAIN;
    }
    this.#transit = transit;
    if (input) this.#slack = input.slackMs;
    const error = room.prediction?.error;
    if (error !== undefined && !(error <= this.#error)) this.#error = error;
  }

  /**
   * A frame has been drawn.
   * @param {number} scriptMs that it took
   */
  drawn(scriptMs) {
    if (!(scriptMs <= this.#script)) this.#script = scriptMs;
  }

  /**
   * Takes samples when it is time to; true when it was.
   * @param {Room} room
   * @param {number} nowMs
   */
  sample(room, nowMs) {
    if (nowMs - this.#sampledAt < SAMPLE_MS) return false;
    this.#sampledAt = nowMs;
    const { by } = this;
    const { stats } = room;
    this.transport = stats.transport;
    by.rtt.add(room.clock.rttMs ?? NaN);
    by.jitter.add(Number.isNaN(this.#transit) ? NaN : this.#jitter);
    by.delay.add(room.interpolation.delayMs);
    by.error.add(this.#error);
    by.slack.add(room.prediction?.slackMs ?? this.#slack);
    by.updates.add(stats.updatesPerSecond);
    by.bytes.add(stats.bytesPerSecond / 1000);
    const frames = stats.frames - this.#frames;
    by.perUpdate.add(frames > 0 ? (stats.bytes - this.#bytes) / frames : by.perUpdate.newest);
    by.tick.add(this.tickMs);
    by.script.add(this.#script);
    this.#frames = stats.frames;
    this.#bytes = stats.bytes;
    this.#error = NaN;
    this.#script = NaN;
    return true;
  }
}
