/**
 * What one connection is about: its replica and where the entities in it are, and what both ends
 * count: frames, events, inputs, and what was acknowledged. Begins with a welcome and ends with the
 * connection; only events are numbered on when another one resumes it.
 *
 * @module
 */

import { DesyncReports } from './desync-reports.js';
import { Replica } from './replica.js';
import { shapesOf } from './shapes.js';
import { Whereabouts } from './whereabouts.js';

/** @typedef {import('../wire/frame.js').Frame} Frame */
/** @typedef {import('../wire/frame.js').ReceivedEvent} ReceivedEvent */
/** @typedef {import('../wire/messages.js').PublicWelcome} PublicWelcome */
/** @typedef {import('./trajectory.js').Trajectory} Trajectory */

/** Inputs are numbered with 16 bits. */
const SEQ_MASK = 0xffff;
/** Frames per second of a server that has nothing to tell, as far as ticks and turns allow. */
const QUIET_FRAMES_HZ = 4;

/** The counters and the replica of one connection. */
export class Link {
  /**
   * @param {PublicWelcome} welcome
   * @param {number} [newestEvent] number of the newest event of the connection that this one resumes
   */
  constructor(welcome, newestEvent = 0) {
    this.welcome = welcome;
    this.replica = new Replica(welcome);
    this.whereabouts = new Whereabouts(this.replica);
    this.desyncReports = new DesyncReports();
    this.shapes = shapesOf(welcome.schema, this.replica.layout);
    this.msPerTick = 1000 / welcome.tickRateHz;
    /** Longest time from one frame to the next, in milliseconds, unless the server holds back. */
    this.quietMs = quietTicks(welcome) * this.msPerTick;
    this._seq = 0;
    /** Number of the newest event that was taken in; 0 before the first. */
    this.newestEvent = newestEvent;
    this._ackedFrame = 0;
  }

  /** Number of the next input. */
  get nextSeq() {
    return (this._seq + 1) & SEQ_MASK;
  }

  /** Counts an input that was sent. */
  countInput() {
    this._seq = this.nextSeq;
  }

  /**
   * Takes in the next frame.
   *
   * @param {Uint8Array} bytes
   * @returns {{frame: Frame, events: ReceivedEvent[], left: Trajectory[]}} with the events that have
   *   not been met before, and the entities that have left
   * @throws {import('../wire/wire-error.js').WireError}
   */
  handleFrame(bytes) {
    const frame = this.replica.handleFrame(bytes);
    const left = this.whereabouts.follow(frame);
    return { frame, events: this._takeEvents(frame), left };
  }

  /** @param {Frame} frame @returns {ReceivedEvent[]} */
  _takeEvents(frame) {
    if (frame.events.length === 0) return frame.events;
    const fresh = frame.events.filter(({ number }) => ((number - this.newestEvent) | 0) > 0);
    this.newestEvent = fresh.at(-1)?.number ?? this.newestEvent;
    return fresh;
  }

  /**
   * The acknowledgement that is due after a frame: at the latest every `ackEvery` frames, and at
   * once for events, which the server keeps until then, and for the first frame after a resume, with
   * which the token before the newest ends.
   *
   * @param {Frame} frame
   */
  acknowledgement(frame) {
    const waiting = (frame.number - this._ackedFrame) >>> 0;
    const isFirstResumed = this.welcome.resumed !== undefined && this._ackedFrame === 0;
    const isDue = waiting >= this.welcome.ackEvery || frame.events.length > 0 || isFirstResumed;
    return isDue ? this.remainder() : undefined;
  }

  /** The acknowledgement of what has none yet; undefined when there is nothing. */
  remainder() {
    const frame = this.replica.number;
    if (frame === this._ackedFrame) return undefined;
    this._ackedFrame = frame;
    return { frame, event: this.newestEvent };
  }
}

/**
 * Ticks after which there is a frame however little it has to tell: 250 ms, rounded down, at least
 * one, and then up to the client's next turn.
 *
 * @param {PublicWelcome} welcome
 */
function quietTicks({ tickRateHz, sendEvery }) {
  const ticks = Math.max(1, Math.floor(tickRateHz / QUIET_FRAMES_HZ));
  return sendEvery * Math.ceil(ticks / sendEvery);
}
