/**
 * Canvases to draw on once and take pictures from afterwards.
 */

/**
 * A canvas that is never shown.
 * @param {number} width
 * @param {number} height
 * @returns {[HTMLCanvasElement, CanvasRenderingContext2D]}
 */
export function offscreen(width, height) {
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.ceil(width));
  canvas.height = Math.max(1, Math.ceil(height));
  const context = canvas.getContext('2d');
  if (!context) throw new Error('this browser has no 2D canvas');
  return [canvas, context];
}
