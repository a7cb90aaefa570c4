/**
 * The frame's cast: the room's interpolated entities sorted by kind, each with its track. One pass
 * per frame over arrays that are used again. It must not draw or send.
 */
import { Tracks } from './tracks.js';
import { DASHING, PROTECTED, THRUSTING } from './arena.js';

/** @typedef {import('../sdk/index.js').Entity} Entity */
/** @typedef {import('../sdk/index.js').Room} Room */
/** @typedef {import('./tracks.js').Track} Track */
/**
 * A thing in view. `track` outlives the frame; `entity` does not.
 * @typedef {{ entity: Entity, track: Track }} Actor
 */

/** A list of actors whose slots are used again from frame to frame. */
export class Cast {
  /** @type {Actor[]} */
  #slots = [];
  length = 0;

  clear() {
    this.length = 0;
  }

  /**
   * @param {Entity} entity
   * @param {Track} track
   */
  add(entity, track) {
    const slot = this.#slots[this.length];
    if (slot) {
      slot.entity = entity;
      slot.track = track;
    } else {
      this.#slots.push({ entity, track });
    }
    this.length += 1;
  }

  /** @param {number} index below `length` */
  at(index) {
    return /** @type {Actor} */ (this.#slots[index]);
  }
}

export class Scene {
  ships = new Cast();
  bullets = new Cast();
  asteroids = new Cast();
  pickups = new Cast();
  /** The own ship, while there is one. @type {Actor | undefined} */
  own = undefined;
  /** Where each player's ship is, of those in view. @type {Map<number, Track>} */
  byPlayer = new Map();
  /** Called for a ship that begins to dash, and for a bullet in its first frame; not for what the own
   * ship is predicted to do, which the room tells by itself. */
  onDash = (/** @type {Actor} */ _ship) => {};
  onShot = (/** @type {Actor} */ _bullet) => {};
  /** Called with the place of a bullet that has gone, and who shot it. */
  onSpent = (/** @type {number} */ _x, /** @type {number} */ _y, /** @type {number} */ _shooter) => {};

  /** Whether what comes and goes does so unseen: a recording goes on elsewhere. */
  isQuiet = false;
  /** Whether the newest state is shown, and not the picture a little behind it: where nothing moves. */
  isNewest = false;
  /** The tick that is shown of a recording. @type {number | undefined} */
  replayTick = undefined;

  #isPredicted = false;
  #tracks = new Tracks();
  #gone = (/** @type {Track} */ track) => {
    const { x, y, shooter, pilot } = track;
    if (shooter !== undefined && !this.isQuiet) this.onSpent(x, y, shooter);
    // A pilot's next ship may be there already.
    if (pilot !== undefined && this.byPlayer.get(pilot) === track) this.byPlayer.delete(pilot);
  };

  /** Forgets everything, as when another room is entered. */
  clear() {
    this.#tracks.clear();
    this.byPlayer.clear();
    this.#empty();
  }

  /**
   * A bullet that was predicted goes on under the server's id.
   * @param {number} from
   * @param {number} id
   */
  hand(from, id) {
    this.#tracks.hand(from, id);
  }

  /**
   * @param {Room} room
   * @param {number} nowMs
   * @param {number} seconds since the last frame
   */
  gather(room, nowMs, seconds) {
    this.#empty();
    this.#tracks.begin();
    const picture = room.view(nowMs);
    const shown = this.isNewest ? room.entities.values() : picture;
    this.#isPredicted = room.prediction?.state !== undefined;
    for (const entity of shown) {
      switch (entity.kind) {
        case 'ship':
          this.#ship(entity, nowMs, seconds, room.player);
          break;
        case 'bullet':
          this.#bullet(entity, seconds);
          break;
        case 'asteroid':
          this.asteroids.add(entity, this.#tracks.of(entity.id));
          break;
        case 'pickup':
          this.pickups.add(entity, this.#tracks.of(entity.id));
          break;
        case 'replay':
          this.replayTick = entity.tick;
          break;
        default:
      }
    }
    this.#tracks.end(this.#gone);
  }

  #empty() {
    this.ships.clear();
    this.bullets.clear();
    this.asteroids.clear();
    this.pickups.clear();
    this.own = undefined;
  }

  /**
   * @param {Entity} ship
   * @param {number} nowMs
   * @param {number} seconds
   * @param {number | undefined} self
   */
  #ship(ship, nowMs, seconds, self) {
    const track = this.#tracks.of(ship.id);
    track.move(ship.x, ship.y, seconds);
    const tail = 15;
    const heat = (ship.flags & DASHING) !== 0 ? 1 : (ship.flags & THRUSTING) !== 0 ? 0.55 : 0;
    track.mark(ship.x - Math.cos(ship.angle) * tail, ship.y - Math.sin(ship.angle) * tail, heat, nowMs);
    const dashes = (ship.flags & DASHING) !== 0 && (track.flags & DASHING) === 0 && track.frames > 1;
    track.flags = ship.flags;
    this.ships.add(ship, track);
    track.pilot = ship.player;
    this.byPlayer.set(ship.player, track);
    const actor = this.ships.at(this.ships.length - 1);
    if (ship.player === self) this.own = actor;
    if (dashes && !this.isQuiet && !(ship.player === self && this.#isPredicted)) this.onDash(actor);
  }

  /**
   * @param {Entity} bullet
   * @param {number} seconds
   */
  #bullet(bullet, seconds) {
    const track = this.#tracks.of(bullet.id);
    track.move(bullet.x, bullet.y, seconds);
    track.shooter = bullet.player;
    this.bullets.add(bullet, track);
    const isNew = track.frames === 2 && bullet.id > 0 && !track.isHanded;
    if (isNew && !this.isQuiet) this.onShot(this.bullets.at(this.bullets.length - 1));
  }
}

/** @param {Entity} ship */
export function isProtected(ship) {
  return (ship.flags & PROTECTED) !== 0;
}
