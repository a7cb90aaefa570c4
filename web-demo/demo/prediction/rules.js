/**
 * What the SDK needs to predict the player's own ship and its bullets: ship.js repeats the server's
 * tick, this says what of the room it goes by and how it is drawn. It must not draw or send.
 */
import { DASHING, DASH_SHOWN_MS, PROTECTED, THRUSTING } from '../arena.js';
import { distanceOf, headingOf, paceOf, readHelm, shotOf, stepBullet, stepShip } from './ship.js';

/** @typedef {import('../../sdk/index.js').Entity} Entity */
/** @typedef {import('../../sdk/index.js').StepContext} StepContext */
/** @typedef {import('./ship.js').ShipState} ShipState */
/** @typedef {import('./ship.js').Bullet} Bullet */
/** @typedef {{ bullet: Bullet, life: number, player: number }} Shot a bullet, and the seconds it has left */

/** Seconds that a bullet lives. */
const BULLET_LIFE_S = 1.2;
/** What is farther off, in world units, was moved and not mistaken. */
const SNAP = 120;

/**
 * The rules of one room.
 * @param {() => { world: import('../arena.js').World, player: number }} about
 * @returns {import('../../sdk/index.js').PredictionRules<ShipState>}
 */
export function arenaRules(about) {
  const rocks = new Rocks();
  /** Whether the engine burns, which the state does not say. */
  let thrusts = false;
  let dashWaitShown = 0;
  return {
    own: ({ kind }) => kind === 'helm',
    read: (helm) => readHelm(/** @type {any} */ (helm)),
    shows: ({ kind, player }, self) => kind === 'ship' && player === self,
    error: distanceOf,
    snapDistance: SNAP,
    blend,

    step(ship, input, context) {
      const { world, player } = about();
      const field = { dt: context.tickDt, world: sizeOf(world), rocks: rocks.read(context) };
      const next = stepShip(ship, input, field);
      thrusts = input.thrust > 0;
      const pace = paceOf(Math.fround(context.tickDt));
      dashWaitShown = pace.dashCooldown - Math.round(DASH_SHOWN_MS / 1000 / context.tickDt);
      if (next.dashWait > ship.dashWait) context.effect('dash', placeOf(next));
      if (next.shots !== ship.shots) {
        const bullet = shotOf(next);
        context.spawn('bullet', next.shots, { bullet, life: BULLET_LIFE_S, player });
        context.effect('muzzle', placeOf(bullet));
      }
      // The server knows whole ticks alone; what is between two of them is only seen.
      return context.dt < context.tickDt ? blend(ship, next, context.dt / context.tickDt) : next;
    },

    show(ship, entity) {
      entity.x = ship.x;
      entity.y = ship.y;
      entity.angle = headingOf(ship);
      entity.energy = Math.ceil(ship.energy);
      const shown = flag(thrusts, THRUSTING) | flag(ship.protection > 0, PROTECTED);
      const own = THRUSTING | PROTECTED | DASHING;
      entity.flags = (entity.flags & ~own) | shown | flag(ship.dashWait > dashWaitShown, DASHING);
    },

    spawns: {
      bullet: {
        key: ({ player, shot }, self) => (player === self ? shot : undefined),
        step: (shot, dt, context) => fly(shot, dt, about().world, rocks.of(context)),
        show: ({ bullet, player }, entity) => {
          entity.x = bullet.x;
          entity.y = bullet.y;
          entity.player = player;
        },
      },
    },
  };
}

/** The asteroids that are known, as the ship's tick has them. */
class Rocks {
  /** @type {import('./ship.js').Rock[]} */
  #list = [];
  #tick = -1;
  #size = -1;

  /**
   * Reads them anew: a frame may have told of others since, also within a tick, and another room has its own.
   * @param {StepContext} context
   */
  read({ tick, entities }) {
    this.#tick = tick;
    this.#size = entities.size;
    let count = 0;
    for (const entity of entities.values()) {
      if (entity.kind !== 'asteroid') continue;
      // They never move, and are read only.
      this.#list[count] = /** @type {any} */ (entity);
      count += 1;
    }
    this.#list.length = count;
    return this.#list;
  }

  /**
   * The same for each of many bullets, which needs no look at everything.
   * @param {StepContext} context
   */
  of(context) {
    const isKnown = context.tick === this.#tick && context.entities.size === this.#size;
    return isKnown ? this.#list : this.read(context);
  }
}

/**
 * A shot a while later; undefined at its end: of its time, of the world, or at a rock.
 * @param {Shot} shot
 * @param {number} dt
 * @param {import('../arena.js').World} world
 * @param {import('./ship.js').Rock[]} rocks
 * @returns {Shot | undefined}
 */
export function fly({ bullet, life, player }, dt, world, rocks) {
  const next = stepBullet(bullet, dt);
  const isInside = next.x >= 0 && next.y >= 0 && next.x <= world.width && next.y <= world.height;
  if (life <= dt || !isInside || rocks.some((rock) => meets(bullet, next, rock))) return undefined;
  return { bullet: next, life: life - dt, player };
}

/**
 * Whether a way touches a rock.
 * @param {Bullet} from
 * @param {Bullet} to
 * @param {import('./ship.js').Rock} rock
 */
function meets(from, to, { x, y, radius }) {
  const [wx, wy] = [to.x - from.x, to.y - from.y];
  const squared = wx * wx + wy * wy;
  const along = squared > 0 ? ((x - from.x) * wx + (y - from.y) * wy) / squared : 0;
  const nearest = Math.min(1, Math.max(0, along));
  return Math.hypot(from.x + wx * nearest - x, from.y + wy * nearest - y) < radius;
}

/**
 * A ship between two others.
 * @param {ShipState} from
 * @param {ShipState} to
 * @param {number} share
 * @returns {ShipState}
 */
function blend(from, to, share) {
  // The short way round, of 65536 steps.
  const turn = ((to.angle - from.angle) << 16) >> 16;
  return {
    ...to,
    x: from.x + (to.x - from.x) * share,
    y: from.y + (to.y - from.y) * share,
    angle: (from.angle + turn * share + 65_536) % 65_536,
  };
}

/** @param {{ x: number, y: number }} thing */
function placeOf({ x, y }) {
  return { x, y };
}

/** @param {boolean} isSet @param {number} bit */
function flag(isSet, bit) {
  return isSet ? bit : 0;
}

/** @type {[number, number]} */
const size = [0, 0];

/** @param {import('../arena.js').World} world */
function sizeOf({ width, height }) {
  size[0] = width;
  size[1] = height;
  return size;
}
