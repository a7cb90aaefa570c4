/**
 * `ws`, packed by hand as in `ws-binary.mjs`, but each client is sent what its own view shows: what
 * somebody would write who has no library for it and a large room.
 */
import { Cells, pack, steer } from "./drift.mjs";
import { serve, takesMore } from "./rooms.mjs";

/** @type {Cells<import("./drift.mjs").Body>} */
const cells = new Cells();

/** Sends everybody in a room what their views show. @param {import("./rooms.mjs").Hall} hall */
const send = ({ room, sockets }) => {
  cells.fill(room.bodies);
  for (const [socket, body] of sockets) {
    if (takesMore(socket)) socket.send(pack(cells.around(body)));
  }
};

serve(send, (body, data) => steer(body, data.readInt8(0), data.readInt8(1)));
