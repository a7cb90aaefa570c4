/**
 * The player's inputs on their way to the server: the live one, when it is sent and for which tick, and
 * what was sent and not applied yet.
 *
 * ```text
 * control() → controls ─ at each tick ─→ sent if it has changed → history → in effect at which tick
 * server's echo → history: applied    → pacing: how far ahead of the room ticks are played
 * ```
 *
 * @module
 */

import { Controls } from './controls.js';
import { InputHistory } from './input-history.js';
import { inputValues } from '../wire/named-values.js';
import { Pacing } from './pacing.js';

/** @typedef {import('./controls.js').GivenFields} GivenFields */
/** @typedef {import('./controls.js').InputFields} InputFields */
/** @typedef {import('../wire/frame.js').InputEcho} InputEcho */
/** @typedef {import('../replica/link.js').Link} Link */
/** @typedef {(fields: GivenFields, at: number, viewAge: number) => number | undefined} Send says the
 *   input's number, if it was sent */

/** The inputs of one connection after the other. */
export class InputStream {
  /** @param {Send} send */
  constructor(send) {
    this._send = send;
    this._controls = new Controls();
    this._history = new InputHistory();
    this._schema = /** @type {import('../wire/schema.js').Schema | undefined} */ (undefined);
    this.pacing = new Pacing();
    /** Whether the game steers by `control`. */
    this.isSteered = false;
  }

  /** The live input, as it would take effect now. @returns {InputFields} */
  get live() {
    return this._controls.fields;
  }

  /**
   * Starts over for a connection.
   *
   * @param {Link} link
   */
  start({ welcome: { schema }, msPerTick }) {
    this._schema = schema;
    this._controls.start(schema);
    this._history.start(schema);
    this.pacing.start(msPerTick);
  }

  /** @param {GivenFields} fields */
  control(fields) {
    this.isSteered = true;
    this._controls.set(fields);
  }

  /**
   * Sends an input that the game gives by itself.
   *
   * @param {GivenFields} fields
   * @param {number} at
   * @param {number} viewAge
   * @param {number} now
   * @returns {number | undefined} its number, if it was sent
   */
  send(fields, at, viewAge, now) {
    const seq = this._tell(fields, at, viewAge, now);
    if (seq === undefined || !this.isSteered) return seq;
    this._controls.set(fields);
    this._controls.handleTold(now);
    return seq;
  }

  /**
   * The input of a tick that is played for the first time; sends the live one if it is due.
   *
   * @param {number} tick
   * @param {number} viewAge
   * @param {number} now
   * @returns {InputFields} the same object at every call
   */
  commit(tick, viewAge, now) {
    if (this.isSteered && this._controls.isDue(now)) {
      const seq = this._tell(this._controls.fields, tick, viewAge, now);
      if (seq !== undefined) this._controls.handleTold(now);
    }
    return this._history.take(tick);
  }

  /** Goes back to the server's newest state. */
  rewind() {
    this._history.rewind();
  }

  /** The input of a tick that is played again. @param {number} tick ascending, after a `rewind` */
  take(tick) {
    return this._history.take(tick);
  }

  /** Forgets presses that no tick has taken. */
  release() {
    this._controls.release();
  }

  /** An input was applied. @param {InputEcho} echo @param {number} now */
  handleEcho({ seq, slackMs }, now) {
    this._history.handleEcho(seq);
    this.pacing.handleEcho(seq, slackMs, now);
  }

  /** The server does not take an input. @param {number | undefined} seq */
  handleRefusal(seq) {
    if (seq !== undefined && this._history.refuse(seq)) this._controls.handleUnheard();
  }

  /** @param {GivenFields} fields @param {number} at @param {number} viewAge @param {number} now */
  _tell(fields, at, viewAge, now) {
    const seq = this._send(fields, at, viewAge);
    if (seq === undefined || !this._schema) return seq;
    this._history.add(seq, at, inputValues(this._schema, fields));
    this.pacing.handleSent(seq, at, now);
    return seq;
  }
}
