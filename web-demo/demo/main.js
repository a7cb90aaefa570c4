/**
 * Start-up and wiring: watch, enter a name, play; what the address asks for (`?name=NAME` plays at
 * once, `?room=ID` joins that room); and the loop of frames.
 *
 * For the console and for tests there is `window.tickwire`: `room` (the SDK's room), `game` (frames,
 * scene, camera), `input` (what is sent), `play(name)` and `watch()`.
 */
import { Game } from './game.js';
import { find } from './hud/page.js';
import { waitingText } from './hud/status-text.js';
import { cleanName } from './names.js';
import { StartScreen } from './start-screen.js';

/** What a spectator is called on the server's list. */
const SPECTATOR = 'Spectator';
/** How often the start screen counts heads, in milliseconds. */
const COUNT_MS = 1000;

const address = new URL(window.location.href);
const wantedRoom = address.searchParams.get('room') || undefined;
const wantedName = address.searchParams.get('name');

const field = find(document, '#field', HTMLCanvasElement);
const game = new Game(field, {
  field,
  stick: find(document, '#stick', HTMLElement),
  fire: find(document, '#touch-fire', HTMLElement),
  dash: find(document, '#touch-dash', HTMLElement),
});
const start = new StartScreen();
/** The name last played with. */
let playerName = '';

/** Watches a room behind the start screen. */
function watch() {
  start.show();
  const room = game.enter({ url: address.origin, room: wantedRoom, name: SPECTATOR, spectate: true });
  room.on('connection', ({ state, reason }) => {
    if (state === 'closed' && game.room === room) start.say(reason || 'The server refused.', 'error');
  });
}

/**
 * Joins and plays.
 * @param {string} name
 */
function play(name) {
  playerName = name;
  start.busy(true);
  start.say('');
  const room = game.enter({ url: address.origin, room: wantedRoom, name });
  room.ready.then(
    () => start.hide(),
    (/** @type {Error} */ error) => refused(room, error.message),
  );
  room.on('connection', ({ state, reason }) => {
    if (state === 'closed' && document.body.dataset.screen === 'play' && game.room === room) {
      game.hud.notices.ended(reason || 'The room has ended.');
    }
  });
}

/**
 * Joining failed for good: back to watching, with the reason.
 * @param {import('../sdk/index.js').Room} room
 * @param {string} reason
 */
function refused(room, reason) {
  if (game.room !== room) return;
  watch();
  start.say(reason, 'error');
}

/** Counts who flies, for the start screen. */
function countHeads() {
  if (document.body.dataset.screen !== 'start' || start.status.dataset.kind === 'error') return;
  const { room } = game;
  if (!room || room.connection.state !== 'open') {
    start.say(waitingText(room?.connection));
    return;
  }
  let flying = 0;
  for (const { role } of room.roster.values()) if (role !== 'spectator') flying += 1;
  start.say(flying === 1 ? '1 pilot is flying now' : `${flying} pilots are flying now`);
}

/** Keys that belong to the page and not to the ship. */
function wireKeys() {
  window.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.repeat || event.isComposing || !game.playing) return;
    if (document.body.dataset.screen !== 'play' || event.target instanceof HTMLInputElement) return;
    if (event.target instanceof HTMLButtonElement) return;
    event.preventDefault();
    game.hud.chat.open();
  });
}

function wire() {
  start.onPlay = play;
  game.hud.pill.onRetry = () => game.room?.retryNow();
  game.hud.notices.onRejoin = () => play(playerName);
  game.hud.chat.onOpen = () => game.input.release();
  game.input.keyboard.isWanted = () => document.body.dataset.screen === 'play';
  game.hud.chat.onSay = (text) => game.room?.message('say', { text });
  window.addEventListener('resize', () => game.renderer.resize());
  window.addEventListener('online', () => game.room?.retryNow());
  window.setInterval(countHeads, COUNT_MS);
  wireKeys();
}

/** @param {number} nowMs */
function loop(nowMs) {
  window.requestAnimationFrame(loop);
  game.frame(nowMs);
}

wire();
game.renderer.resize();
if (wantedName === null) {
  watch();
} else {
  start.input.value = wantedName;
  play(cleanName(wantedName));
}
window.requestAnimationFrame(loop);

const hook = {
  game,
  play,
  watch,
  get room() {
    return game.room;
  },
  get input() {
    return game.input.current;
  },
};
Object.assign(window, { tickwire: hook });
