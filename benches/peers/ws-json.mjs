/**
 * `ws`, JSON both ways: the room's state as an object with everybody in it, as most tutorials have it.
 *
 * - `perMessageDeflate` is off, which is ws's default: it costs far more time than it saves here.
 * - `TCP_NODELAY` is on: ws sets it on every socket.
 * - The state is made into bytes once per tick and sent with `binary: false`; given a string, ws would
 *   encode it anew for every client.
 */
import { WebSocketServer } from "ws";
import { announce, steer } from "./drift.mjs";
import { hall, roomOf, takesMore } from "./rooms.mjs";

let tick = 0;

/** Sends a room to everybody in it. */
const send = (/** @type {import("./rooms.mjs").Hall} */ { room, sockets }) => {
  const players = room.bodies.map(({ id, x, y }) => ({ id, x, y }));
  const state = Buffer.from(JSON.stringify({ tick: ++tick, players }));
  for (const socket of sockets.keys()) {
    if (takesMore(socket)) socket.send(state, { binary: false });
  }
};

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.on("listening", () => announce(server.address().port));
server.on("connection", (socket, request) => {
  const { room, sockets } = hall(roomOf(request.url), send);
  const body = room.join();
  sockets.set(socket, body);
  socket.send(JSON.stringify({ welcome: body.id }));
  socket.on("error", console.error);
  socket.on("message", (data) => {
    const { vx, vy } = JSON.parse(data.toString());
    steer(body, vx, vy);
  });
  socket.on("close", () => {
    sockets.delete(socket);
    room.leave(body);
  });
});
