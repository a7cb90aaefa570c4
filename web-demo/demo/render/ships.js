/**
 * Ships: hull, glow, flame, shield, and above and below them the name and the energy arc. It must
 * not move them.
 */
import { AWAY, DASHING, FULL_ENERGY, SHIP_RADIUS as RULES_RADIUS, THRUSTING } from '../arena.js';
import { colourOf, FLAME, hullOf, SELF, WHITE } from '../palette.js';
import { isProtected } from '../scene.js';
import { label } from './labels.js';
import { glow, streak } from './sprites.js';

/** Hulls of radius 1, nose towards +x, after `hullOf`: dart, wedge, fork. */
const HULL_PATHS = [
  'M1.12 0 L-0.78 0.74 L-0.42 0.2 L-0.42 -0.2 L-0.78 -0.74 Z',
  'M1.08 0 L0.1 0.34 L-0.72 0.86 L-0.56 0 L-0.72 -0.86 L0.1 -0.34 Z',
  'M1.16 0 L-0.06 0.28 L-0.24 0.9 L-0.82 0.82 L-0.58 0 L-0.82 -0.82 L-0.24 -0.9 L-0.06 -0.28 Z',
].map((path) => new Path2D(path));
const COCKPIT = new Path2D('M0.5 0 L-0.04 0.17 L-0.2 0 L-0.04 -0.17 Z');
/** Drawn a little larger than what can be hit: a graze that misses feels fair. */
const SHIP_RADIUS = RULES_RADIUS * 1.22;
/** Height of a name's type, in world units; never below 11 CSS pixels. */
const LABEL_SIZE = 13.5;
const HIT_FLASH_MS = 140;
const DASHES = [0.25, 0.25];
/** @type {number[]} */
const SOLID = [];
const ARC_START = Math.PI * 0.28;
const ARC_END = Math.PI * 0.72;

/**
 * @param {import('./view.js').View} view
 * @param {import('../scene.js').Cast} ships
 * @param {number | undefined} self
 */
export function drawShips(view, ships, self) {
  for (let index = 0; index < ships.length; index += 1) {
    const { entity, track } = ships.at(index);
    if (!view.sees(entity.x, entity.y, SHIP_RADIUS * 5)) continue;
    const colour = colourOf(entity.player, self);
    if ((entity.flags & AWAY) !== 0) {
      drawAbsent(view, entity, colour);
      continue;
    }
    drawLight(view, entity, colour);
    drawHull(view, entity, track, colour);
    if (isProtected(entity)) drawShield(view, entity, colour);
  }
}

/**
 * The outline of a ship whose player's connection is lost.
 * @param {import('./view.js').View} view
 * @param {import('../scene.js').Entity} ship
 * @param {import('../palette.js').Colour} colour
 */
function drawAbsent(view, ship, colour) {
  const { context } = view;
  view.at(ship.x, ship.y, ship.angle, SHIP_RADIUS);
  context.globalAlpha = 0.4 + 0.15 * Math.sin(view.nowMs / 400);
  context.lineWidth = 0.1;
  context.strokeStyle = colour.hex;
  context.setLineDash(DASHES);
  context.stroke(HULL_PATHS[hullOf(ship.player)]);
  context.setLineDash(SOLID);
  context.globalAlpha = 1;
}

/**
 * @param {import('./view.js').View} view
 * @param {import('../scene.js').Entity} ship
 * @param {import('../palette.js').Colour} colour
 */
function drawLight(view, ship, colour) {
  const { context } = view;
  view.additive();
  view.at(ship.x, ship.y, ship.angle, SHIP_RADIUS);
  context.globalAlpha = colour === SELF ? 0.5 : 0.36;
  context.drawImage(glow(colour), -2.7, -2.7, 5.4, 5.4);
  const dashing = (ship.flags & DASHING) !== 0;
  if (dashing || (ship.flags & THRUSTING) !== 0) {
    const flicker = 0.85 + 0.3 * Math.random();
    const length = (dashing ? 4.2 : 2.1) * flicker;
    context.globalAlpha = 1;
    // The streak's head is at its right end: mirrored, the flame is hottest at the nozzle.
    context.drawImage(streak(colour), -0.3 - length, -0.62, length, 1.24);
    context.drawImage(streak(FLAME), -0.3 - length * 0.62, -0.4, length * 0.62, 0.8);
    context.globalAlpha = 0.8;
    context.drawImage(glow(FLAME), -1.3, -0.8, 1.6, 1.6);
  }
  view.opaque();
}

/**
 * @param {import('./view.js').View} view
 * @param {import('../scene.js').Entity} ship
 * @param {import('../tracks.js').Track} track
 * @param {import('../palette.js').Colour} colour
 */
function drawHull(view, ship, track, colour) {
  const { context } = view;
  const hull = HULL_PATHS[hullOf(ship.player)];
  view.at(ship.x, ship.y, ship.angle, SHIP_RADIUS);
  context.lineJoin = 'round';
  context.fillStyle = '#0a1020';
  context.fill(hull);
  context.globalAlpha = colour === SELF ? 0.42 : 0.26;
  context.fillStyle = colour.hex;
  context.fill(hull);
  context.globalAlpha = 1;
  context.lineWidth = 0.15;
  context.strokeStyle = colour.hex;
  context.stroke(hull);
  context.fillStyle = colour === SELF ? WHITE.hex : colour.hex;
  context.fill(COCKPIT);
  const sinceHit = view.nowMs - track.hitAt;
  if (sinceHit >= 0 && sinceHit < HIT_FLASH_MS) {
    context.globalAlpha = 1 - sinceHit / HIT_FLASH_MS;
    context.fillStyle = WHITE.hex;
    context.fill(hull);
    context.globalAlpha = 1;
  }
}

/**
 * The shimmer of a ship that can't be hurt yet.
 * @param {import('./view.js').View} view
 * @param {import('../scene.js').Entity} ship
 * @param {import('../palette.js').Colour} colour
 */
function drawShield(view, ship, colour) {
  const { context } = view;
  view.additive();
  view.at(ship.x, ship.y, view.nowMs / 900, SHIP_RADIUS);
  const shimmer = 0.5 + 0.5 * Math.sin(view.nowMs / 95);
  context.strokeStyle = colour.hex;
  context.globalAlpha = 0.1 + 0.08 * shimmer;
  context.lineWidth = 0.5;
  context.beginPath();
  context.arc(0, 0, 1.62, 0, 2 * Math.PI);
  context.stroke();
  context.globalAlpha = 0.5 + 0.4 * shimmer;
  context.lineWidth = 0.09;
  for (let part = 0; part < 3; part += 1) {
    const start = (part * 2 * Math.PI) / 3;
    context.beginPath();
    context.arc(0, 0, 1.7, start, start + 1.5);
    context.stroke();
  }
  view.opaque();
}

/**
 * Names and energy, over everything else that flies.
 * @param {import('./view.js').View} view
 * @param {import('../scene.js').Cast} ships
 * @param {number | undefined} self
 * @param {(player: number) => string} nameOf
 */
export function drawTags(view, ships, self, nameOf) {
  const { context } = view;
  const size = Math.round(Math.max(11 * view.ratio, LABEL_SIZE * view.scale));
  for (let index = 0; index < ships.length; index += 1) {
    const { entity } = ships.at(index);
    if (!view.sees(entity.x, entity.y, SHIP_RADIUS * 4)) continue;
    const colour = colourOf(entity.player, self);
    drawEnergyArc(view, entity, colour);
    if (entity.player === self) continue;
    const picture = label(nameOf(entity.player), colour, size);
    const x = view.originX + entity.x * view.scale - picture.width / 2;
    const y = view.originY + (entity.y - SHIP_RADIUS * 1.75) * view.scale - picture.height;
    view.pixels();
    context.globalAlpha = 0.92;
    context.drawImage(picture, Math.round(x), Math.round(y));
  }
  view.opaque();
}

/**
 * @param {import('./view.js').View} view
 * @param {import('../scene.js').Entity} ship
 * @param {import('../palette.js').Colour} colour
 */
function drawEnergyArc(view, ship, colour) {
  const { context } = view;
  const share = Math.max(0, Math.min(1, ship.energy / FULL_ENERGY));
  view.at(ship.x, ship.y, 0, SHIP_RADIUS);
  context.globalAlpha = 1;
  context.lineWidth = 0.17;
  context.lineCap = 'round';
  context.strokeStyle = 'rgba(150, 176, 230, 0.2)';
  context.beginPath();
  context.arc(0, 0, 1.62, ARC_START, ARC_END);
  context.stroke();
  if (share > 0.01) {
    context.strokeStyle = share < 0.3 ? '#ff5470' : colour.hex;
    context.beginPath();
    context.arc(0, 0, 1.62, ARC_END - (ARC_END - ARC_START) * share, ARC_END);
    context.stroke();
  }
  context.lineCap = 'butt';
}
