/**
 * The address of a room, to be given to others, and the ways to hand it over.
 */

/**
 * What somebody opens to come into a room.
 * @param {string} page the address of this page
 * @param {string} room
 * @param {string} [code] of a private one, which its id alone does not open
 */
export function roomLink(page, room, code) {
  const link = new URL('/', page);
  if (code === undefined) link.searchParams.set('room', room);
  else link.searchParams.set('code', code);
  return link.href;
}

/**
 * Hands text over to the clipboard; where pages may not (an address without TLS), what is selected
 * in a field is copied the old way.
 * @param {HTMLInputElement} field shows the text
 * @returns {Promise<boolean>} whether it is there
 */
export async function copy(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.select();
    return document.execCommand('copy');
  }
}
