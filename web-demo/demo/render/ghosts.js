/**
 * Where the server's newest state has the ships, as dashed outlines beside what is shown of them:
 * what interpolation and prediction make of it becomes visible. It must not draw the ships
 * themselves; see ships.js.
 */
import { SHIP_RADIUS } from '../arena.js';
import { WHITE } from '../palette.js';

const OUTLINE = new Path2D('M1.12 0 L-0.78 0.74 L-0.42 0 L-0.78 -0.74 Z');
const DASHES = [0.22, 0.2];
/** @type {number[]} */
const NONE = [];
/** As large as ships are drawn. */
const SIZE = SHIP_RADIUS * 1.22;

/**
 * @param {import('./view.js').View} view
 * @param {ReadonlyMap<number, import('../scene.js').Entity>} entities the room's newest state
 */
export function drawGhosts(view, entities) {
  view.context.strokeStyle = WHITE.hex;
  view.context.lineWidth = 0.09;
  view.context.setLineDash(DASHES);
  view.context.globalAlpha = 0.75;
  for (const entity of entities.values()) {
    if (entity.kind !== 'ship' || !view.sees(entity.x, entity.y, SIZE * 2)) continue;
    view.at(entity.x, entity.y, entity.angle, SIZE);
    view.context.stroke(OUTLINE);
  }
  view.context.setLineDash(NONE);
  view.opaque();
}
