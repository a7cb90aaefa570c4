/**
 * A small live graph of one meter on a canvas. It must not decide what is measured.
 */
import { KEPT } from './meters.js';

/** Empty room above the highest point, as a share of the height. */
const HEADROOM = 0.1;

export class Graph {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {number} floor the top of the scale is never lower than this: small noise stays small
   */
  constructor(canvas, floor) {
    const context = canvas.getContext('2d');
    if (!context) throw new Error('this browser has no 2D canvas');
    this.canvas = canvas;
    this.context = context;
    this.floor = floor;
  }

  /** @param {import('./meters.js').Meter} meter */
  draw(meter) {
    const { canvas, context } = this;
    const ratio = Math.min(3, window.devicePixelRatio || 1);
    const width = Math.round(canvas.clientWidth * ratio);
    const height = Math.round(canvas.clientHeight * ratio);
    if (width === 0 || height === 0) return;
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    const top = Math.max(meter.largest, this.floor) * (1 + HEADROOM);
    context.clearRect(0, 0, width, height);
    context.lineWidth = Math.max(1, ratio * 1.3);
    context.lineJoin = 'round';
    context.strokeStyle = 'rgba(140, 172, 240, 0.3)';
    context.beginPath();
    context.moveTo(0, height - 0.5);
    context.lineTo(width, height - 0.5);
    context.stroke();
    context.strokeStyle = '#4df3ff';
    context.beginPath();
    let isDrawing = false;
    for (let index = 0; index < KEPT; index += 1) {
      const value = meter.at(index);
      if (Number.isNaN(value)) {
        isDrawing = false;
        continue;
      }
      const x = (index / (KEPT - 1)) * width;
      const y = height - 1 - (Math.max(0, value) / top) * (height - 2);
      if (isDrawing) context.lineTo(x, y);
      else context.moveTo(x, y);
      isDrawing = true;
    }
    context.stroke();
  }
}
