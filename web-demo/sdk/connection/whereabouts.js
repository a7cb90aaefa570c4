/**
 * Where a room is, in a cluster: which servers there are, which of them owns it, and whom to ask for it when the
 * connection is lost. Knows neither sockets nor timers; who asks tells what was answered.
 *
 * ```text
 * Owner, keyframe, Moved ─→ Whereabouts: the newest owner, or a refusal of one that was replaced
 * lost ─→ Moved told where? ─→ there, at once
 *         several servers?  ─→ Search: POST /api/resume at one after the other
 *         else              ─→ the same address
 * ```
 *
 * @module
 */

/**
 * What a server has answered who was asked where a room is: it is there; its owner is not known now, which may be so
 * for a while; it has ended; the server does not know the token, or the question; nothing that makes sense.
 *
 * @typedef {{type: 'there', wsUrl: string, fence: number} | {type: 'moving', afterMs: number | undefined}
 *   | {type: 'gone'} | {type: 'unknown'} | {type: 'nothing'}} Answer
 */
/**
 * What to do then: resume there; ask the next server after a time; ask again after a backoff, since nobody can be
 * reached; join anew.
 *
 * @typedef {{type: 'connect', wsUrl: string} | {type: 'ask', afterMs: number} | {type: 'backoff'}
 *   | {type: 'join'}} Step
 */

/** Time from one question to the next where the room's owner is not to be had and nobody says how long that takes,
 * in milliseconds: a quarter of the time in which a cluster finds out that a server has died. */
export const MOVING_MS = 250;
/** A delay that a server tells is kept within these, in milliseconds: neither a mistake nor malice there makes a
 * client hammer it, or stay away for the rest of the time in which it can come back. */
const LEAST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 5000;

/** What is known of where a room is. */
export class Whereabouts {
  /** @param {readonly string[]} given the servers that the user knows: one at least */
  constructor(given) {
    this._given = unique(given.map(baseOf));
    /** Servers that the newest owner knows, itself first. @type {string[]} */
    this._nodes = [];
    /** The server that the connection is to. @type {string | undefined} */
    this._connected = undefined;
    /** Where the room has gone. @type {string | undefined} */
    this._moved = undefined;
    /** The largest fence that was seen of the room; 0 before any. */
    this._fence = 0;
    /** Whose room it is, to whom a fence belongs. */
    this._member = '';
  }

  /** Begins to connect to an address of WebSockets. @param {string} wsUrl */
  handleConnect(wsUrl) {
    this._connected = serverOf(wsUrl);
  }

  /**
   * There is a connection. Another player or room begins without a fence.
   *
   * @param {{room: string, player: number}} welcome
   */
  handleWelcome({ room, player }) {
    const member = `${player} of ${room}`;
    if (this._member !== member) this._fence = 0;
    this._member = member;
    this._moved = undefined;
  }

  /**
   * A fence was told. 0 says nothing.
   *
   * @param {number} fence
   * @returns {boolean} whether it is no smaller than others: else its owner has been replaced
   */
  handleFence(fence) {
    if (fence !== 0 && fence < this._fence) return false;
    this._fence = Math.max(this._fence, fence);
    return true;
  }

  /**
   * The connection's server has said that it owns the room, and who else is there.
   *
   * @param {{fence: number, nodes: readonly string[]}} owner
   * @returns {boolean} whether it does
   */
  handleOwner({ fence, nodes }) {
    if (!this.handleFence(fence)) return false;
    this._nodes = unique(nodes.filter(isServer).map(baseOf));
    this._connected = this._nodes[0] ?? this._connected;
    return true;
  }

  /**
   * The connection's server has said where the room goes on.
   *
   * @param {{fence: number, wsUrl: string}} moved
   * @returns {boolean} whether it has a say in that
   */
  handleMoved({ fence, wsUrl }) {
    if (!this.handleFence(fence)) return false;
    if (isAddress(wsUrl, /^wss?:$/)) this._moved = wsUrl;
    return true;
  }

  /** Whether it was told where the room goes on. */
  get hasMoved() {
    return this._moved !== undefined;
  }

  /** Where the room has gone, if that was told: once. */
  takeMoved() {
    const moved = this._moved;
    this._moved = undefined;
    return moved;
  }

  /** Whether there are several servers, or an owner has said which there are. */
  get isShared() {
    return this._nodes.length > 0 || this._given.length > 1;
  }

  /** All servers to ask, that of the connection first; where there is but one it goes by the user's name for it.
   * @returns {readonly string[]} */
  get servers() {
    if (!this.isShared) return this._given;
    const connected = this._connected === undefined ? [] : [this._connected];
    return unique([...connected, ...this._nodes, ...this._given]);
  }

  /** The questions to ask for the room; none where there is nobody to ask. */
  search() {
    return this.isShared ? new Search(this.servers) : undefined;
  }
}

/** One server after the other is asked, over and over. */
export class Search {
  /** @param {readonly string[]} servers the first one is asked first; one at least */
  constructor(servers) {
    this._servers = servers;
    this._next = 0;
    /** Answers in a row that were of no use, and those of servers that did not know the token. */
    this._useless = 0;
    this._unknown = 0;
  }

  /** Whom to ask now. */
  get server() {
    return this._servers[this._next % this._servers.length];
  }

  /**
   * An answer has come, or none.
   *
   * @param {Answer} answer
   * @param {Whereabouts} whereabouts
   * @returns {Step} what to do now; an owner that was replaced is as good as one that cannot be reached
   */
  handle(answer, whereabouts) {
    this._next += 1;
    switch (answer.type) {
      case 'there':
        this._begin();
        if (!whereabouts.handleFence(answer.fence)) return { type: 'ask', afterMs: MOVING_MS };
        return { type: 'connect', wsUrl: answer.wsUrl };
      case 'moving':
        this._begin();
        return { type: 'ask', afterMs: within(answer.afterMs ?? MOVING_MS) };
      case 'gone':
        return { type: 'join' };
      default:
        return this._goOn(answer.type === 'unknown');
    }
  }

  /** @param {boolean} isUnknown @returns {Step} */
  _goOn(isUnknown) {
    this._useless += 1;
    if (isUnknown) this._unknown += 1;
    if (this._useless < this._servers.length) return { type: 'ask', afterMs: 0 };
    const isKnownNowhere = this._unknown === this._useless;
    this._begin();
    return { type: isKnownNowhere ? 'join' : 'backoff' };
  }

  _begin() {
    this._useless = 0;
    this._unknown = 0;
  }
}

/** The server of an address of WebSockets. @param {string} wsUrl @returns {string | undefined} */
function serverOf(wsUrl) {
  // `ws` and `http`, `wss` and `https`.
  const [base] = wsUrl.replace(/^ws/, 'http').split(/[?#]/);
  return isServer(base) ? baseOf(base.replace(/\/ws$/, '')) : undefined;
}

/** @param {string} url */
function isServer(url) {
  return isAddress(url, /^https?:$/);
}

/** @param {string} url @param {RegExp} protocol */
function isAddress(url, protocol) {
  try {
    return protocol.test(new URL(url).protocol);
  } catch {
    return false;
  }
}

/** @param {string} url */
function baseOf(url) {
  return url.replace(/\/+$/, '');
}

/** @param {readonly string[]} list */
function unique(list) {
  return [...new Set(list)];
}

/** @param {number} delayMs */
function within(delayMs) {
  return Math.min(Math.max(delayMs, LEAST_DELAY_MS), LONGEST_DELAY_MS);
}
