/**
 * The keys of the rooms that this tab has opened: who loads the page again is their host once more.
 */

const REMEMBERED_AS = 'tickwire.host.';

/**
 * @param {string} key
 * @param {(string | undefined)[]} names of the room: its id, its code
 */
export function rememberHostKey(key, names) {
  try {
    for (const name of names) if (name !== undefined) window.sessionStorage.setItem(REMEMBERED_AS + plain(name), key);
  } catch {
    // Storage can be switched off: not remembered, then.
  }
}

/**
 * @param {string | undefined} name a room's id or code
 * @returns {string | undefined}
 */
export function hostKeyOf(name) {
  try {
    return (name !== undefined && window.sessionStorage.getItem(REMEMBERED_AS + plain(name))) || undefined;
  } catch {
    return undefined;
  }
}

/** A code may be written with blanks and dashes, and in any case. @param {string} name */
function plain(name) {
  return name.toLowerCase().replace(/[\s-]/g, '');
}
