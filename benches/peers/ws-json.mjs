/**
 * `ws`, JSON both ways: the room's state as an object with everybody in it, as most tutorials have it.
 *
 * - `perMessageDeflate` is off, which is ws's default: it costs far more time than it saves here.
 * - `TCP_NODELAY` is on: ws sets it on every socket.
 * - The state is made into bytes once per tick and sent with `binary: false`; given a string, ws would
 *   encode it anew for every client.
 */
import { steer } from "./drift.mjs";
import { serve, takesMore } from "./rooms.mjs";

let tick = 0;

/** Sends a room to everybody in it. */
const send = (/** @type {import("./rooms.mjs").Hall} */ { room, sockets }) => {
  const players = room.bodies.map(({ id, x, y }) => ({ id, x, y }));
  const state = Buffer.from(JSON.stringify({ tick: ++tick, players }));
  for (const socket of sockets.keys()) {
    if (takesMore(socket)) socket.send(state, { binary: false });
  }
};

serve(send, (body, data) => {
  const { vx, vy } = JSON.parse(data.toString());
  steer(body, vx, vy);
});
