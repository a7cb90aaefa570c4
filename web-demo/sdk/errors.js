/**
 * The errors that the SDK tells of. Each has a short `code` for programs beside its text for people;
 * where the server gave them, both are the server's.
 *
 * @module
 */

/** Anything that went wrong between a client and its server. */
export class TickwireError extends Error {
  /**
   * @param {string} code a short name of the cause, such as `room_full`
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = 'TickwireError';
    /** A short name of the cause, such as `room_full`. */
    this.code = code;
  }
}

/** A seat or a room was refused, or the answer was none. */
export class JoinError extends TickwireError {
  /**
   * @param {number} status the HTTP status; 0 when no usable answer came
   * @param {string} code the server's short name of the cause
   * @param {string} message
   * @param {number} [retryAfterMs] when to try again, where the server says so
   * @param {string} [field] which part of the request was wrong, where the server says so
   */
  constructor(status, code, message, retryAfterMs, field) {
    super(code, message);
    this.name = 'JoinError';
    /** The HTTP status; 0 when no usable answer came. */
    this.status = status;
    /** When to try again, in milliseconds, where the server says so. */
    this.retryAfterMs = retryAfterMs;
    /** Which part of the request was wrong, where the server says so. */
    this.field = field;
  }
}

/** A connection has ended. */
export class ConnectionError extends TickwireError {
  /**
   * @param {number} closeCode the WebSocket close code; 0 when it was given up before there was one
   * @param {string} code
   * @param {string} message
   */
  constructor(closeCode, code, message) {
    super(code, message);
    this.name = 'ConnectionError';
    /** The WebSocket close code; 0 when it was given up before there was one. */
    this.closeCode = closeCode;
  }
}

/** A request was refused, or has no answer. */
export class RequestError extends TickwireError {
  /**
   * @param {string} code the server's or the game's, such as `too_fast`; `timeout`, `disconnected`,
   *   `too_many_waiting`, or why the room was closed
   * @param {string} message
   */
  constructor(code, message) {
    super(code, message);
    this.name = 'RequestError';
  }
}

/** What a room's client has of its state is not what the server has. */
export class DesyncError extends TickwireError {
  /**
   * @param {number} tick
   * @param {number[]} parts those that differ
   */
  constructor(tick, parts) {
    super('desync', `the replica differs from the server at tick ${tick}, in part ${parts.join(', ')}`);
    this.name = 'DesyncError';
    /** The tick whose state differs. */
    this.tick = tick;
  }
}
