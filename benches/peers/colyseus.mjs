/**
 * Colyseus: a room whose state is a map of players, everybody sees everybody.
 *
 * - `float32` fields: half of what the `number` of the tutorials takes.
 * - `patchRate = null` and `broadcastPatch()` after each step: what a step has changed leaves at once.
 *   With `patchRate` at the tick's length it is a timer of its own, and state leaves a tick later.
 * - Inputs are messages. `defineInput()` would be the other way, for clients that predict; it makes a
 *   frame of its own for every client and tick, which costs more.
 * - `perMessageDeflate` is off and `TCP_NODELAY` on, as its transport (ws) has it by default.
 */
import { Room, Server } from "@colyseus/core";
import { schema, t } from "@colyseus/schema";
import { WebSocketTransport } from "@colyseus/ws-transport";
import { createServer } from "node:http";
import { TICK_MS, advance, announce, place, speed } from "./drift.mjs";

const Player = schema({ x: t.float32(), y: t.float32() });
const State = schema({ players: t.map(Player) });

class Drift extends Room {
  state = new State();
  patchRate = null;
  messages = {
    /** Velocities are not shown to anybody, so they are not part of the state. */
    input: (client, input) => {
      client.userData.vx = speed(input?.vx);
      client.userData.vy = speed(input?.vy);
    },
  };

  onCreate() {
    this.setTimestep(() => this.step(), TICK_MS);
  }

  onJoin(client) {
    const player = new Player();
    place(player);
    client.userData = { player, vx: 0, vy: 0 };
    this.state.players.set(client.sessionId, player);
  }

  onLeave(client) {
    this.state.players.delete(client.sessionId);
  }

  step() {
    for (const { userData } of this.clients) {
      if (userData) advance(userData.player, userData.vx, userData.vy);
    }
    this.broadcastPatch();
  }
}

const http = createServer();
const server = new Server({ greet: false, transport: new WebSocketTransport({ server: http }) });
server.define("drift", Drift).filterBy(["room"]);
await server.listen(0, "127.0.0.1");
announce(http.address().port);
