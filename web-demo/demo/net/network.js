/**
 * A simulated network: when what is sent on a connection arrives. Pure; time and randomness are
 * passed in, simulated-socket.js does the waiting. It means by its words what the bots' `--net` does.
 *
 * ```text
 * sent ──┬─ half the latency ± half the jitter ─┬─ not before what was sent earlier ─┬─→ arrives
 *        │ (uniform; each message, each way)    │ (TCP keeps the order)              │
 *        └──────────────────────────────────────┴─ in a stall: at its end ───────────┘
 * ```
 */

/** Lengths of stalls, in milliseconds: TCP sends a lost packet again after 200 ms at the least. */
const SHORTEST_STALL_MS = 200;
const LONGEST_STALL_MS = 500;
/** What may be asked for, in milliseconds and per cent of the time. */
export const MOST = { latency: 2000, jitter: 1000, stall: 50 };

/**
 * @typedef {object} Conditions
 * @property {number} latency round trip in milliseconds: half of it each way
 * @property {number} jitter a round trip takes up to this much more or less, in milliseconds
 * @property {number} stall per cent of the time in which nothing arrives, for 200 to 500 ms at once
 */

/**
 * Reads conditions as an address has them: `latency:150,jitter:30,stall:2`, also written as the bots
 * take them, `latency=150ms,jitter=30ms,stall=2%`. What is not understood counts as not said, what is
 * too much is cut.
 * @param {string | null | undefined} text
 * @returns {Conditions}
 */
export function conditionsOf(text) {
  const conditions = { latency: 0, jitter: 0, stall: 0 };
  for (const part of (text ?? '').split(',')) {
    const [, name, number] = /^\s*(latency|jitter|stall)\s*[:=]\s*(\d+(?:\.\d+)?)\s*(?:ms|%)?\s*$/.exec(part) ?? [];
    if (name !== 'latency' && name !== 'jitter' && name !== 'stall') continue;
    conditions[name] = Math.min(Number(number), MOST[name]);
  }
  return conditions;
}

/** One way of a connection: what it keeps is the order. */
export class Way {
  /** When the newest message arrives. */
  last = -Infinity;
}

export class Network {
  /** In force now; what is under way already is not affected. @type {Conditions} */
  conditions = { latency: 0, jitter: 0, stall: 0 };

  #random;
  /** The stall that is on or comes next. */
  #stallBegins = Infinity;
  #stallEnds = -Infinity;
  /** The share of stalls that it was drawn for. */
  #drawnFor = 0;

  /** @param {() => number} [random] uniform from 0 to 1 */
  constructor(random = Math.random) {
    this.#random = random;
  }

  /** Whether it does anything: if not, messages need not wait at all. @param {number} now */
  isPlain(now) {
    const { latency, jitter, stall } = this.conditions;
    return latency === 0 && jitter === 0 && stall === 0 && !this.#isStalled(now);
  }

  /**
   * Nothing arrives from now on for a time.
   * @param {number} forMs
   * @param {number} now
   */
  stall(forMs, now) {
    // One that is on goes on; the next one that was drawn has not begun, and is drawn again after this.
    const ends = this.#isStalled(now) ? this.#stallEnds : now;
    this.#stallBegins = now;
    this.#stallEnds = Math.max(ends, now + forMs);
    this.#drawnFor = this.conditions.stall;
  }

  /**
   * When what is sent now on a way arrives.
   * @param {Way} way
   * @param {number} now
   */
  arrival(way, now) {
    const { latency, jitter } = this.conditions;
    const lasts = latency + jitter * (2 * this.#random() - 1);
    const earliest = Math.max(now + Math.max(0, lasts) / 2, way.last);
    way.last = this.#afterStalls(earliest, now);
    return way.last;
  }

  /** @param {number} time @param {number} now */
  #afterStalls(time, now) {
    const { stall } = this.conditions;
    if (stall !== this.#drawnFor && !this.#isStalled(now)) {
      // What was to come was drawn for other conditions.
      this.#drawnFor = stall;
      this.#stallEnds = now;
      this.#stallBegins = Infinity;
      if (stall > 0) this.#drawStall();
    }
    while (this.#drawnFor > 0 && this.#stallEnds <= now) this.#drawStall();
    return this.#isStalled(time) ? this.#stallEnds : time;
  }

  /** @param {number} time */
  #isStalled(time) {
    return time >= this.#stallBegins && time < this.#stallEnds;
  }

  /** Pauses between stalls are memoryless, and as long on average as the share asks for. */
  #drawStall() {
    const share = this.#drawnFor / 100;
    const meanPause = ((SHORTEST_STALL_MS + LONGEST_STALL_MS) / 2) * ((1 - share) / share);
    this.#stallBegins = Math.max(this.#stallEnds, 0) - meanPause * Math.log(1 - this.#random());
    this.#stallEnds = this.#stallBegins + SHORTEST_STALL_MS + this.#random() * (LONGEST_STALL_MS - SHORTEST_STALL_MS);
  }
}
