/**
 * The line of one long answer (`GET /stream`), where a WebSocket cannot be had.
 *
 * @module
 */

import { LOST } from './close.js';
import { openingUrl } from './exchange.js';
import { RecordReader } from './records.js';
import { SessionLine } from './session-line.js';

/** @typedef {import('./session-line.js').Session} Session */

/** Somebody holds a stream back whose head does not come for this long, in milliseconds: or the network is
 * slow, so that it matters only where there is something else to try. */
const HEAD_WITHIN_MS = 2500;
/** The same for the first of its body, after the head. */
const BODY_WITHIN_MS = 2000;

/** The stream that is there now. */
export class StreamLine extends SessionLine {
  /**
   * Begins to connect.
   *
   * @param {string} url of the WebSocket that cannot be had
   * @param {readonly string[]} protocols
   * @param {boolean} hasOthers whether something else can be tried
   */
  open(url, protocols, hasOthers) {
    const session = this._begin(url);
    this._hasOthers = hasOthers;
    this._read(session, openingUrl(url, 'stream', protocols)).catch((error) => {
      session.lose(`the stream broke: ${error instanceof Error ? error.name : 'fault'}`);
    });
  }

  /** @param {Session} session @param {string} url */
  async _read(session, url) {
    const { fetch } = this._environment;
    const held = this._watch(session, HEAD_WITHIN_MS, false);
    const response = await fetch(url, { cache: 'no-store', signal: session.signal });
    held.stop();
    if (session.isOver) return;
    if (!response.ok) {
      const { status, ok, headers } = response;
      session.refuse({ status, ok, headers, bytes: new Uint8Array(await response.arrayBuffer()) });
      return;
    }
    if (response.body) await this._readBody(session, response.body.getReader());
    else this._handleHeldBack(session, true); // streams are not known here
  }

  /** @param {Session} session @param {ReadableStreamDefaultReader<Uint8Array>} body */
  async _readBody(session, body) {
    const records = new RecordReader();
    const held = this._watch(session, BODY_WITHIN_MS, true);
    for (;;) {
      const { value, done } = await body.read();
      held.stop();
      if (session.isOver) return;
      if (done) break;
      session.handle(() => records.push(value));
    }
    session.lose('the stream has ended');
  }

  /**
   * Waits for something that should come.
   *
   * @param {Session} session
   * @param {number} withinMs
   * @param {boolean} hasHead
   */
  _watch(session, withinMs, hasHead) {
    const { timers } = this._environment;
    if (!this._hasOthers) return { stop: () => {} };
    const timer = timers.setTimeout(() => this._handleHeldBack(session, hasHead), withinMs);
    const stop = () => timers.clearTimeout(timer);
    session.signal.addEventListener('abort', stop);
    return { stop };
  }

  /** @param {Session} session @param {boolean} hasHead */
  _handleHeldBack(session, hasHead) {
    if (session.isOver) return;
    this.drop(LOST, '');
    this._handlers.onHeldBack(hasHead);
  }
}
