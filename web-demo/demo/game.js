/**
 * The game on this screen: the room that is watched or played, and one frame after the other of
 * gathering, steering, drawing and the HUD. It must not touch the page but through its parts.
 */
import { join } from '../sdk/index.js';
import { WORLD_SIZE, worldOf } from './arena.js';
import { Camera } from './camera.js';
import { happen } from './happenings.js';
import { Hud } from './hud/hud.js';
import { ShipInput } from './input/input.js';
import { Lookout } from './lookout.js';
import { watchMotion } from './motion.js';
import { cleanName } from './names.js';
import { colourOf } from './palette.js';
import { Effects } from './render/effects.js';
import { Particles } from './render/particles.js';
import { Renderer } from './render/renderer.js';
import { Scene } from './scene.js';
import { SpectatorEye } from './spectator-eye.js';

/** @typedef {import('../sdk/index.js').Room} Room */
/** @typedef {import('../sdk/index.js').Entity} Entity */

/** Longest frame that is simulated, in seconds: after a pause, effects do not leap. */
const LONGEST_FRAME_S = 0.1;
/** How far from the middle a spectator sees the ship that is watched, as a share of the window. */
const ASIDE = 0.3;

export class Game {
  /** The room that is watched or played. @type {Room | undefined} */
  room = undefined;
  /** Whether it is played, and not only watched. */
  playing = false;
  /** The room's world. @type {import('./arena.js').World} */
  world = { width: WORLD_SIZE, height: WORLD_SIZE };
  /** Frames drawn so far. */
  frames = 0;
  camera = new Camera();
  scene = new Scene();
  particles = new Particles(false);
  effects = new Effects(this.particles);
  hud = new Hud();

  /** Player names as shown, by id; emptied when the roster changes. @type {Map<number, string>} */
  #names = new Map();
  /** @type {(() => void)[]} */
  #subscriptions = [];
  /** The own ship in the newest state. @type {Entity | undefined} */
  #newestShip = undefined;
  #frameAt = 0;
  #eye = new SpectatorEye();
  #lookout = new Lookout();

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {import('./input/input.js').Controls} controls
   */
  constructor(canvas, controls) {
    this.renderer = new Renderer(canvas, this.camera, this.particles, this.effects);
    this.input = new ShipInput(controls);
    this.input.onRelease = (input) => {
      if (this.playing) this.room?.send(input);
    };
    watchMotion((calm) => {
      this.particles.calm = calm;
      this.camera.shaking = !calm;
    });
    this.scene.onDash = ({ entity }) => {
      this.effects.dash(entity.x, entity.y, entity.angle, colourOf(entity.player, this.room?.player));
      if (entity.player === this.room?.player) this.hud.vitals.dashed(performance.now());
    };
    this.scene.onShot = ({ entity }) =>
      this.effects.muzzle(entity.x, entity.y, colourOf(entity.player, this.room?.player));
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
   * Joins a room to watch or to play it, and leaves the one before.
   * @param {{ url: string, name: string, room?: string, spectate?: boolean }} wanted
   * @returns {Room}
   */
  enter(wanted) {
    this.leave();
    const room = join({ game: 'arena', ...wanted });
    this.room = room;
    this.playing = !wanted.spectate;
    this.#subscriptions = [
      room.on('welcome', () => this.#welcomed(room)),
      room.on('roster', () => this.#names.clear()),
      room.on('connection', ({ resumed }) => {
        if (resumed && this.playing) this.hud.notices.welcomeBack(performance.now());
      }),
      room.on('restarting', ({ closesInMs }) => {
        this.hud.notices.restarting(closesInMs, performance.now());
      }),
      room.on('failed', () => this.hud.notices.failed(performance.now())),
      room.on('cue', (event) => happen(this, event, performance.now())),
      room.on('enter', (entity) => this.#notice(room, entity)),
      room.on('leave', (entity) => {
        if (entity.id === this.#newestShip?.id) this.#newestShip = undefined;
      }),
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
    this.#newestShip = undefined;
    this.#names.clear();
    this.scene.clear();
    this.hud.clear();
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
    if (room) {
      scene.gather(room, nowMs, seconds);
      if (this.playing) this.#steer(room, nowMs);
    }
    this.#look(seconds);
    if (room) this.#lookout.update(room, this.camera, this.world, nowMs);
    this.renderer.view.field = this.world;
    this.renderer.draw(scene, room?.player, this.nameOf, nowMs, seconds);
    this.hud.update(this, nowMs, seconds);
  }

  /** @param {Room} room */
  #welcomed(room) {
    this.world = worldOf(room.schema);
    this.#eye.start(this.world);
    this.#lookout.clear();
    this.#newestShip = undefined;
    this.scene.clear();
    if (!room.welcome?.resumed) this.hud.notices.clear();
    this.hud.minimap.clear();
  }

  /**
   * @param {Room} room
   * @param {Entity} entity
   */
  #notice(room, entity) {
    if (entity.kind === 'ship' && entity.player === room.player) this.#newestShip = entity;
  }

  /**
   * @param {Room} room
   * @param {number} nowMs
   */
  #steer(room, nowMs) {
    if (room.connection.state !== 'open') return;
    const input = this.input.due(nowMs, this.#newestShip, this.camera, room.clock.rttMs ?? 0);
    if (input) room.send(input);
  }

  /** @param {number} seconds */
  #look(seconds) {
    const own = this.scene.own;
    if (own) {
      this.camera.follow(own.entity.x, own.entity.y, own.track.vx, own.track.vy, seconds);
    } else if (this.playing) {
      this.camera.rest(seconds);
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
