/**
 * Bullets as short streaks of their owner's light. It must not decide what a bullet hits.
 */
import { colourOf } from '../palette.js';
import { glow, streak } from './sprites.js';

/** Length and width of a streak and size of the glow around its head, in world units. */
const LENGTH = 44;
const WIDTH = 15;
const GLOW = 34;

/**
 * @param {import('./view.js').View} view
 * @param {import('../scene.js').Cast} bullets
 * @param {number | undefined} self
 */
export function drawBullets(view, bullets, self) {
  const { context } = view;
  view.additive();
  for (let index = 0; index < bullets.length; index += 1) {
    const { entity, track } = bullets.at(index);
    if (!view.sees(entity.x, entity.y, LENGTH)) continue;
    const colour = colourOf(entity.player, self);
    view.at(entity.x, entity.y, Math.atan2(track.vy, track.vx), 1);
    context.globalAlpha = 0.55;
    context.drawImage(glow(colour), -GLOW / 2, -GLOW / 2, GLOW, GLOW);
    context.globalAlpha = 1;
    // In its first frame a bullet's direction is not known yet: the glow alone stands for it.
    if (track.frames > 1) context.drawImage(streak(colour), -LENGTH + 5, -WIDTH / 2, LENGTH, WIDTH);
  }
  view.opaque();
}
