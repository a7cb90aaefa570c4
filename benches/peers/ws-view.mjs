/**
 * `ws`, packed by hand as in `ws-binary.mjs`, but each client is sent what its own view shows: what
 * somebody would write who has no library for it and a large room.
 */
import { WebSocketServer } from "ws";
import { Cells, announce, pack, steer } from "./drift.mjs";
import { hall, roomOf, takesMore } from "./rooms.mjs";

/** @type {Cells<import("./drift.mjs").Body>} */
const cells = new Cells();

/** Sends everybody in a room what their views show. @param {import("./rooms.mjs").Hall} hall */
const send = ({ room, sockets }) => {
  cells.fill(room.bodies);
  for (const [socket, body] of sockets) {
    if (takesMore(socket)) socket.send(pack(cells.around(body)));
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
