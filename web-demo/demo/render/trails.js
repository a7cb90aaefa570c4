/**
 * The glowing ribbon behind a ship: brighter and wider where the engine burnt, fading with age. It
 * must not collect points; see tracks.js.
 */
import { TRAIL_POINTS } from '../tracks.js';
import { colourOf } from '../palette.js';

/** Strokes per trail: neighbouring pieces of about the same age share one. */
const BANDS = 5;

/**
 * @param {import('./view.js').View} view
 * @param {import('../scene.js').Cast} ships
 * @param {number | undefined} self
 */
export function drawTrails(view, ships, self) {
  const { context } = view;
  view.additive();
  view.world();
  context.lineCap = 'round';
  context.lineJoin = 'round';
  for (let index = 0; index < ships.length; index += 1) {
    const { entity, track } = ships.at(index);
    if (track.length < 3 || !view.sees(entity.x, entity.y, 420)) continue;
    context.strokeStyle = colourOf(entity.player, self).hex;
    for (let band = 0; band < BANDS; band += 1) drawBand(context, track, band);
  }
  context.lineCap = 'butt';
  view.opaque();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {import('../tracks.js').Track} track
 * @param {number} band 0 is the newest part
 */
function drawBand(context, track, band) {
  const first = Math.floor((track.length * band) / BANDS);
  const last = Math.min(track.length - 1, Math.floor((track.length * (band + 1)) / BANDS));
  if (last <= first) return;
  let heat = 0;
  context.beginPath();
  for (let back = first; back <= last; back += 1) {
    const at = ((track.head - 1 - back + TRAIL_POINTS * 2) % TRAIL_POINTS) * 3;
    heat += track.trail[at + 2];
    if (back === first) context.moveTo(track.trail[at], track.trail[at + 1]);
    else context.lineTo(track.trail[at], track.trail[at + 1]);
  }
  heat /= last - first + 1;
  const young = 1 - band / BANDS;
  const width = (1.2 + heat * 8) * young;
  context.lineWidth = width;
  context.globalAlpha = (0.05 + heat * 0.3) * young * young;
  context.stroke();
  // A thin bright core inside the wide soft band.
  context.lineWidth = Math.max(0.7, width * 0.3);
  context.globalAlpha = (0.1 + heat * 0.5) * young * young;
  context.stroke();
}
