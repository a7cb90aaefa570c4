/**
 * The line of one answer after the other (`POST /poll`), where streams are held back too. Each poll says which
 * answer is the newest here, so that one that was lost comes once more.
 *
 * ```text
 * poll:   key (16 bytes) | after (u32, little-endian)
 * answer: number (u32, little-endian) | records
 * ```
 *
 * @module
 */

import { WireError } from '../wire/wire-error.js';
import { openingUrl, pause, post, sessionUrl } from './exchange.js';
import { RecordReader, bodyOf } from './records.js';
import { SessionLine } from './session-line.js';

/** @typedef {import('./session-line.js').Session} Session */

/** An answer that takes longer is lost, in milliseconds. The server answers pings of which one goes up each
 * second, so that an answer is due long before the 20 s that a poll without any would take. */
const ANSWER_WITHIN_MS = 8000;
/** The pause after a poll that failed, in milliseconds. */
const RETRY_MS = 500;
/** Polls that fail in a row before the connection is lost. */
const MOST_FAILURES = 4;
/** Answers that say that another try is in vain. */
const FINAL = [400, 401, 403, 404, 413];

/** The session that is polled now. */
export class PollLine extends SessionLine {
  /**
   * Begins to connect.
   *
   * @param {string} url of the WebSocket that cannot be had
   * @param {readonly string[]} protocols
   */
  open(url, protocols) {
    const session = this._begin(url);
    this._run(session, url, openingUrl(url, 'poll', protocols)).catch((error) => {
      session.lose(`polling broke: ${error instanceof Error ? error.name : 'fault'}`);
    });
  }

  /** @param {Session} session @param {string} url @param {string} firstUrl */
  async _run(session, url, firstUrl) {
    const first = await post(this._environment, firstUrl, new Uint8Array(), session.signal, ANSWER_WITHIN_MS);
    if (!first.ok) {
      session.refuse(first);
      return;
    }
    let newest = this._take(session, first.bytes, 1);
    const pollUrl = sessionUrl(url, 'poll').href;
    let failures = 0;
    while (!session.isOver) {
      const body = bodyOf(/** @type {Uint8Array} */ (session.key), newest);
      const asked = post(this._environment, pollUrl, body, session.signal, ANSWER_WITHIN_MS);
      const answer = await asked.catch(() => undefined);
      if (session.isOver) return;
      const before = newest;
      if (answer?.ok) newest = this._take(session, answer.bytes, newest + 1);
      failures = newest === before ? failures + 1 : 0;
      if (failures === 0) continue;
      if (failures >= MOST_FAILURES || FINAL.includes(answer?.status ?? 0)) {
        session.lose(answer ? `the poll was answered with ${answer.status}` : 'polls are not answered');
        return;
      }
      await pause(this._environment.timers, RETRY_MS, session.signal);
    }
  }

  /**
   * Takes in an answer.
   *
   * @param {Session} session
   * @param {Uint8Array} bytes
   * @param {number} due the number of the next answer
   * @returns {number} the number of the newest one
   */
  _take(session, bytes, due) {
    let number = due - 1;
    session.handle(() => {
      if (bytes.length < 4) throw new WireError('an answer without a number', 0);
      const told = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
      // What is here already says nothing new.
      if (told === number) return [];
      if (told !== due) throw new WireError(`answer ${told} where ${due} was due`, 0);
      number = told;
      const reader = new RecordReader();
      const records = reader.push(bytes.subarray(4));
      if (!reader.isBetweenRecords) throw new WireError('an answer ends within a record', bytes.length);
      return records;
    });
    if (!session.isOver && !session.key) session.lose('no session was opened');
    return number;
  }
}
