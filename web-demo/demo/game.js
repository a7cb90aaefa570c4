/**
 * The game on this screen: the room that is watched or played, and one frame after the other of
 * gathering, steering, drawing and the HUD. It must not touch the page but through its parts.
 */
import { join } from '../sdk/index.js';
import { DASHING, THRUSTING, WORLD_SIZE, worldOf } from './arena.js';
import { Camera } from './camera.js';
import { happen } from './happenings.js';
import { Hud } from './hud/hud.js';
import { ShipInput } from './input/input.js';
import { watchMotion } from './motion.js';
import { Meters } from './net/meters.js';
import { Network } from './net/network.js';
import { socketBehind } from './net/simulated-socket.js';
import { cleanName } from './names.js';
import { colourOf } from './palette.js';
import { arenaRules } from './prediction/rules.js';
import { Effects } from './render/effects.js';
import { Particles } from './render/particles.js';
import { Renderer } from './render/renderer.js';
import { Scene } from './scene.js';
import { Sound } from './sound/sound.js';
import { DriftingEye } from './spectator/drifting-eye.js';
import { FreeCamera } from './spectator/free-camera.js';
import { Lookout } from './spectator/lookout.js';

/** @typedef {import('../sdk/index.js').Room} Room */
/** @typedef {import('../sdk/index.js').Entity} Entity */

/** Longest frame that is simulated, in seconds: after a pause, effects do not leap. */
const LONGEST_FRAME_S = 0.1;
/** How far from the middle a spectator sees the ship that is watched, as a share of the window. */
const ASIDE = 0.3;

export class Game {
  /** The room that is watched or played. @type {Room | undefined} */
  room = undefined;
  /** Whether it is played, and not only watched: as wanted first, then as the server says. */
  playing = false;
  /** Whether it is only the scenery behind the start screen: nothing is told or heard of it. */
  isScenery = false;
  /** Whether the server's raw state is drawn beside what is shown. */
  showsGhosts = false;
  /** The room's world. @type {import('./arena.js').World} */
  world = { width: WORLD_SIZE, height: WORLD_SIZE };
  /** Frames drawn so far. */
  frames = 0;
  camera = new Camera();
  scene = new Scene();
  particles = new Particles(false);
  effects = new Effects(this.particles);
  hud = new Hud();
  sound = new Sound(document);
  /** Where somebody who watches looks. */
  free = new FreeCamera();
  /** What is between this page and the server, besides what is there anyway. */
  network = new Network();
  /** What is to carry the connection. @type {import('../sdk/index.js').Transport | 'auto'} */
  transport = 'auto';
  meters = new Meters();

  /** Player names as shown, by id; emptied when the roster changes. @type {Map<number, string>} */
  #names = new Map();
  /** @type {(() => void)[]} */
  #subscriptions = [];
  #frameAt = 0;
  /** The id of the room that one was in last. @type {string | undefined} */
  #place = undefined;
  #eye = new DriftingEye();
  #lookout = new Lookout();
  #Socket = socketBehind(this.network);

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {import('./input/input.js').Controls} controls
   */
  constructor(canvas, controls) {
    this.renderer = new Renderer(canvas, this.camera, this.particles, this.effects);
    this.input = new ShipInput(controls);
    this.input.onRelease = (input) => {
      // At once: a hidden page gets no later moment.
      if (this.playing) this.room?.send(input);
    };
    watchMotion((calm) => {
      this.particles.calm = calm;
      this.camera.shaking = !calm;
      this.hud.vitals.calm = calm;
    });
    this.scene.onDash = ({ entity: { x, y, angle, player } }) => this.#dashed(x, y, angle, player);
    this.scene.onShot = ({ entity: { x, y, player } }) => this.#shot(x, y, player);
    this.scene.onSpent = (x, y, player) =>
      this.effects.fizzle(x, y, colourOf(player, this.room?.player));
  }

  /** The name of a player, as shown. @type {(player: number) => string} */
  nameOf = (player) => {
    let name = this.#names.get(player);
    if (name === undefined) {
      name = cleanName(this.room?.roster.get(player)?.name, player);
      this.#names.set(player, name);
    }
    return name;
  };

  /**
   * Joins a room to watch or to play it, and leaves the one before. From here on the room itself goes
   * to others and from one role to the other: whoever gets no seat stays.
   * @param {{ url: string, name: string } & import('./rooms/desk.js').Place} wanted
   * @param {{ isScenery?: boolean }} [options]
   * @returns {Room}
   */
  enter(wanted, { isScenery = false } = {}) {
    this.leave();
    const prediction = arenaRules(() => ({ world: this.world, player: room.player ?? 0 }));
    const room = join({ game: 'arena', transport: this.transport, WebSocket: this.#Socket, prediction, ...wanted });
    this.room = room;
    // Whoever is really there hears of others. (An older server has no lobby.)
    if (!isScenery && wanted.replay === undefined) room.lobby.enter().catch(() => {});
    this.#place = undefined;
    this.playing = !wanted.spectate;
    this.isScenery = isScenery;
    this.sound.isOn = !isScenery;
    this.#subscriptions = [
      room.on('welcome', () => this.#welcomed(room)),
      room.on('roster', (roster) => {
        this.#names.clear();
        if (!roster.has(this.free.followed ?? NaN)) this.free.lose();
      }),
      room.on('connection', ({ resumed }) => {
        if (resumed && this.playing) this.hud.notices.welcomeBack(performance.now());
      }),
      room.on('restarting', ({ closesInMs }) => {
        this.hud.notices.restarting(closesInMs, performance.now());
      }),
      room.on('interrupted', ({ cause }) => this.hud.notices.interrupted(cause, performance.now())),
      room.on('failed', () => this.hud.notices.failed(performance.now())),
      room.on('lobby', (event) => this.hud.chat.addFromLobby(event, room.roomId, performance.now())),
      room.on('cue', (event) => happen(this, event, performance.now())),
      room.on('effect', (effect) => this.#ownEffect(effect)),
      room.on('handover', ({ from, id }) => this.scene.hand(from, id)),
      room.on('state', (state) => this.meters.arrived(room, state, performance.now())),
      room.on('error', (error) => console.warn('tickwire:', error.message)),
    ];
    return room;
  }

  /** Leaves the room. */
  leave() {
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#subscriptions = [];
    this.room?.leave();
    this.room = undefined;
    this.playing = false;
    this.#names.clear();
    this.scene.clear();
    this.hud.clear();
    this.meters.clear();
    this.sound.isOn = false;
    this.sound.thrust(0);
    this.free.start(this.camera);
  }

  /**
   * One frame.
   * @param {number} nowMs as `performance.now()`
   */
  frame(nowMs) {
    const seconds = Math.min(LONGEST_FRAME_S, Math.max(0, (nowMs - this.#frameAt) / 1000));
    this.#frameAt = nowMs;
    this.frames += 1;
    const { room, scene } = this;
    this.input.gamepad.read();
    if (room) {
      if (this.playing) room.control(this.input.read(scene.own?.entity, this.camera));
      scene.gather(room, nowMs, seconds);
    }
    this.#look(seconds);
    if (room) this.#lookout.update(room, this.camera, this.world, nowMs);
    this.renderer.view.field = this.world;
    this.renderer.ghosts = this.showsGhosts ? room?.entities : undefined;
    this.renderer.draw(scene, room?.player, this.nameOf, nowMs, seconds);
    this.hud.update(this, nowMs, seconds);
    this.#listen();
  }

  /** The ear is where the camera is, and the engine works as the ship shows, while there is a connection. */
  #listen() {
    const isFlying = this.playing && this.room?.connection.state === 'open';
    const flags = isFlying ? (this.scene.own?.entity.flags ?? 0) : 0;
    this.sound.ear.x = this.camera.x;
    this.sound.ear.y = this.camera.y;
    this.sound.thrust((flags & DASHING) !== 0 ? 1 : (flags & THRUSTING) !== 0 ? 0.6 : 0);
  }

  /** @param {Room} room */
  #welcomed(room) {
    this.world = worldOf(room.schema);
    this.#eye.start(this.world);
    this.#lookout.clear();
    this.scene.clear();
    this.hud.minimap.clear();
    if (!room.welcome?.resumed) this.#arrived(room);
  }

  /**
   * One is somebody new: in this room again, in another one, or in another role.
   * @param {Room} room
   */
  #arrived(room) {
    const [place, playing] = [room.roomId, !room.spectator];
    const isElsewhere = this.#place !== undefined && place !== this.#place;
    if (isElsewhere) {
      this.hud.clear();
      this.meters.clear();
    } else {
      this.hud.forgetOwn();
    }
    if (isElsewhere || playing !== this.playing) this.free.start(this.camera);
    else this.free.lose();
    this.#names.clear();
    this.#place = place;
    this.playing = playing;
  }

  /**
   * What the own ship does, the moment it is told to.
   * @param {{ name: string, detail: { x: number, y: number } }} effect
   */
  #ownEffect({ name, detail: { x, y } }) {
    const self = this.room?.player ?? 0;
    if (name === 'dash') this.#dashed(x, y, this.scene.own?.entity.angle ?? 0, self);
    else if (name === 'muzzle') this.#shot(x, y, self);
  }

  /** @param {number} x @param {number} y @param {number} angle @param {number} player */
  #dashed(x, y, angle, player) {
    const self = this.room?.player;
    this.effects.dash(x, y, angle, colourOf(player, self));
    this.sound.play('dash', x, y);
    if (player === self) this.hud.vitals.dashed(performance.now());
  }

  /** @param {number} x @param {number} y @param {number} player */
  #shot(x, y, player) {
    this.effects.muzzle(x, y, colourOf(player, this.room?.player));
    this.sound.play('shot', x, y);
  }

  /** @param {number} seconds */
  #look(seconds) {
    const own = this.scene.own;
    if (own) {
      this.camera.follow(own.entity.x, own.entity.y, own.track.vx, own.track.vy, seconds);
    } else if (this.playing) {
      this.camera.rest(seconds);
    } else if (!this.isScenery) {
      this.free.update(this.camera, this.scene.ships, this.world, this.input.gamepad, seconds);
    } else {
      this.#eye.move(this.scene.ships, seconds);
      // Beside the start screen's middle, where the form is; above it on an upright phone.
      const { width, height, zoom } = this.camera;
      const besideX = width > height ? (width / zoom) * ASIDE : 0;
      const besideY = width > height ? 0 : (height / zoom) * ASIDE;
      this.camera.follow(this.#eye.x + besideX, this.#eye.y + besideY, 0, 0, seconds);
    }
  }
}
