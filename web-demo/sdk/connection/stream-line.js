/**
 * The line of one long answer (`GET /stream`), where a WebSocket cannot be had.
 *
 * @module
 */

import { openingUrl } from './exchange.js';
import { RecordReader } from './records.js';
import { SessionLine } from './session-line.js';

/** @typedef {import('./session-line.js').Session} Session */

/** Somebody holds a stream back whose head does not come for this long, in milliseconds. */
const HEAD_WITHIN_MS = 4000;
/** The same for the first of its body, after the head. */
const BODY_WITHIN_MS = 2000;

/** The stream that is there now. */
export class StreamLine extends SessionLine {
  /**
   * Begins to connect.
   *
   * @param {string} url of the WebSocket that cannot be had
   * @param {readonly string[]} protocols
   */
  open(url, protocols) {
    const session = this._begin(url);
    this._read(session, openingUrl(url, 'stream', protocols)).catch((error) => {
      session.lose(`the stream broke: ${error instanceof Error ? error.name : 'fault'}`);
    });
  }

  /** @param {Session} session @param {string} url */
  async _read(session, url) {
    const { fetch } = this._environment;
    const held = this._watch(session, HEAD_WITHIN_MS);
    const response = await fetch(url, { cache: 'no-store', signal: session.signal });
    held.stop();
    if (session.isOver) return;
    if (!response.ok) {
      const { status, ok, headers } = response;
      session.refuse({ status, ok, headers, bytes: new Uint8Array(await response.arrayBuffer()) });
      return;
    }
    if (response.body) await this._readBody(session, response.body.getReader());
    else this._handleHeldBack(session); // streams are not known here
  }

  /** @param {Session} session @param {ReadableStreamDefaultReader<Uint8Array>} body */
  async _readBody(session, body) {
    const records = new RecordReader();
    const held = this._watch(session, BODY_WITHIN_MS);
    for (;;) {
      const { value, done } = await body.read();
      held.stop();
      if (session.isOver) return;
      if (done) break;
      session.handle(() => records.push(value));
    }
    session.lose('the stream has ended');
  }

  /** Waits for something that should come. @param {Session} session @param {number} withinMs */
  _watch(session, withinMs) {
    const { timers } = this._environment;
    const timer = timers.setTimeout(() => this._handleHeldBack(session), withinMs);
    const stop = () => timers.clearTimeout(timer);
    session.signal.addEventListener('abort', stop);
    return { stop };
  }

  /** @param {Session} session */
  _handleHeldBack(session) {
    if (session.isOver) return;
    this.drop(0, '');
    this._handlers.onHeldBack();
  }
}
