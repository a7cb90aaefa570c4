/**
 * A game of one body that flies and shoots, for tests of prediction: its schema, its step, which server
 * and client share, and the rules that a client gives the SDK.
 *
 * @module
 */

/** @typedef {{x: number, y: number, vx: number, vy: number, wait: number, shots: number}} Body */

const ACCELERATION = 480;
const DASH = 450;
const DRAG = 0.6;
const BULLET_SPEED = 900;
const BULLET_LIFE = 1.2;
const GUN_WAIT = 6;

/** @type {import('../../sdk/wire/schema.js').Schema} */
export const SCHEMA = {
  game: 'test',
  inputs: [
    { name: 'ax', kind: { type: 'integer', min: -100, max: 100 } },
    { name: 'ay', kind: { type: 'integer', min: -100, max: 100 } },
    { name: 'fire', kind: { type: 'integer', min: 0, max: 1 } },
    { name: 'dash', kind: { type: 'button' } },
  ],
  entities: [],
  events: [],
  messages: [],
};

/**
 * @param {Body} body
 * @param {any} input
 * @param {number} dt
 * @param {(kind: string, key: number, state: any) => void} spawn
 * @param {(name: string, detail?: any) => void} effect
 * @returns {Body}
 */
export function stepBody(body, { ax, ay, fire, dash }, dt, spawn, effect) {
  let { vx, vy, shots } = body;
  vx = (vx + (ax / 100) * ACCELERATION * dt + (dash ? DASH : 0)) * (1 - DRAG * dt);
  vy = (vy + (ay / 100) * ACCELERATION * dt) * (1 - DRAG * dt);
  const x = body.x + vx * dt;
  const y = body.y + vy * dt;
  let wait = Math.max(0, body.wait - 1);
  if (dash) effect('dash');
  if (fire && wait === 0) {
    wait = GUN_WAIT;
    shots += 1;
    spawn('bullet', shots, { x, y, vx: vx + BULLET_SPEED, vy, life: BULLET_LIFE });
    effect('muzzle', { x, y });
  }
  return { x, y, vx, vy, wait, shots };
}

/** @param {any} bullet @param {number} dt */
export function flyBullet({ x, y, vx, vy, life }, dt) {
  return life > dt ? { x: x + vx * dt, y: y + vy * dt, vx, vy, life: life - dt } : undefined;
}

/** @type {import('../../sdk/prediction/prediction-rules.js').PredictionRules<Body>} */
export const STEP_RULES = {
  own: ({ kind, player }, self) => kind === 'body' && player === self,
  read: ({ x, y, vx, vy, wait, shots }) => ({ x, y, vx, vy, wait, shots }),
  step: (body, input, { dt, spawn, effect }) => stepBody(body, input, dt, spawn, effect),
  error: (one, other) => {
    const isEqual = Object.entries(one).every(([name, value]) => value === /** @type {any} */ (other)[name]);
    return isEqual ? 0 : Math.max(1 / 64, Math.hypot(one.x - other.x, one.y - other.y));
  },
  snapDistance: 150,
  spawns: {
    bullet: {
      key: ({ player, shot }, self) => (player === self ? shot : undefined),
      step: flyBullet,
    },
  },
};
