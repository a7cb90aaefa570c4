/**
 * Start-up and wiring: the start screen, playing and watching, and going from one to the other; what
 * the address asks for; and the loop of frames.
 *
 * ```text
 * ?name=NAME   plays at once          ?watch   watches at once
 * ?room=ID     joins that room        ?net=latency:150,jitter:30,stall:2   a simulated network
 * ?replay=NAME shows that recording
 * ```
 *
 * For the console and for tests there is `window.tickwire`: `room` (the SDK's room), `game` (frames,
 * scene, camera), `input` (what is sent), `replay`, `play(name)`, `watch()` and `showStart()`.
 */
import { Game } from './game.js';
import { find } from './hud/page.js';
import { waitingText } from './hud/status-text.js';
import { wireKeys } from './keys.js';
import { cleanName } from './names.js';
import { conditionsOf } from './net/network.js';
import { NetPanel } from './net/panel.js';
import { Replay } from './replay/replay.js';
import { openRoom } from './rooms/listing.js';
import { RoomPanel } from './rooms/room-panel.js';
import { Rooms } from './rooms/rooms.js';
import { SpectatorInput } from './spectator/spectator-input.js';
import { StartScreen } from './start-screen.js';

/** What whoever looks at the start screen is called on the server's list. */
const SPECTATOR = 'Spectator';
/** How often the start screen counts heads, in milliseconds. */
const COUNT_MS = 1000;

const address = new URL(window.location.href);
const server = address.origin;
/** The room to join; any if undefined. @type {string | undefined} */
let wantedRoom = address.searchParams.get('room') || undefined;
/** The recording to watch, if one is. @type {string | undefined} */
let wantedReplay = address.searchParams.get('replay') ?? undefined;
const wantedName = address.searchParams.get('name');

/** @typedef {{ room: string | undefined, spectate: boolean, replay?: string }} Place */

const field = find(document, '#field', HTMLCanvasElement);
const game = new Game(field, {
  field,
  stick: find(document, '#stick', HTMLElement),
  fire: find(document, '#touch-fire', HTMLElement),
  dash: find(document, '#touch-dash', HTMLElement),
});
game.network.conditions = conditionsOf(address.searchParams.get('net'));
const start = new StartScreen();
const rooms = new Rooms(server);
const roomPanel = new RoomPanel(find(document, '#rooms', HTMLElement));
const netPanel = new NetPanel(find(document, '#net', HTMLElement), game.meters, game.network);
const spectatorInput = new SpectatorInput(field, game);
const replay = new Replay(find(document, '#replay', HTMLElement), server, game);
/** The name that was taken last. */
let playerName = start.name;
/** How often somebody has wanted to go somewhere: what was asked for before that is of no use. */
let wishes = 0;

/** @param {'start' | 'play' | 'watch'} screen */
const isShown = (screen) => document.body.dataset.screen === screen;

/** Shows the start screen, and a room as the scenery behind it. */
function showStart() {
  wishes += 1;
  start.show();
  replay.leave();
  roomPanel.toggle(false);
  const wanted = { url: server, room: wantedRoom, name: SPECTATOR, spectate: true };
  const room = game.enter(wanted, { isScenery: true });
  room.on('connection', ({ state, reason }) => {
    if (state === 'closed' && game.room === room) start.say(reason || 'The server refused.', 'error');
  });
  void rooms.ask();
}

/**
 * Plays.
 * @param {string} name
 */
function play(name) {
  playerName = name;
  go({ room: wantedRoom, spectate: false });
}

/** Watches. */
function watch() {
  if (isShown('start')) playerName = start.takeName();
  go({ room: wantedRoom, spectate: true });
}

/** Shows a recording. @param {string} name */
function watchReplay(name) {
  go({ room: undefined, spectate: true, replay: name });
}

/** Once more what one did when the room ended. */
function rejoin() {
  if (wantedReplay !== undefined) watchReplay(wantedReplay);
  else if (game.playing) play(playerName);
  else watch();
}

/**
 * Joins, or goes on from the room that one is in.
 * @param {Place} place
 */
function go(place) {
  wishes += 1;
  const { room } = game;
  if (isShown('start') || !room || room.connection.state === 'closed') enter(place);
  else move(room, place);
}

/** @param {Place} place */
function enter(place) {
  wantedRoom = place.room;
  wantedReplay = place.replay;
  start.busy(true);
  start.say('');
  const room = game.enter({ url: server, name: playerName, ...place });
  roomPanel.enter(room);
  room.ready.then(
    () => arrived(room),
    (/** @type {Error} */ error) => refused(room, error.message),
  );
  room.on('connection', ({ state, reason }) => {
    if (state === 'closed' && !isShown('start') && game.room === room) {
      game.hud.notices.ended(reason || 'The room has ended.');
    }
  });
}

/**
 * Goes to another room or role; whoever gets no seat there stays.
 * @param {import('../sdk/index.js').Room} room the one that one is in
 * @param {Place} place
 */
function move(room, place) {
  room.change(place).then(
    () => {
      wantedRoom = place.room;
      wantedReplay = undefined;
      arrived(room);
    },
    (/** @type {import('../sdk/index.js').TickwireError} */ { code, message }) => {
      const isWanted = game.room === room && code !== 'superseded';
      if (isWanted) game.hud.notices.say(message, performance.now());
    },
  );
}

/**
 * The room is there, to be played or watched.
 * @param {import('../sdk/index.js').Room} room
 */
function arrived(room) {
  if (game.room !== room) return;
  replay.enter(room, wantedReplay);
  if (replay.room && room.schema?.game !== 'arena') {
    refused(room, 'This page shows recordings of the arena alone.');
    return;
  }
  start.hide(room.spectator ? 'watch' : 'play');
  roomPanel.enter(room);
  if (roomPanel.isOpen) void rooms.ask();
}

/**
 * Joining failed for good: back to the start screen, with the reason.
 * @param {import('../sdk/index.js').Room} room
 * @param {string} reason
 */
function refused(room, reason) {
  if (game.room !== room) return;
  showStart();
  start.say(reason, 'error');
}

/**
 * Goes to another room, to do there what one does here; from the start screen, to play.
 * @param {string} room
 */
function goTo(room) {
  if (isShown('start')) playerName = start.takeName();
  go({ room, spectate: isShown('watch') });
}

/** @param {string} room */
function watchRoom(room) {
  if (isShown('start')) playerName = start.takeName();
  go({ room, spectate: true });
}

/** Opens a room and goes there, unless somebody went elsewhere while the server was asked. */
async function goToNewRoom() {
  const wish = (wishes += 1);
  const buttons = [start.openButton, roomPanel.openButton];
  for (const button of buttons) button.disabled = true;
  try {
    const room = await openRoom(server);
    if (wish === wishes) goTo(room);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (wish !== wishes) return;
    if (isShown('start')) start.say(reason, 'error');
    else game.hud.notices.say(reason, performance.now());
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

/** From playing a room to watching it, or back. */
function turn() {
  go({ room: game.room?.roomId ?? wantedRoom, spectate: !isShown('watch') });
}

/** Counts who flies, for the start screen. */
function countHeads() {
  if (!isShown('start') || start.status.dataset.kind === 'error') return;
  const { room } = game;
  if (!room || room.connection.state !== 'open') {
    start.say(waitingText(room?.connection));
    return;
  }
  let flying = 0;
  for (const { role } of room.roster.values()) if (role !== 'spectator') flying += 1;
  start.say(flying === 1 ? '1 pilot is flying now' : `${flying} pilots are flying now`);
}

function wireRooms() {
  rooms.isWanted = () => isShown('start') || roomPanel.isOpen || netPanel.isOpen;
  rooms.onReplays = (areServed) => (start.replays.hidden = !areServed);
  rooms.onList = (list) => {
    const current = list?.find(({ id }) => id === game.room?.roomId);
    game.meters.tickMs = rooms.isWanted() ? (current?.tickMs ?? NaN) : NaN;
    if (isShown('start')) start.rooms.show(list, undefined);
    else if (roomPanel.isOpen) roomPanel.show(list, game.room);
  };
  for (const list of [start.rooms, roomPanel.list]) {
    list.onJoin = goTo;
    list.onWatch = watchRoom;
  }
  start.onOpenRoom = goToNewRoom;
  roomPanel.onOpenRoom = goToNewRoom;
  roomPanel.onTurn = turn;
  roomPanel.onLeave = () => {
    wantedRoom = undefined;
    showStart();
  };
}

/**
 * A panel was opened or closed.
 * @param {'rooms' | 'net'} panel
 * @param {boolean} isOpen
 * @param {boolean} hadFocus
 */
function toggled(panel, isOpen, hadFocus) {
  const { tools } = game.hud;
  tools.showPanel(panel, isOpen);
  if (!isOpen && hadFocus) tools.focus(panel);
  if (rooms.isWanted()) void rooms.ask();
  // Nobody asks from here on: what was told last is not so any more.
  else game.meters.tickMs = NaN;
}

function wirePanels() {
  const { tools, watchBar } = game.hud;
  tools.showSound(game.sound.muted);
  tools.onSound = () => game.sound.mute();
  tools.onChat = () => game.hud.chat.open();
  tools.onRooms = () => roomPanel.toggle();
  tools.onNet = () => netPanel.toggle();
  game.sound.onMuted = (muted) => tools.showSound(muted);
  roomPanel.onToggle = (isOpen, hadFocus) => {
    if (isOpen) roomPanel.enter(game.room);
    toggled('rooms', isOpen, hadFocus);
  };
  netPanel.onToggle = (isOpen, hadFocus) => toggled('net', isOpen, hadFocus);
  netPanel.onGhosts = (wanted) => (game.showsGhosts = wanted);
  watchBar.onStep = (step) => game.free.followNext(game.scene.ships, step);
  watchBar.onPlay = turn;
}

function wire() {
  start.onPlay = play;
  game.hud.pill.onRetry = () => game.room?.retryNow();
  game.hud.notices.onRejoin = rejoin;
  game.hud.chat.onOpen = () => game.input.release();
  game.hud.chat.onSay = (text) => {
    game.room?.say(text).catch((/** @type {Error} */ { message }) => game.hud.notices.say(message, performance.now()));
  };
  game.input.keyboard.isWanted = () => isShown('play');
  game.input.gamepad.onPress = () => game.sound.begin();
  game.input.gamepad.onStart = () => {
    if (isShown('start') && !start.isBusy) play(start.takeName());
  };
  spectatorInput.isWanted = () => isShown('watch');
  spectatorInput.isTaken = replay.takes;
  window.addEventListener('resize', () => game.renderer.resize());
  window.setInterval(countHeads, COUNT_MS);
  wireRooms();
  wirePanels();
  wireKeys({
    chat: () => {
      if (isShown('play')) game.hud.chat.open();
    },
    rooms: () => {
      if (!replay.room) roomPanel.toggle();
    },
    sound: () => game.sound.mute(),
    net: () => netPanel.toggle(),
    close: () => {
      roomPanel.toggle(false);
      netPanel.toggle(false);
    },
  });
}

/** @param {number} nowMs */
function loop(nowMs) {
  window.requestAnimationFrame(loop);
  const { room, meters } = game;
  const beganAt = performance.now();
  replay.update(nowMs);
  game.frame(nowMs);
  meters.drawn(performance.now() - beganAt);
  if (room && meters.sample(room, nowMs) && netPanel.isOpen) netPanel.update();
}

wire();
game.renderer.resize();
if (wantedReplay !== undefined) {
  watchReplay(wantedReplay);
} else if (wantedName !== null) {
  start.input.value = wantedName;
  play(cleanName(wantedName));
} else if (address.searchParams.has('watch')) {
  watch();
} else {
  showStart();
}
window.requestAnimationFrame(loop);

const hook = {
  game,
  replay,
  play,
  watch,
  showStart,
  get room() {
    return game.room;
  },
  get input() {
    return game.input.current;
  },
};
Object.assign(window, { tickwire: hook });
