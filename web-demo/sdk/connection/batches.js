/**
 * What a client sends where there is no WebSocket: `POST /send`, one batch after the other. While one is under
 * way, what is to be sent waits for the next one; a batch without an answer is sent again as it was, so that
 * each is taken once.
 *
 * @module
 */

import { ACK_TAG } from '../wire/client-messages.js';
import { pause, post } from './exchange.js';
import { HEAD_BYTES, bodyOf, closedRecord, messageRecord } from './records.js';

/** @typedef {import('../environment.js').Environment} Environment */

/** Largest batch, in bytes. */
const MAX_BATCH_BYTES = 64 * 1024;
/** Most bytes that wait for the next batches: what comes then is not sent. It is minutes of play, and no
 * server that lives leaves a client waiting for so long. */
const MAX_WAITING_BYTES = 128 * 1024;
/** Shortest time from one batch to the next, in milliseconds: about 15 a second, half a round trip later than
 * a WebSocket would have it at worst. */
const EVERY_MS = 66;
/** How long acknowledgements alone wait for company, in milliseconds. */
const ACKS_WAIT_MS = 50;
/** A batch that is not answered after this long is sent again, in milliseconds. */
const ANSWER_WITHIN_MS = 4000;
/** The pause before that where it failed at once, in milliseconds: doubling. */
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 2000;
/** A batch that was not taken for this long means a lost connection, in milliseconds. */
const GIVE_UP_MS = 15_000;
/** Answers that say that another try is in vain. */
const FINAL = [400, 401, 403, 404, 409, 413];
/** Most bytes of a farewell: browsers send no more from a page that is left. */
const MAX_FAREWELL_BYTES = 32 * 1024;
/** Time for a farewell, in milliseconds. */
const FAREWELL_WITHIN_MS = 3000;

/** The way up of one session. */
export class Batches {
  /**
   * @param {Environment} environment
   * @param {string} url
   * @param {Uint8Array} key of the session
   * @param {(reason: string) => void} lose called when nothing gets through any more
   */
  constructor(environment, url, key, lose) {
    this._environment = environment;
    this._url = url;
    this._key = key;
    this._lose = lose;
    this._number = 0;
    /** @type {Uint8Array<ArrayBuffer>[]} */
    this._waiting = [];
    this._waitingBytes = 0;
    /** When what waits may go, at the latest; Infinity when nothing waits. */
    this._dueAt = Infinity;
    /** When the newest batch was begun. */
    this._beganAt = -Infinity;
    /** @type {any} */
    this._timer = undefined;
    this._isUnderWay = false;
    this._aborting = new AbortController();
  }

  /**
   * Sends a message with the next batch.
   *
   * @param {Uint8Array} message
   * @returns {boolean} whether it will be sent: not where too much waits already
   */
  push(message) {
    const record = messageRecord(message);
    const isTooMuch = this._waitingBytes + record.length > MAX_WAITING_BYTES;
    if (this._aborting.signal.aborted || isTooMuch || record.length > MAX_BATCH_BYTES - HEAD_BYTES) return false;
    this._waiting.push(record);
    this._waitingBytes += record.length;
    this._want(message[0] === ACK_TAG ? ACKS_WAIT_MS : 0);
    return true;
  }

  /** Lets the server know that somebody is here: with a batch, be it an empty one. */
  answerPing() {
    if (!this._isUnderWay) this._want(0);
  }

  /**
   * Says farewell with all that waits, and sends nothing any more. Nobody waits for it: a server that does not
   * hear it misses the client before long.
   *
   * @param {number} code
   * @param {string} reason
   */
  leave(code, reason) {
    if (this._aborting.signal.aborted) return;
    const isShort = this._waitingBytes <= MAX_FAREWELL_BYTES;
    const last = [...(isShort ? this._waiting : []), closedRecord(code, reason)];
    // The server takes it even if what is under way does not get there any more.
    const body = bodyOf(this._key, this._number + 1, last);
    this.stop();
    void this._say(body);
  }

  /** @param {Uint8Array<ArrayBuffer>} body */
  async _say(body) {
    const { fetch } = this._environment;
    const signal = AbortSignal.timeout?.(FAREWELL_WITHIN_MS);
    try {
      // `keepalive` lets it outlive the page.
      await fetch(this._url, { method: 'POST', body, cache: 'no-store', keepalive: true, signal });
    } catch {
      // Nobody waits for it.
    }
  }

  /** Ends it without a word. No timer and no request is left. */
  stop() {
    this._clearTimer();
    this._aborting.abort();
    this._waiting = [];
  }

  /** @param {number} withinMs */
  _want(withinMs) {
    const now = this._environment.now();
    this._dueAt = Math.min(this._dueAt, Math.max(now + withinMs, this._beganAt + EVERY_MS));
    if (!this._isUnderWay) this._schedule(now);
  }

  /**
   * What is due does not wait for a timer: browsers hold those up in hidden tabs, where acknowledgements must go on.
   * It only waits for what is said in the same breath.
   *
   * @param {number} now
   */
  _schedule(now) {
    this._clearTimer();
    if (this._dueAt === Infinity) return;
    if (this._dueAt > now) {
      this._timer = this._environment.timers.setTimeout(() => void this._begin(), this._dueAt - now);
      return;
    }
    this._isUnderWay = true;
    void Promise.resolve().then(() => this._begin());
  }

  async _begin() {
    if (this._aborting.signal.aborted) return;
    this._timer = undefined;
    this._dueAt = Infinity;
    this._isUnderWay = true;
    this._beganAt = this._environment.now();
    this._number += 1;
    const failure = await this._deliver(bodyOf(this._key, this._number, this._take()));
    if (this._aborting.signal.aborted) return;
    this._isUnderWay = false;
    if (failure !== undefined) {
      this._lose(failure);
      return;
    }
    // What did not fit into this one is due as well.
    if (this._waiting.length > 0) this._dueAt = Math.min(this._dueAt, this._beganAt + EVERY_MS);
    this._schedule(this._environment.now());
  }

  /** What fits into a batch. */
  _take() {
    let [count, bytes] = [0, 0];
    for (const { length } of this._waiting) {
      if (HEAD_BYTES + bytes + length > MAX_BATCH_BYTES) break;
      count += 1;
      bytes += length;
    }
    this._waitingBytes -= bytes;
    return this._waiting.splice(0, count);
  }

  /**
   * @param {Uint8Array<ArrayBuffer>} body
   * @returns {Promise<string | undefined>} why it was not taken; undefined when it was
   */
  async _deliver(body) {
    const { now, timers } = this._environment;
    const { signal } = this._aborting;
    const since = now();
    for (let retryMs = FIRST_RETRY_MS; !signal.aborted; retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS)) {
      const answer = await post(this._environment, this._url, body, signal, ANSWER_WITHIN_MS).catch(() => undefined);
      if (answer?.ok) return undefined;
      if (answer && FINAL.includes(answer.status)) return `the server took no more: ${answer.status}`;
      if (now() - since >= GIVE_UP_MS) return 'the server takes nothing';
      await pause(timers, retryMs, signal);
    }
    return undefined;
  }

  _clearTimer() {
    this._environment.timers.clearTimeout(this._timer);
    this._timer = undefined;
  }
}
