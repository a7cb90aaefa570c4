/**
 * Records what a running server sends a spectator, for `npm run bench -- FILE`:
 * `npm run record -- URL FILE [SECONDS]`, ten unless given.
 */
import { writeFileSync } from 'node:fs';
import { WebSocket } from 'ws';

import { join } from '../../sdk/index.js';

/** The least first byte of a message that carries state. */
const FIRST_FRAME = 0x40;

const [url, file, seconds = '10'] = process.argv.slice(2);
if (!url || !file || !(Number(seconds) > 0)) {
  console.error('usage: npm run record -- URL FILE [SECONDS]');
  process.exit(2);
}

/** @type {Buffer[]} */
const messages = [];
class Tapped extends WebSocket {
  /** @param {ConstructorParameters<typeof WebSocket>} args */
  constructor(...args) {
    super(...args);
    this.on('message', (data) => messages.push(Buffer.from(/** @type {ArrayBuffer} */ (data))));
  }
}

const room = join({ url, name: 'recorder', spectate: true, WebSocket: /** @type {any} */ (Tapped) });
await room.ready;
await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
room.leave();

const [welcome, ...rest] = messages.map((message) => message.toString('hex'));
const frames = rest.filter((hex) => parseInt(hex.slice(0, 2), 16) >= FIRST_FRAME);
writeFileSync(file, JSON.stringify([{ welcome }, ...frames.map((hex) => ({ hex }))]));
console.log(`${frames.length} frames in ${file}`);
process.exit(0);
