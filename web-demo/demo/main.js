/**
 * Start-up and wiring: what buttons and keys lead to (journey.js, and others), what the address asks for
 * (address.js), and the loop of frames.
 *
 * For the console and for tests there is `window.tickwire`: `room` (the SDK's room), `game` (frames,
 * scene, camera), `input` (what is sent), `replay`, `play(name)`, `watch()` and `showStart()`.
 */
import { wishesIn } from './address.js';
import { Game } from './game.js';
import { find } from './hud/page.js';
import { waitingText } from './hud/status-text.js';
import { Journey } from './journey.js';
import { wireKeys } from './keys.js';
import { cleanName } from './names.js';
import { NetPanel } from './net/panel.js';
import { Replay } from './replay/replay.js';
import { RoomDesk } from './rooms/desk.js';
import { RoomPanel } from './rooms/room-panel.js';
import { Rooms } from './rooms/rooms.js';
import { SpectatorInput } from './spectator/spectator-input.js';
import { StartScreen } from './start-screen.js';

/** How often the start screen counts heads, in milliseconds. */
const COUNT_MS = 1000;

const server = window.location.origin;
const wishes = wishesIn(window.location.href);

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
const journey = new Journey(server, wishes, { game, start, rooms, desk, roomPanel, replay });

/** Counts who flies, for the start screen. */
function countHeads() {
  if (!journey.isShown('start') || start.status.dataset.kind === 'error') return;
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
  rooms.isWanted = () => journey.isShown('start') || roomPanel.isOpen || netPanel.isOpen;
  rooms.onReplays = (areServed) => (start.replays.hidden = !areServed);
  rooms.onList = (listing) => {
    const current = listing?.rooms.find(({ room }) => room === game.room?.roomId);
    game.meters.tickMs = rooms.isWanted() ? (current?.tickMs ?? NaN) : NaN;
    if (journey.isShown('start')) start.showRooms(listing);
    else if (roomPanel.isOpen) roomPanel.show(listing, game.room, journey.code);
  };
  for (const { rooms: list, seeker } of [start, { rooms: roomPanel.list, seeker: roomPanel.seeker }]) {
    list.onJoin = (room) => void desk.join(room);
    list.onWatch = (room) => void desk.join(room, true);
    seeker.onSeek = (q, free) => rooms.seek(q, free);
    seeker.onMore = () => rooms.more();
    seeker.onCode = (code) => desk.byCode(code);
  }
  desk.onGo = (place) => journey.goTo(place);
  desk.onSay = (text) => journey.say(text);
  start.onOpenRoom = () => desk.newRoom.show();
  roomPanel.onOpenRoom = () => desk.newRoom.show();
  roomPanel.onTurn = () => journey.turn();
  roomPanel.onLeave = () => journey.leave();
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
    if (isOpen) roomPanel.enter(game.room, journey.code);
    toggled('rooms', isOpen, hadFocus);
  };
  netPanel.onToggle = (isOpen, hadFocus) => toggled('net', isOpen, hadFocus);
  netPanel.onGhosts = (wanted) => (game.showsGhosts = wanted);
  watchBar.onStep = (step) => game.free.followNext(game.scene.ships, step);
  watchBar.onPlay = () => journey.turn();
}

function wire() {
  start.onPlay = (name) => journey.play(name);
  game.hud.pill.onRetry = () => game.room?.retryNow();
  game.hud.notices.onRejoin = () => journey.rejoin();
  game.hud.chat.onOpen = () => game.input.release();
  game.hud.chat.onSay = (text, where) => {
    const said = where === 'lobby' ? game.room?.lobby.say(text) : game.room?.say(text);
    said?.catch((/** @type {Error} */ { message }) => game.hud.notices.say(message, performance.now()));
  };
  game.input.keyboard.isWanted = () => journey.isShown('play');
  game.input.gamepad.onPress = () => game.sound.begin();
  game.input.gamepad.onStart = () => {
    if (journey.isShown('start') && !start.isBusy) journey.play(start.takeName());
  };
  spectatorInput.isWanted = () => journey.isShown('watch');
  spectatorInput.isTaken = replay.takes;
  window.addEventListener('resize', () => game.renderer.resize());
  window.setInterval(countHeads, COUNT_MS);
  wireRooms();
  wirePanels();
  wireKeys({
    chat: () => {
      if (journey.isShown('play')) game.hud.chat.open();
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
if (wishes.replay !== undefined) {
  journey.watchReplay(wishes.replay);
} else if (wishes.name !== undefined) {
  start.input.value = wishes.name;
  journey.play(cleanName(wishes.name));
} else if (wishes.watches) {
  journey.watch();
} else {
  journey.showStart();
}
window.requestAnimationFrame(loop);

const hook = {
  game,
  replay,
  play: (/** @type {string} */ name) => journey.play(name),
  watch: () => journey.watch(),
  showStart: () => journey.showStart(),
  get room() {
    return game.room;
  },
  get input() {
    return game.input.current;
  },
};
Object.assign(window, { tickwire: hook });
