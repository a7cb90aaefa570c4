// @ts-nocheck: a stand-in for looks, not a part of anything that ships
/**
 * A stand-in for `sdk/index.js` without a server: a room with made-up pilots, rocks and fights, to
 * work on the demo's looks alone. `fake-server.js` serves it in the SDK's place. Never shipped.
 */

const WORLD = 4000;
const NAMES = ['Vesper', 'Kestrel', 'Nadir', 'Ohm', 'Quill', 'Iri', 'Marlowe', 'Zenith', 'Tamsin', 'Bo', 'Halcyon', 'Wren'];
const TURN = 4.19;

/** @type {typeof Math.random} */
let random = seeded(11);

/** @param {number} seed */
function seeded(seed) {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

class FakeRoom {
  /** @param {any} options */
  constructor(options) {
    random = seeded(11);
    this.options = options;
    this.player = options.spectate ? undefined : 3;
    this.connection = { state: 'connecting', attempt: 0 };
    this.roster = new Map();
    this.entities = new Map();
    this.clock = { rttMs: 12 };
    this.interpolation = { delayMs: 90 };
    this.stats = { updatesPerSecond: 30, bytesPerSecond: 4210 };
    this.schema = undefined;
    this.handlers = new Map();
    this.nextId = 1;
    this.last = 0;
    this.input = { thrust: 0, turn: 0, fire: 0, dash: 0 };
    this.ready = Promise.resolve().then(() => this.open());
  }

  open() {
    this.setConnection({ state: 'open', attempt: 0 });
    const count = Number(new URL(location.href).searchParams.get('pilots') ?? 11);
    for (let player = 1; player <= count; player += 1) {
      const self = player === this.player;
      const name = self ? this.options.name : NAMES[(player - 1) % NAMES.length];
      this.roster.set(player, { player, name, role: self ? 'player' : 'bot' });
      this.add('pilot', { player, score: Math.floor(random() ** 2 * 2400), kills: Math.floor(random() * 20), deaths: Math.floor(random() * 12), flags: 1 });
      this.spawn(player);
    }
    for (let index = 0; index < 26; index += 1) {
      const radius = 36 + Math.floor(random() * 75);
      this.add('asteroid', { x: random() * WORLD, y: random() * WORLD, radius, shape: Math.floor(random() * 256) });
    }
    for (let index = 0; index < 40; index += 1) this.add('pickup', { x: random() * WORLD, y: random() * WORLD });
    this.emit('welcome', {});
    this.emit('roster', this.roster);
  }

  spawn(player) {
    const near = 520;
    const ship = this.add('ship', {
      player, x: WORLD / 2 + (random() - 0.5) * near * 2, y: WORLD / 2 + (random() - 0.5) * near,
      angle: random() * 6.28, energy: 30 + Math.floor(random() * 70), flags: player % 5 === 0 ? 2 : 0,
    });
    Object.defineProperty(ship, 'motion', { value: { vx: 0, vy: 0, turn: 0, gun: 0, dash: 0 } });
    this.emit('enter', ship);
    this.emit('cue', { name: 'respawn', tick: 0, player, x: ship.x, y: ship.y });
  }

  /** @returns {any} */
  add(kind, fields) {
    const entity = { id: this.nextId, kind, ...fields };
    this.nextId += 1;
    this.entities.set(entity.id, entity);
    return entity;
  }

  on(name, handler) {
    const list = this.handlers.get(name) ?? [];
    this.handlers.set(name, list);
    list.push(handler);
    return () => list.splice(list.indexOf(handler), 1);
  }

  emit(name, payload) {
    for (const handler of this.handlers.get(name) ?? []) handler(payload);
  }

  setConnection(status) {
    this.connection = status;
    this.emit('connection', status);
  }

  send(input) {
    const own = [...this.entities.values()].find((entity) => entity.kind === 'ship' && entity.player === this.player);
    if (input.dash && own) own.motion.dash = 0.25;
    this.input = { ...input };
    return 1;
  }

  message(name, { text }) {
    this.emit('cue', { name: 'said', tick: 0, player: this.player, text });
    return true;
  }

  view(nowMs) {
    const dt = Math.min(0.05, this.last ? (nowMs - this.last) / 1000 : 0);
    this.last = nowMs;
    for (const entity of this.entities.values()) {
      if (entity.kind === 'ship') this.fly(entity, dt);
      if (entity.kind === 'bullet') this.shoot(entity, dt);
    }
    return this.entities.values();
  }

  fly(ship, dt) {
    const { motion } = ship;
    const input = ship.player === this.player ? this.input : this.bot(ship, dt);
    ship.angle += (input.turn / 127) * TURN * dt;
    const push = (input.thrust ? 480 : 0) + (motion.dash > 0 ? 1800 : 0);
    motion.dash -= dt;
    motion.vx += Math.cos(ship.angle) * push * dt - motion.vx * 0.9 * dt;
    motion.vy += Math.sin(ship.angle) * push * dt - motion.vy * 0.9 * dt;
    ship.x = Math.max(16, Math.min(WORLD - 16, ship.x + motion.vx * dt));
    ship.y = Math.max(16, Math.min(WORLD - 16, ship.y + motion.vy * dt));
    ship.flags = (ship.flags & 2) | (input.thrust ? 1 : 0) | (motion.dash > 0 ? 4 : 0);
    ship.energy = Math.min(100, ship.energy + 4 * dt);
    motion.gun -= dt;
    if (!input.fire || motion.gun > 0) return;
    motion.gun = 0.18;
    const bullet = this.add('bullet', { player: ship.player, x: ship.x + Math.cos(ship.angle) * 20, y: ship.y + Math.sin(ship.angle) * 20 });
    Object.defineProperty(bullet, 'motion', { value: { vx: Math.cos(ship.angle) * 900 + motion.vx, vy: Math.sin(ship.angle) * 900 + motion.vy, life: 1.2 } });
  }

  bot(ship, dt) {
    const { motion } = ship;
    if (random() < dt * 2) motion.turn = Math.round((random() - 0.5) * 160);
    if (random() < dt * 0.1) motion.dash = 0.25;
    const home = Math.atan2(WORLD / 2 - ship.y, WORLD / 2 - ship.x) - ship.angle;
    const away = Math.hypot(WORLD / 2 - ship.x, WORLD / 2 - ship.y) > 420;
    const turn = away ? Math.sign(Math.sin(home)) * 90 : motion.turn;
    return { turn, thrust: (ship.id + Math.floor(this.last / 700)) % 3 ? 1 : 0, fire: (ship.id + Math.floor(this.last / 900)) % 2 };
  }

  shoot(bullet, dt) {
    const { motion } = bullet;
    bullet.x += motion.vx * dt;
    bullet.y += motion.vy * dt;
    motion.life -= dt;
    let gone = motion.life <= 0;
    for (const other of this.entities.values()) {
      if (gone || other.player === bullet.player) continue;
      const reach = other.kind === 'ship' ? 18 : other.kind === 'asteroid' ? other.radius : -1;
      if (Math.hypot(other.x - bullet.x, other.y - bullet.y) > reach) continue;
      gone = true;
      if (other.kind === 'ship' && !(other.flags & 2)) this.hit(bullet, other);
    }
    if (gone) this.entities.delete(bullet.id);
  }

  hit(bullet, ship) {
    ship.energy -= 18;
    this.emit('cue', { name: 'hit', tick: 0, shooter: bullet.player, victim: ship.player, x: bullet.x, y: bullet.y });
    if (ship.energy > 0) return;
    this.entities.delete(ship.id);
    this.emit('leave', ship);
    this.emit('cue', { name: 'kill', tick: 0, killer: bullet.player, victim: ship.player, x: ship.x, y: ship.y });
    setTimeout(() => this.spawn(ship.player), 2000);
  }

  retryNow() {
    this.setConnection({ state: 'open', attempt: 0 });
  }

  leave() {
    this.handlers.clear();
  }
}

/** @param {any} options */
export function join(options) {
  return new FakeRoom(options);
}
