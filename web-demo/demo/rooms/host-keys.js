/**
 * The keys of the rooms that this tab has opened: who loads the page again is their host once more.
 */

const REMEMBERED_AS = 'tickwire.host.';

/**
 * @param {string} room
 * @param {string} key
 */
export function rememberHostKey(room, key) {
  try {
    window.sessionStorage.setItem(REMEMBERED_AS + room, key);
  } catch {
    // Storage can be switched off: not remembered, then.
  }
}

/**
 * @param {string | undefined} room
 * @returns {string | undefined}
 */
export function hostKeyOf(room) {
  try {
    return (room !== undefined && window.sessionStorage.getItem(REMEMBERED_AS + room)) || undefined;
  } catch {
    return undefined;
  }
}
