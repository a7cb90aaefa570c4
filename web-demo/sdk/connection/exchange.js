/**
 * One HTTP request of a session, with a deadline, and pauses between them. Whoever aborts is left with no timer
 * and no request, at once.
 *
 * @module
 */

/** @typedef {Pick<import('../environment.js').Environment, 'fetch' | 'timers'>} Means */
/** @typedef {{status: number, ok: boolean, bytes: Uint8Array<ArrayBuffer>, headers: Headers | undefined}} Answer */

/**
 * Posts bytes and waits for the whole answer.
 *
 * @param {Means} means
 * @param {string} url
 * @param {Uint8Array<ArrayBuffer>} body
 * @param {AbortSignal} signal
 * @param {number} timeoutMs
 * @returns {Promise<Answer>} rejects when there is none in time, or it was aborted
 */
export async function post({ fetch, timers }, url, body, signal, timeoutMs) {
  const asking = new AbortController();
  const timer = timers.setTimeout(() => asking.abort(), timeoutMs);
  const stop = () => {
    timers.clearTimeout(timer);
    asking.abort();
  };
  signal.addEventListener('abort', stop);
  try {
    signal.throwIfAborted();
    const response = await fetch(url, { method: 'POST', body, cache: 'no-store', signal: asking.signal });
    const { status, ok, headers } = response;
    return { status, ok, headers, bytes: new Uint8Array(await response.arrayBuffer()) };
  } finally {
    timers.clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

/**
 * Waits.
 *
 * @param {Means['timers']} timers
 * @param {number} delayMs
 * @param {AbortSignal} signal
 * @returns {Promise<void>} resolved at the end, or at once when aborted
 */
export function pause(timers, delayMs, signal) {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const end = () => {
      timers.clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = timers.setTimeout(end, delayMs);
    signal.addEventListener('abort', end);
  });
}

/**
 * Where a session without a WebSocket is had, once it is open.
 *
 * @param {string} wsUrl
 * @param {'stream' | 'poll' | 'send'} what
 */
export function sessionUrl(wsUrl, what) {
  const url = new URL(wsUrl.replace(/^ws/, 'http'));
  url.pathname = url.pathname.replace(/\/ws$/, `/${what}`);
  url.search = '';
  url.hash = '';
  return url;
}

/**
 * The same for the request that opens it.
 *
 * @param {string} wsUrl with a token in its query: not to be shown
 * @param {'stream' | 'poll'} what
 * @param {readonly string[]} protocols those that are spoken here, the favourite first
 */
export function openingUrl(wsUrl, what, protocols) {
  const url = sessionUrl(wsUrl, what);
  url.search = new URL(wsUrl).search;
  url.searchParams.set('protocol', protocols.join(','));
  return url.href;
}
