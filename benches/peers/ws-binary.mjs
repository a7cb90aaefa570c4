/**
 * `ws`, packed by hand: 6 bytes per body, 2 bytes per input, all of the room's state in every update.
 *
 * - `perMessageDeflate` is off and `TCP_NODELAY` on, both as ws has it by default.
 * - A room is packed once per tick; ws sends the same bytes to everybody.
 */
import { pack, steer } from "./drift.mjs";
import { serve, takesMore } from "./rooms.mjs";

/** Sends a room to everybody in it. @param {import("./rooms.mjs").Hall} hall */
const send = ({ room, sockets }) => {
  const state = pack(room.bodies);
  for (const socket of sockets.keys()) {
    if (takesMore(socket)) socket.send(state);
  }
};

serve(send, (body, data) => steer(body, data.readInt8(0), data.readInt8(1)));
