/**
 * Which versions of the wire are spoken here, and whether a server speaks one of them. Mirrors
 * `protocol/src/version.rs`.
 *
 * @module
 */

import { JoinError } from '../errors.js';

/** The first version: what is spoken where nothing was agreed. */
export const VERSION_0 = 'tickwire.v1';
/** The newest version. */
export const SUBPROTOCOL = 'tickwire.v1.1';
/** All that are spoken here, the favourite first. @type {readonly string[]} */
export const SUBPROTOCOLS = [SUBPROTOCOL, VERSION_0];

/** Most characters of a server's list that are repeated to people. */
const MAX_LIST = 120;

/**
 * Whether rooms have hosts in a version, and can be changed by a request.
 *
 * @param {string | undefined} protocol
 */
export function hasHosts(protocol) {
  return protocol === SUBPROTOCOL;
}

/**
 * What does not fit between this client and a server.
 *
 * @param {readonly string[]} theirs the versions that the server speaks
 * @returns {JoinError | undefined} nothing when both speak one
 */
export function mismatch(theirs) {
  if (theirs.some((protocol) => SUBPROTOCOLS.includes(protocol))) return undefined;
  const list = theirs.join(', ').slice(0, MAX_LIST);
  return new JoinError(0, 'version', `the server speaks ${list}, and this client ${SUBPROTOCOLS.join(', ')}`);
}
