/**
 * Space behind the field: haze, stars in three depths, the grid and the edge of the world. Stars
 * and haze are drawn once and moved as pictures. It must not know of ships.
 */
import { offscreen } from './offscreen.js';

const SPACE = '#060912';
const GRID_STEP = 100;
const GRID_STRONG = 500;
const TILE = 720;
/** Depths: how far stars move with the camera, how many per tile, and their size in CSS pixels. */
const DEPTHS = [
  { parallax: 0.06, count: 130, size: 0.8, light: 0.5 },
  { parallax: 0.14, count: 60, size: 1.15, light: 0.75 },
  { parallax: 0.28, count: 20, size: 1.7, light: 1 },
];
const STAR_TINTS = ['255, 255, 255', '190, 215, 255', '255, 226, 196', '176, 240, 255'];
/** Share of its spare width that the haze moves from one end of the world to the other. */
const HAZE_REACH = 0.7;
const HAZE_SIZE = 512;

/** Strokes along the edge of the world, wide ones first: width in world units, and light. */
const EDGE = [[34, 0.035], [18, 0.06], [8, 0.13], [2.4, 0.85]].map(([width, light]) => ({ width, style: `rgba(96, 138, 255, ${light})` }));
/** Middle x and y, radius, tint and light of each cloud of haze, in shares of the picture. */
const CLOUDS = /** @type {const} */ ([
  [0.3, 0.36, 0.34, '38, 62, 150', 0.34],
  [0.66, 0.3, 0.3, '92, 40, 140', 0.26],
  [0.72, 0.7, 0.36, '14, 92, 120', 0.3],
  [0.34, 0.74, 0.3, '120, 34, 92', 0.2],
  [0.5, 0.52, 0.2, '60, 120, 190', 0.14],
]);

/**
 * The same "random" numbers each time, so that space looks the same after a resize.
 * @param {number} seed
 */
function numbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export class Background {
  /** @type {{ parallax: number, tile: CanvasPattern | null }[]} */
  #depths = [];
  #ratio = 0;
  #haze = drawHaze();

  /**
   * @param {import('./view.js').View} view
   * @param {import('../camera.js').Camera} camera
   */
  draw(view, camera) {
    const { context } = view;
    // Stars grow with the picture, as on a 4K screen, but do not shrink with it.
    const ratio = Math.max(view.ratio, Math.round(view.scale * 10) / 10);
    if (this.#ratio !== ratio) this.#drawTiles(view, ratio);
    view.opaque();
    view.pixels();
    this.#drawHazeAndStars(view, camera);
    drawOutside(view);
    drawGrid(view);
    drawEdge(view);
  }

  /**
   * @param {import('./view.js').View} view
   * @param {number} ratio pixels per unit of star size
   */
  #drawTiles(view, ratio) {
    this.#ratio = ratio;
    this.#depths = DEPTHS.map((depth, index) => {
      const random = numbers(index + 7);
      const side = Math.round(TILE * ratio);
      const [canvas, context] = offscreen(side, side);
      for (let star = 0; star < depth.count; star += 1) {
        const tint = STAR_TINTS[Math.floor(random() * STAR_TINTS.length)];
        const light = depth.light * (0.25 + 0.75 * random() ** 2);
        const radius = depth.size * ratio * (0.5 + 0.5 * random());
        const margin = radius * 4;
        const x = margin + random() * (side - 2 * margin);
        const y = margin + random() * (side - 2 * margin);
        if (index === 2) {
          const halo = context.createRadialGradient(x, y, 0, x, y, margin);
          halo.addColorStop(0, `rgba(${tint}, ${0.3 * light})`);
          halo.addColorStop(1, `rgba(${tint}, 0)`);
          context.fillStyle = halo;
          context.fillRect(x - margin, y - margin, margin * 2, margin * 2);
        }
        context.fillStyle = `rgba(${tint}, ${light})`;
        context.beginPath();
        context.arc(x, y, radius, 0, 2 * Math.PI);
        context.fill();
      }
      return { parallax: depth.parallax, tile: view.context.createPattern(canvas, 'repeat') };
    });
  }

  /**
   * @param {import('./view.js').View} view
   * @param {import('../camera.js').Camera} camera
   */
  #drawHazeAndStars(view, camera) {
    const { context } = view;
    const side = Math.max(view.width, view.height) * 1.5;
    const reach = (side - Math.max(view.width, view.height)) / 2;
    const { width, height } = view.field;
    const hazeX = (view.width - side) / 2 + (1 - (2 * camera.x) / width) * reach * HAZE_REACH;
    const hazeY = (view.height - side) / 2 + (1 - (2 * camera.y) / height) * reach * HAZE_REACH;
    context.drawImage(this.#haze, hazeX, hazeY, side, side);
    for (const { parallax, tile } of this.#depths) {
      if (!tile) continue;
      const offsetX = camera.x * view.scale * parallax;
      const offsetY = camera.y * view.scale * parallax;
      context.setTransform(1, 0, 0, 1, -offsetX, -offsetY);
      context.fillStyle = tile;
      context.fillRect(offsetX, offsetY, view.width, view.height);
    }
    view.pixels();
  }
}

function drawHaze() {
  const [canvas, context] = offscreen(HAZE_SIZE, HAZE_SIZE);
  context.fillStyle = SPACE;
  context.fillRect(0, 0, HAZE_SIZE, HAZE_SIZE);
  for (const [x, y, radius, tint, light] of CLOUDS) {
    const middleX = x * HAZE_SIZE;
    const middleY = y * HAZE_SIZE;
    const cloud = context.createRadialGradient(middleX, middleY, 0, middleX, middleY, radius * HAZE_SIZE);
    cloud.addColorStop(0, `rgba(${tint}, ${light})`);
    cloud.addColorStop(0.5, `rgba(${tint}, ${light * 0.38})`);
    cloud.addColorStop(1, `rgba(${tint}, 0)`);
    context.fillStyle = cloud;
    context.fillRect(0, 0, HAZE_SIZE, HAZE_SIZE);
  }
  dither(context);
  return canvas;
}

/**
 * A grain of one step: such dark gradients would show as bands.
 * @param {CanvasRenderingContext2D} context
 */
function dither(context) {
  const image = context.getImageData(0, 0, HAZE_SIZE, HAZE_SIZE);
  const random = numbers(3);
  for (let at = 0; at < image.data.length; at += 4) {
    const grain = random() * 2 - 1 + 0.5;
    for (let channel = at; channel < at + 3; channel += 1) image.data[channel] += grain;
  }
  context.putImageData(image, 0, 0);
}

/** @param {import('./view.js').View} view */
function drawOutside(view) {
  const { context, field } = view;
  if (view.left >= 0 && view.top >= 0 && view.right <= field.width && view.bottom <= field.height) return;
  view.world();
  context.fillStyle = 'rgba(2, 3, 8, 0.72)';
  context.beginPath();
  context.rect(view.left, view.top, view.right - view.left, view.bottom - view.top);
  context.rect(0, 0, field.width, field.height);
  context.fill('evenodd');
}

/** @param {import('./view.js').View} view */
function drawGrid(view) {
  const { context, field } = view;
  const left = Math.max(0, view.left);
  const top = Math.max(0, view.top);
  const right = Math.min(field.width, view.right);
  const bottom = Math.min(field.height, view.bottom);
  if (left >= right || top >= bottom) return;
  view.world();
  context.lineWidth = view.ratio / view.scale;
  strokeGrid(context, left, top, right, bottom, false);
  strokeGrid(context, left, top, right, bottom, true);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} left
 * @param {number} top
 * @param {number} right
 * @param {number} bottom
 * @param {boolean} strong
 */
function strokeGrid(context, left, top, right, bottom, strong) {
  context.beginPath();
  for (let x = Math.ceil(left / GRID_STEP) * GRID_STEP; x <= right; x += GRID_STEP) {
    if ((x % GRID_STRONG === 0) !== strong) continue;
    context.moveTo(x, top);
    context.lineTo(x, bottom);
  }
  for (let y = Math.ceil(top / GRID_STEP) * GRID_STEP; y <= bottom; y += GRID_STEP) {
    if ((y % GRID_STRONG === 0) !== strong) continue;
    context.moveTo(left, y);
    context.lineTo(right, y);
  }
  context.strokeStyle = strong ? 'rgba(126, 168, 255, 0.15)' : 'rgba(126, 168, 255, 0.052)';
  context.stroke();
}

/** @param {import('./view.js').View} view */
function drawEdge(view) {
  const { context, field } = view;
  const near = 60;
  if (view.left > near && view.top > near && view.right < field.width - near && view.bottom < field.height - near) return;
  view.world();
  view.additive();
  // Widening strokes stand in for a blur, which would cost far more.
  for (let index = 0; index < EDGE.length; index += 1) {
    const { width, style } = EDGE[index];
    context.lineWidth = width;
    context.strokeStyle = style;
    context.strokeRect(0, 0, field.width, field.height);
  }
  view.opaque();
}
