/**
 * From the game's events to what is seen and said: which effect, which notice, which line. Events
 * come as cues, when the picture reaches their tick. It must not keep state of its own.
 */
import { cleanName } from './names.js';
import { colourOf } from './palette.js';

/** @typedef {import('../sdk/index.js').GameEvent} GameEvent */

/** How strongly the picture shakes: own ship destroyed, own ship hit, something explodes near by. */
const SHAKE_DESTROYED = 0.95;
const SHAKE_HIT = 0.42;
const SHAKE_NEAR = 0.5;
/** How far an explosion is felt, in world units. */
const FELT = 650;

/**
 * @param {import('./game.js').Game} game
 * @param {GameEvent} event
 * @param {number} nowMs
 */
export function happen(game, event, nowMs) {
  const self = game.room?.player;
  const { effects, hud, camera, scene } = game;
  switch (event.name) {
    case 'hit': {
      const track = scene.byPlayer.get(event.victim);
      if (track) track.hitAt = nowMs;
      effects.hit(event.x, event.y, colourOf(event.victim, self));
      if (event.victim !== self) break;
      hud.vitals.hit();
      camera.shake(SHAKE_HIT);
      break;
    }
    case 'kill':
      destroyed(game, event, nowMs);
      break;
    case 'collect':
      effects.collect(event.x, event.y);
      break;
    case 'respawn':
      effects.respawn(event.x, event.y, colourOf(event.player, self));
      break;
    case 'said': {
      const name = cleanName(game.room?.roster.get(event.player)?.name, event.player);
      if (game.playing) hud.chat.add(event.player, name, event.text, self, nowMs);
      break;
    }
    default:
  }
}

/**
 * @param {import('./game.js').Game} game
 * @param {GameEvent} event
 * @param {number} nowMs
 */
function destroyed(game, event, nowMs) {
  const self = game.room?.player;
  const { killer, victim, x, y } = event;
  game.effects.explosion(x, y, colourOf(victim, self));
  const distance = Math.hypot(x - game.camera.x, y - game.camera.y);
  if (distance < FELT) game.camera.shake(SHAKE_NEAR * (1 - distance / FELT));
  if (!game.playing) return;
  game.hud.feed.add(killer, victim, self, game.nameOf, nowMs);
  if (victim === self) {
    game.camera.shake(SHAKE_DESTROYED);
    game.hud.vitals.hit();
    game.hud.notices.destroyed(killer, self, game.nameOf(killer), nowMs);
  } else if (killer === self) {
    game.hud.notices.killed(victim, self, game.nameOf(victim), nowMs);
  }
}
