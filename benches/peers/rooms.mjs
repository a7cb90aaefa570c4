/** Rooms of sockets, for libraries that have sockets but no rooms: `ws`. */
import { WebSocketServer } from "ws";
import { Room, announce, everyTick } from "./drift.mjs";

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
const hall = (number, send) => {
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
const roomOf = (/** @type {string | undefined} */ url) =>
  Number(new URL(url ?? "/", "http://localhost").searchParams.get("room"));

/** Whether a socket takes more, now. */
export const takesMore = (/** @type {import("ws").WebSocket} */ socket) =>
  socket.readyState === socket.OPEN && socket.bufferedAmount <= MAX_UNSENT_BYTES;

/**
 * Listens: everybody who comes gets a body in the room that they ask for, until they go.
 *
 * @param {(hall: Hall) => void} send Sends a tick to everybody in a room.
 * @param {(body: Body, data: Buffer) => void} handleInput
 */
export const serve = (send, handleInput) => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  server.on("listening", () => announce(server.address().port));
  server.on("connection", (socket, request) => {
    const { room, sockets } = hall(roomOf(request.url), send);
    const body = room.join();
    sockets.set(socket, body);
    socket.send(JSON.stringify({ welcome: body.id }));
    socket.on("error", console.error);
    socket.on("message", (data) => handleInput(body, data));
    socket.on("close", () => {
      sockets.delete(socket);
      room.leave(body);
    });
  });
};
