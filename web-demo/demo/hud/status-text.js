/**
 * A connection's state in words. Pure; see connection-pill.js for the page.
 */

/** @typedef {import('../../sdk/index.js').ConnectionStatus} ConnectionStatus */
/** @typedef {{ rttMs: number | undefined, ticksPerSecond: number, bytesPerSecond: number }} Figures */
/** @typedef {{ title: string, detail: string, canRetry: boolean }} StatusText */

/** What a room that stands still is said to wait for. */
const PAUSED = 'The game stands still until its servers can reach each other. Hold on …';

/**
 * @param {ConnectionStatus} status
 * @param {Figures} figures
 * @param {number} nowMs
 * @returns {StatusText}
 */
export function statusText(status, figures, nowMs) {
  switch (status.state) {
    case 'open':
      if (status.isPaused) return { title: 'Paused', detail: PAUSED, canRetry: false };
      return { title: 'Connected', detail: rates(figures), canRetry: false };
    case 'waiting':
      return { title: 'Reconnecting', detail: countdown(status, nowMs), canRetry: true };
    case 'closed':
      return { title: 'Disconnected', detail: status.reason ?? '', canRetry: false };
    default: {
      const again = status.attempt > 0 ? `attempt ${status.attempt + 1}` : '';
      return { title: status.attempt > 0 ? 'Reconnecting' : 'Connecting', detail: again, canRetry: false };
    }
  }
}

/**
 * Why there is no room yet, for the start screen; empty while things go their way.
 * @param {ConnectionStatus | undefined} status
 */
export function waitingText(status) {
  if (status?.isPaused) return PAUSED;
  if (status?.state !== 'waiting') return '';
  return status.code === 409 ? 'Every seat is taken. Trying again …' : 'The server is away. Trying again …';
}

/**
 * The rate is that of the room's ticks: where nothing happens few frames come, and nothing is wrong.
 * @param {Figures} figures
 */
function rates({ rttMs, ticksPerSecond, bytesPerSecond }) {
  const parts = [`${Math.round(ticksPerSecond)} Hz`, `${(bytesPerSecond / 1000).toFixed(1)} KB/s`];
  if (rttMs !== undefined) parts.unshift(`${Math.max(1, Math.round(rttMs))} ms`);
  return parts.join(' · ');
}

/**
 * @param {ConnectionStatus} status
 * @param {number} nowMs
 */
function countdown(status, nowMs) {
  const seconds = Math.max(0, Math.ceil(((status.retryAtMs ?? nowMs) - nowMs) / 1000));
  return seconds > 0 ? `in ${seconds} s` : 'now';
}
