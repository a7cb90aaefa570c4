/**
 * Energy to pick up: a pulsing, slowly turning crystal. It must not decide who gets it.
 */
import { PICKUP_RADIUS } from '../arena.js';
import { ENERGY } from '../palette.js';
import { glow } from './sprites.js';

const CRYSTAL = new Path2D('M0 -1 L0.62 0 L0 1 L-0.62 0 Z');
const FACETS = new Path2D('M0 -1 L0 1 M-0.62 0 L0.62 0');

/**
 * @param {import('./view.js').View} view
 * @param {import('../scene.js').Cast} pickups
 */
export function drawPickups(view, pickups) {
  const { context } = view;
  for (let index = 0; index < pickups.length; index += 1) {
    const { entity } = pickups.at(index);
    if (!view.sees(entity.x, entity.y, PICKUP_RADIUS * 4)) continue;
    const phase = view.nowMs / 420 + entity.id * 1.7;
    const pulse = 0.5 + 0.5 * Math.sin(phase);
    const size = PICKUP_RADIUS * (0.62 + 0.1 * pulse);
    view.additive();
    view.at(entity.x, entity.y, 0, PICKUP_RADIUS);
    context.globalAlpha = 0.4 + 0.35 * pulse;
    const halo = 2.3 + 0.7 * pulse;
    context.drawImage(glow(ENERGY), -halo, -halo, halo * 2, halo * 2);
    view.opaque();
    view.at(entity.x, entity.y, Math.sin(phase * 0.35) * 0.5, size);
    context.fillStyle = 'rgba(16, 60, 44, 0.9)';
    context.fill(CRYSTAL);
    context.lineWidth = 0.17;
    context.lineJoin = 'round';
    context.strokeStyle = ENERGY.hex;
    context.stroke(CRYSTAL);
    context.globalAlpha = 0.5;
    context.lineWidth = 0.08;
    context.stroke(FACETS);
    context.globalAlpha = 1;
  }
}
