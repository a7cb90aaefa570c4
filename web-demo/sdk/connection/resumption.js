/**
 * What it takes to come back as the same player: where to, with which token, and until when. Knows
 * neither sockets nor timers; time is passed in.
 *
 * @module
 */

/** @typedef {import('../wire/messages.js').Welcome} Welcome */

/** Whether and how a lost connection can be resumed. */
export class Resumption {
  // Private to the engine, so that who logs a room does not log the token.
  #token = '';
  #base = '';
  #windowMs = 0;
  #until = -Infinity;

  /**
   * There is a seat, at which nothing can be resumed yet.
   *
   * @param {string} wsUrl where to connect; its query does not matter
   */
  handleSeat(wsUrl) {
    this.forget();
    [this.#base] = wsUrl.split(/[?#]/);
  }

  /**
   * A connection was made: its token replaces the one before.
   *
   * @param {Pick<Welcome, 'resumeToken'|'resumeWindowMs'|'heartbeatTimeoutMs'>} welcome
   */
  handleWelcome({ resumeToken, resumeWindowMs, heartbeatTimeoutMs }) {
    this.#token = resumeToken;
    // The server's time begins when it misses the client: by its heartbeat's timeout after us.
    this.#windowMs = resumeWindowMs + heartbeatTimeoutMs;
    this.#until = resumeWindowMs > 0 ? Infinity : -Infinity;
  }

  /**
   * The connection is lost, or was not made: time runs since the first loss after a welcome.
   *
   * @param {number} now
   */
  handleLoss(now) {
    this.#until = Math.min(this.#until, now + this.#windowMs);
  }

  /** There is nothing to come back to. */
  forget() {
    this.#token = '';
    this.#until = -Infinity;
  }

  /** @param {number} now */
  isPossible(now) {
    return now <= this.#until;
  }

  /** What servers are asked with who has the room. It is not to be shown. */
  get token() {
    return this.#token;
  }

  /** Where the connection was, without a query. */
  get base() {
    return this.#base;
  }

  /** The room is at another address; its query does not matter. @param {string} wsUrl */
  handleMoved(wsUrl) {
    [this.#base] = wsUrl.split(/[?#]/);
  }

  /**
   * Where to connect. It holds the token: not to be shown.
   *
   * @param {number} event number of the newest event that was taken in; 0 before the first
   */
  url(event) {
    return `${this.#base}?${new URLSearchParams({ resume: this.#token, event: String(event) })}`;
  }

  /**
   * Where to connect with the token of another seat. It is not to be shown either.
   *
   * @param {string} token
   */
  entranceUrl(token) {
    return `${this.#base}?${new URLSearchParams({ token })}`;
  }
}
