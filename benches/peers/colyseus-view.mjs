/**
 * Colyseus with `StateView`: as `colyseus.mjs`, but each client is sent the players in its own view.
 *
 * - The map of players is `.view()`, so a client is sent those that were added to its `StateView`.
 * - Who is in view is looked up in a grid, and for each client at every third tick, in turns: to do it
 *   at every tick costs more, and a body moves no more than 13 units in between.
 */
import { Room, Server } from "@colyseus/core";
import { StateView, schema, t } from "@colyseus/schema";
import { WebSocketTransport } from "@colyseus/ws-transport";
import { createServer } from "node:http";
import { Cells, TICK_MS, advance, announce, place, speed } from "./drift.mjs";

/** Ticks from one look at who is in a client's view to the next. */
const LOOK_EVERY = 3;

const Player = schema({ x: t.float32(), y: t.float32() });
const State = schema({ players: t.map(Player).view() });

class Drift extends Room {
  state = new State();
  patchRate = null;
  messages = {
    input: (client, input) => {
      client.userData.vx = speed(input?.vx);
      client.userData.vy = speed(input?.vy);
    },
  };
  cells = new Cells();
  ticks = 0;

  onCreate() {
    this.setTimestep(() => this.step(), TICK_MS);
  }

  onJoin(client) {
    const player = new Player();
    place(player);
    client.userData = { player, vx: 0, vy: 0, shown: new Set() };
    this.state.players.set(client.sessionId, player);
    client.view = new StateView();
    this.look(client);
  }

  onLeave(client) {
    this.state.players.delete(client.sessionId);
    for (const { userData } of this.clients) userData?.shown.delete(client.userData.player);
  }

  step() {
    for (const { userData } of this.clients) {
      if (userData) advance(userData.player, userData.vx, userData.vy);
    }
    this.cells.fill(this.state.players.values());
    this.ticks++;
    this.clients.forEach((client, index) => {
      if (client.userData && (index + this.ticks) % LOOK_EVERY === 0) this.look(client);
    });
    this.broadcastPatch();
  }

  /** Puts into a client's view who is there now, itself included, and takes out who is not. */
  look({ view, userData }) {
    const { player, shown } = userData;
    const now = new Set(this.cells.around(player)).add(player);
    for (const other of shown) if (!now.has(other)) view.remove(other);
    for (const other of now) if (!shown.has(other)) view.add(other);
    userData.shown = now;
  }
}

const http = createServer();
const server = new Server({ greet: false, transport: new WebSocketTransport({ server: http }) });
server.define("drift", Drift).filterBy(["room"]);
await server.listen(0, "127.0.0.1");
announce(http.address().port);
