/**
 * Socket.IO, JSON both ways: a room's state by a volatile broadcast to it.
 *
 * - `transports: ["websocket"]`: no long polling before it, as Socket.IO's own advice on performance is.
 * - `volatile`: an update that a client cannot take now is dropped, as is advised for positions.
 * - `serveClient: false`, and the request of the handshake is forgotten, as its page on memory advises.
 * - `perMessageDeflate` is off, which is the default. `TCP_NODELAY` is on: ws, which is underneath, sets it.
 */
import { createServer } from "node:http";
import { Server } from "socket.io";
import { Room, announce, everyTick, steer } from "./drift.mjs";

/** @type {Map<number, Room>} */
const rooms = new Map();
let tick = 0;

/** The room of a number; it begins to tick when it is first asked for. @param {number} number */
const roomOf = (number) => {
  let room = rooms.get(number);
  if (!room) {
    const made = (room = new Room());
    rooms.set(number, made);
    everyTick(number, () => {
      made.step();
      const players = made.bodies.map(({ id, x, y }) => ({ id, x, y }));
      io.to(`room ${number}`).volatile.emit("state", { tick: ++tick, players });
    });
  }
  return room;
};

const http = createServer();
const io = new Server(http, { transports: ["websocket"], serveClient: false });
io.engine.on("connection", (socket) => {
  socket.request = null;
});
io.on("connection", (socket) => {
  const number = Number(socket.handshake.auth.room);
  const room = roomOf(number);
  const body = room.join();
  socket.join(`room ${number}`);
  socket.emit("welcome", body.id);
  socket.on("input", (input) => steer(body, input?.vx, input?.vy));
  socket.on("disconnect", () => room.leave(body));
});
http.listen(0, "127.0.0.1", () => announce(http.address().port));
