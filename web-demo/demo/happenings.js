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
/** What is older, in milliseconds, is told but no more seen: after an absence all of it comes at once. */
const SEEN_MS = 1000;

/**
 * @param {import('./game.js').Game} game
 * @param {GameEvent} event
 * @param {number} nowMs
 */
export function happen(game, event, nowMs) {
  const self = game.room?.player;
  const { effects, hud, camera, scene, sound } = game;
  if (isPast(game, event)) {
    told(game, event, nowMs);
    return;
  }
  switch (event.name) {
    case 'hit': {
      const track = scene.byPlayer.get(event.victim);
      if (track) track.hitAt = nowMs;
      effects.hit(event.x, event.y, colourOf(event.victim, self));
      sound.play('hit', event.x, event.y);
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
      sound.play('collect', event.x, event.y);
      break;
    case 'respawn':
      effects.respawn(event.x, event.y, colourOf(event.player, self));
      sound.play('respawn', event.x, event.y);
      break;
    default:
  }
  told(game, event, nowMs);
}

/**
 * Whether an event happened while the player was away.
 * @param {import('./game.js').Game} game
 * @param {GameEvent} event
 */
function isPast({ room }, { tick }) {
  if (room?.tick === undefined || !room.welcome) return false;
  return (room.tick - tick) * 1000 > SEEN_MS * room.welcome.tickRateHz;
}

/**
 * The lines: they are as true later.
 * @param {import('./game.js').Game} game
 * @param {GameEvent} event
 * @param {number} nowMs
 */
function told(game, event, nowMs) {
  const { room, hud } = game;
  if (game.isScenery) return;
  if (event.name === 'kill') {
    hud.feed.add(event.killer, event.victim, room?.player, game.nameOf, nowMs);
  } else if (event.name === 'said') {
    const name = cleanName(room?.roster.get(event.player)?.name, event.player);
    hud.chat.add(event.player, name, event.text, room?.player, nowMs);
    game.sound.play('said');
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
  game.sound.play('explosion', x, y);
  const distance = Math.hypot(x - game.camera.x, y - game.camera.y);
  if (distance < FELT) game.camera.shake(SHAKE_NEAR * (1 - distance / FELT));
  if (!game.playing) return;
  if (victim === self) {
    game.camera.shake(SHAKE_DESTROYED);
    game.hud.vitals.hit();
    game.hud.notices.destroyed(killer, self, game.nameOf(killer), nowMs);
  } else if (killer === self) {
    game.hud.notices.killed(victim, self, game.nameOf(victim), nowMs);
    game.sound.play('kill');
  }
}
