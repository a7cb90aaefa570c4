/**
 * Bun's own WebSocket server (uWebSockets), packed as in `ws-binary.mjs`. A room is a topic:
 * `publish` hands the bytes over once, and native code sends them to all who subscribed.
 *
 * - `perMessageDeflate` is off, which is the default. `TCP_NODELAY` is on: uWebSockets sets it.
 * - A client that does not take what it is sent misses messages beyond `backpressureLimit`.
 */
import { Room, announce, everyTick, pack, steer } from "./drift.mjs";

/** @type {Map<number, Room>} */
const rooms = new Map();

/** The room of a number; it begins to tick when it is first asked for. @param {number} number */
const roomOf = (number) => {
  let room = rooms.get(number);
  if (!room) {
    const made = (room = new Room());
    rooms.set(number, made);
    everyTick(number, () => {
      made.step();
      server.publish(String(number), pack(made.bodies));
    });
  }
  return room;
};

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request, server) {
    const room = Number(new URL(request.url).searchParams.get("room"));
    if (!server.upgrade(request, { data: { room } })) return new Response(null, { status: 426 });
  },
  websocket: {
    perMessageDeflate: false,
    backpressureLimit: 65536,
    open(socket) {
      const { data } = socket;
      data.body = roomOf(data.room).join();
      socket.subscribe(String(data.room));
      socket.send(JSON.stringify({ welcome: data.body.id }));
    },
    message({ data }, input) {
      steer(data.body, input.readInt8(0), input.readInt8(1));
    },
    close({ data }) {
      roomOf(data.room).leave(data.body);
    },
  },
});
announce(server.port);
