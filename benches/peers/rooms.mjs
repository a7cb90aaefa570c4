/** Rooms of sockets, for libraries that have sockets but no rooms: `ws`. */
import { Room, everyTick } from "./drift.mjs";

/** A client with more than this unsent is left out of a tick: it gets newer state later. */
const MAX_UNSENT_BYTES = 65536;

/** @typedef {import("./drift.mjs").Body} Body */
/** @typedef {{ room: Room, sockets: Map<import("ws").WebSocket, Body> }} Hall */

/** @type {Map<number, Hall>} */
const halls = new Map();

/**
 * The room of a number; it begins to tick when it is first asked for.
 * @param {number} number
 * @param {(hall: Hall) => void} send Sends a tick to everybody in it.
 */
export const hall = (number, send) => {
  let found = halls.get(number);
  if (!found) {
    const made = { room: new Room(), sockets: new Map() };
    halls.set(number, (found = made));
    everyTick(number, () => {
      made.room.step();
      send(made);
    });
  }
  return found;
};

/** The room number that a request asks for: `/?room=N`. */
export const roomOf = (/** @type {string | undefined} */ url) =>
  Number(new URL(url ?? "/", "http://localhost").searchParams.get("room"));

/** Whether a socket takes more, now. */
export const takesMore = (/** @type {import("ws").WebSocket} */ socket) =>
  socket.readyState === socket.OPEN && socket.bufferedAmount <= MAX_UNSENT_BYTES;
