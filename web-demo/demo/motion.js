/**
 * Whether the player asked the system for little motion. Read at start-up and when it changes.
 */

/**
 * @param {(calm: boolean) => void} tell called now and at every change
 */
export function watchMotion(tell) {
  const query = window.matchMedia('(prefers-reduced-motion: reduce)');
  query.addEventListener('change', () => tell(query.matches));
  tell(query.matches);
}
