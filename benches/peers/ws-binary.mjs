/**
 * `ws`, packed by hand: 6 bytes per body, 2 bytes per input, all of the room's state in every update.
 *
 * - `perMessageDeflate` is off and `TCP_NODELAY` on, both as ws has it by default.
 * - A room is packed once per tick; ws sends the same bytes to everybody.
 */
import { WebSocketServer } from "ws";
import { announce, pack, steer } from "./drift.mjs";
import { hall, roomOf, takesMore } from "./rooms.mjs";

/** Sends a room to everybody in it. @param {import("./rooms.mjs").Hall} hall */
const send = ({ room, sockets }) => {
  const state = pack(room.bodies);
  for (const socket of sockets.keys()) {
    if (takesMore(socket)) socket.send(state);
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
  socket.on("message", (data) => steer(body, data.readInt8(0), data.readInt8(1)));
  socket.on("close", () => {
    sockets.delete(socket);
    room.leave(body);
  });
});
