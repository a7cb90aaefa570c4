/**
 * Start-up and wiring: the start screen, playing and watching, and going from one to the other; what
 * the address asks for (address.js); and the loop of frames.
 *
 * For the console and for tests there is `window.tickwire`: `room` (the SDK's room), `game` (frames,
 * scene, camera), `input` (what is sent), `replay`, `play(name)`, `watch()` and `showStart()`.
 */
import { wishesIn } from './address.js';
import { Game } from './game.js';
import { find } from './hud/page.js';
import { waitingText } from './hud/status-text.js';
import { wireKeys } from './keys.js';
import { cleanName } from './names.js';
import { NetPanel } from './net/panel.js';
import { Replay } from './replay/replay.js';
import { RoomDesk } from './rooms/desk.js';
import { hostKeyOf } from './rooms/host-keys.js';
import { RoomPanel } from './rooms/room-panel.js';
import { Rooms } from './rooms/rooms.js';
import { SpectatorInput } from './spectator/spectator-input.js';
import { StartScreen } from './start-screen.js';

/** What whoever looks at the start screen is called on the server's list. */
const SPECTATOR = 'Spectator';
/** How often the start screen counts heads, in milliseconds. */
const COUNT_MS = 1000;

const server = window.location.origin;
const wishes = wishesIn(window.location.href);

/** @typedef {import('./rooms/desk.js').Door} Door */
/** @typedef {import('./rooms/desk.js').Place} Place */
/** @typedef {import('../sdk/index.js').Room} Room */
/** @typedef {import('../sdk/index.js').TickwireError} TickwireError */

/** The room that one is in, or wants to be in, and what opens it; any if it is empty. @type {Door} */
let wanted = { room: wishes.room, code: wishes.code, hostKey: hostKeyOf(wishes.code ?? wishes.room) };
/** The recording to watch, if one is. @type {string | undefined} */
let wantedReplay = wishes.replay;

const field = find(document, '#field', HTMLCanvasElement);
const game = new Game(field, {
  field,
  stick: find(document, '#stick', HTMLElement),
  fire: find(document, '#touch-fire', HTMLElement),
  dash: find(document, '#touch-dash', HTMLElement),
});
game.network.conditions = wishes.conditions;
game.transport = wishes.transport;
const start = new StartScreen();
const rooms = new Rooms(server);
const desk = new RoomDesk(server);
const roomPanel = new RoomPanel(find(document, '#rooms', HTMLElement), game.nameOf);
const netPanel = new NetPanel(find(document, '#net', HTMLElement), game.meters, game.network);
const spectatorInput = new SpectatorInput(field, game);
const replay = new Replay(find(document, '#replay', HTMLElement), server, game);
/** The name that was taken last. */
let playerName = start.name;

/** @param {'start' | 'play' | 'watch'} screen */
const isShown = (screen) => document.body.dataset.screen === screen;

/** Says something where one looks. @param {string} text */
function say(text) {
  if (isShown('start')) start.say(text, 'error');
  else game.hud.notices.say(text, performance.now());
}

/**
 * Shows the start screen, and a room as the scenery behind it.
 * @param {Door} [door] any room where it is empty
 */
function showStart({ hostKey: _, ...door } = wanted) {
  start.show();
  replay.leave();
  roomPanel.toggle(false);
  const room = game.enter({ url: server, ...door, name: SPECTATOR, spectate: true }, { isScenery: true });
  room.on('connection', ({ state, error }) => {
    if (state === 'closed' && game.room === room) start.say(error?.message || 'The server refused.', 'error');
  });
  void rooms.ask();
}

/**
 * Plays.
 * @param {string} name
 */
function play(name) {
  playerName = name;
  go({ ...wanted, spectate: false });
}

/** Watches. */
function watch() {
  if (isShown('start')) playerName = start.takeName();
  go({ ...wanted, spectate: true });
}

/** Shows a recording. @param {string} name */
function watchReplay(name) {
  go({ spectate: true, replay: name });
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
  const { room } = game;
  if (isShown('start') || !room || room.connection.state === 'closed') enter(place);
  else move(room, place);
}

/** @param {Place} place */
function enter(place) {
  const { spectate: _, replay: recording, ...door } = place;
  wanted = door;
  wantedReplay = recording;
  start.busy(true);
  start.say('');
  const room = game.enter({ url: server, name: playerName, ...place });
  roomPanel.enter(room, wanted.code);
  room.ready.then(
    () => arrived(room),
    (/** @type {TickwireError} */ error) => {
      if (game.room !== room) return;
      refused(room, error.message);
      void desk.handleRefusal(place, error);
    },
  );
  room.on('connection', (status) => {
    if (status.state === 'closed' && !isShown('start') && game.room === room) ended(status);
  });
}

/**
 * The room is gone for good, or nobody's to come back to.
 * @param {import('../sdk/index.js').ConnectionStatus} status
 */
function ended({ error, reason }) {
  const isOver = error?.code === 'room_ended' || error?.code === 'kicked';
  if (isOver && wantedReplay === undefined) wanted = {};
  // What it tells is not so any more, and on a phone it would be over the button that leads on.
  roomPanel.toggle(false);
  game.hud.notices.ended(reason || error?.message || 'The room has ended.', isOver ? error?.code : undefined);
}

/**
 * Goes to another room or role; whoever gets no seat there stays.
 * @param {Room} room the one that one is in
 * @param {Place} place
 */
function move(room, place) {
  room.change(place).then(
    () => {
      const { spectate: _, replay: __, ...door } = place;
      wanted = door;
      wantedReplay = undefined;
      arrived(room);
    },
    (/** @type {TickwireError} */ error) => {
      if (game.room !== room || error.code === 'superseded') return;
      game.hud.notices.say(error.message, performance.now());
      void desk.handleRefusal(place, error);
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
  roomPanel.enter(room, wanted.code);
  if (roomPanel.isOpen) void rooms.ask();
}

/**
 * Joining failed for good: back to the start screen, with the reason.
 * @param {import('../sdk/index.js').Room} room
 * @param {string} reason
 */
function refused(room, reason) {
  if (game.room !== room) return;
  // Not the same once more: a password that is wrong would be another guess, and a room that is gone stays so.
  wanted = {};
  wantedReplay = undefined;
  showStart();
  start.say(reason, 'error');
}

/**
 * Goes to another room, to do there what one does here; from the start screen, to play.
 * @param {Place} place
 */
function goTo(place) {
  if (isShown('start')) playerName = start.takeName();
  go({ ...place, spectate: place.spectate ?? isShown('watch') });
}

/** From playing a room to watching it, or back. */
function turn() {
  go({ ...wanted, room: game.room?.roomId ?? wanted.room, spectate: !isShown('watch') });
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
  rooms.onList = (listing) => {
    const current = listing?.rooms.find(({ room }) => room === game.room?.roomId);
    game.meters.tickMs = rooms.isWanted() ? (current?.tickMs ?? NaN) : NaN;
    if (isShown('start')) start.showRooms(listing);
    else if (roomPanel.isOpen) roomPanel.show(listing, game.room, wanted.code);
  };
  for (const { rooms: list, seeker } of [start, { rooms: roomPanel.list, seeker: roomPanel.seeker }]) {
    list.onJoin = (room) => void desk.join(room);
    list.onWatch = (room) => void desk.join(room, true);
    seeker.onSeek = (q, free) => rooms.seek(q, free);
    seeker.onMore = () => rooms.more();
    seeker.onCode = (code) => desk.byCode(code);
  }
  desk.onGo = goTo;
  desk.onSay = say;
  start.onOpenRoom = () => desk.newRoom.show();
  roomPanel.onOpenRoom = () => desk.newRoom.show();
  roomPanel.onTurn = turn;
  roomPanel.onLeave = () => {
    wanted = {};
    showStart();
  };
  roomPanel.players.onKick = (player) => game.room && void desk.kick(game.room, player, game.nameOf(player));
  roomPanel.players.onClose = () => game.room && void desk.close(game.room);
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
    if (isOpen) roomPanel.enter(game.room, wanted.code);
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
} else if (wishes.name !== undefined) {
  start.input.value = wishes.name;
  play(cleanName(wishes.name));
} else if (wishes.watches) {
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
