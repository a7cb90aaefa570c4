/**
 * Whether this machine has a network and its page is looked at, as far as it tells: browsers do, with
 * `online`, `offline`, `visibilitychange`, `pageshow` and `pagehide`; Node does not. After a sleep or a change of
 * networks a connection may be dead although nobody has said so, and waiting may be pointless.
 *
 * @module
 */

/**
 * The global object of a browser's page or worker, or what stands for it in a test.
 *
 * @typedef {object} Host
 * @property {(type: string, listener: () => void) => void} addEventListener
 * @property {(type: string, listener: () => void) => void} removeEventListener
 * @property {{visibilityState?: string}} [document] where there is one
 * @property {{onLine?: boolean}} [navigator]
 */
/**
 * @typedef {object} WakefulnessHandlers
 * @property {() => void} back the network or the page is back, maybe after a long time
 * @property {() => void} left the page is left; it may come back from the history
 * @property {(isOnline: boolean) => void} network the network has come or gone
 */

/** Listens to a host. */
export class Wakefulness {
  /**
   * @param {Host | undefined} host
   * @param {WakefulnessHandlers} handlers
   */
  constructor(host, handlers) {
    this._host = host;
    this._isListening = false;
    /** Whether there is a network, as far as is known. */
    this.isOnline = host?.navigator?.onLine !== false;
    /** @type {[string, () => void][]} */
    this._listeners = [
      ['online', () => this._handleNetwork(true, handlers)],
      ['offline', () => this._handleNetwork(false, handlers)],
      ['visibilitychange', () => this._host?.document?.visibilityState !== 'hidden' && handlers.back()],
      // A page that comes back from the history has been asleep without having been hidden.
      ['pageshow', () => handlers.back()],
      ['pagehide', () => handlers.left()],
    ];
  }

  /** Begins to listen. */
  start() {
    if (this._isListening) return;
    this._isListening = true;
    for (const [type, listener] of this._listeners) this._host?.addEventListener(type, listener);
  }

  /** Ends it. No listener is left. */
  stop() {
    if (!this._isListening) return;
    this._isListening = false;
    for (const [type, listener] of this._listeners) this._host?.removeEventListener(type, listener);
  }

  /** @param {boolean} isOnline @param {WakefulnessHandlers} handlers */
  _handleNetwork(isOnline, handlers) {
    if (this.isOnline !== isOnline) {
      this.isOnline = isOnline;
      handlers.network(isOnline);
    }
    if (isOnline && this._isListening) handlers.back();
  }
}
