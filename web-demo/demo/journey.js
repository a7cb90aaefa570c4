/**
 * Where one is and how one gets elsewhere: the start screen, playing, watching, a recording, and from one room to
 * another. What buttons and keys lead here is wired up by main.js.
 */
import { hostKeyOf } from './rooms/host-keys.js';

/** @typedef {import('./rooms/desk.js').Door} Door */
/** @typedef {import('./rooms/desk.js').Place} Place */
/** @typedef {import('../sdk/index.js').ConnectionStatus} ConnectionStatus */
/** @typedef {import('../sdk/index.js').Room} Room */
/** @typedef {import('../sdk/index.js').TickwireError} TickwireError */
/**
 * What a journey leads past.
 * @typedef {object} Stations
 * @property {import('./game.js').Game} game
 * @property {import('./start-screen.js').StartScreen} start
 * @property {import('./rooms/rooms.js').Rooms} rooms
 * @property {import('./rooms/desk.js').RoomDesk} desk
 * @property {import('./rooms/room-panel.js').RoomPanel} roomPanel
 * @property {import('./replay/replay.js').Replay} replay
 */

/** What whoever looks at the start screen is called on the server's list. */
const SPECTATOR = 'Spectator';

export class Journey {
  /** The room that one is in, or wants to be in, and what opens it; any if it is empty. @type {Door} */
  #door;
  /** The recording to watch, if one is. @type {string | undefined} */
  #replayName = undefined;
  /** The name that was taken last. */
  #name;
  #server;
  #game;
  #start;
  #rooms;
  #desk;
  #roomPanel;
  #replay;

  /**
   * @param {string} server its address
   * @param {{ room?: string, code?: string }} door where the page's address leads to
   * @param {Stations} stations
   */
  constructor(server, { room, code }, { game, start, rooms, desk, roomPanel, replay }) {
    this.#server = server;
    this.#door = { room, code, hostKey: hostKeyOf(code ?? room) };
    this.#game = game;
    this.#start = start;
    this.#rooms = rooms;
    this.#desk = desk;
    this.#roomPanel = roomPanel;
    this.#replay = replay;
    this.#name = start.name;
  }

  /** What the room is joined by, if it is a private one. */
  get code() {
    return this.#door.code;
  }

  /** @param {'start' | 'play' | 'watch'} screen */
  isShown(screen) {
    return document.body.dataset.screen === screen;
  }

  /** Says something where one looks. @param {string} text */
  say(text) {
    if (this.isShown('start')) this.#start.say(text, 'error');
    else this.#game.hud.notices.say(text, performance.now());
  }

  /**
   * Shows the start screen, and a room as the scenery behind it.
   * @param {Door} [door] any room where it is empty
   */
  showStart({ hostKey: _, ...door } = this.#door) {
    this.#start.show();
    this.#replay.leave();
    this.#roomPanel.toggle(false);
    const room = this.#game.enter({ url: this.#server, ...door, name: SPECTATOR, spectate: true }, { isScenery: true });
    room.on('connection', ({ state, error }) => {
      if (state === 'closed' && this.#game.room === room) this.#start.say(error?.message || 'The server refused.', 'error');
    });
    void this.#rooms.ask();
  }

  /**
   * Plays.
   * @param {string} name
   */
  play(name) {
    this.#name = name;
    this.#go({ ...this.#door, spectate: false });
  }

  /** Watches. */
  watch() {
    if (this.isShown('start')) this.#name = this.#start.takeName();
    this.#go({ ...this.#door, spectate: true });
  }

  /** Shows a recording. @param {string} name */
  watchReplay(name) {
    this.#go({ spectate: true, replay: name });
  }

  /** Leaves the room for the start screen. */
  leave() {
    this.#door = {};
    this.showStart();
  }

  /** Once more what one did when the room ended. */
  rejoin() {
    if (this.#replayName !== undefined) this.watchReplay(this.#replayName);
    else if (this.#game.playing) this.play(this.#name);
    else this.watch();
  }

  /**
   * Joins, or goes on from the room that one is in.
   * @param {Place} place
   */
  #go(place) {
    const { room } = this.#game;
    if (this.isShown('start') || !room || room.connection.state === 'closed') this.#enter(place);
    else this.#move(room, place);
  }

  /** @param {Place} place */
  #enter(place) {
    const { spectate: _, replay: recording, ...door } = place;
    this.#door = door;
    this.#replayName = recording;
    this.#start.busy(true);
    this.#start.say('');
    const room = this.#game.enter({ url: this.#server, name: this.#name, ...place });
    this.#roomPanel.enter(room, this.#door.code);
    room.ready.then(
      () => this.#arrived(room),
      (/** @type {TickwireError} */ error) => {
        if (this.#game.room !== room) return;
        this.#refused(room, error.message);
        void this.#desk.handleRefusal(place, error);
      },
    );
    room.on('connection', (status) => {
      if (status.state === 'closed' && !this.isShown('start') && this.#game.room === room) this.#ended(status);
    });
  }

  /**
   * The room is gone for good, or nobody's to come back to.
   * @param {ConnectionStatus} status
   */
  #ended({ error, reason }) {
    const isOver = error?.code === 'room_ended' || error?.code === 'kicked';
    if (isOver && this.#replayName === undefined) this.#door = {};
    // What it tells is not so any more, and on a phone it would be over the button that leads on.
    this.#roomPanel.toggle(false);
    this.#game.hud.notices.ended(reason || error?.message || 'The room has ended.', isOver ? error?.code : undefined);
  }

  /**
   * Goes to another room or role; whoever gets no seat there stays.
   * @param {Room} room the one that one is in
   * @param {Place} place
   */
  #move(room, place) {
    room.change(place).then(
      () => {
        const { spectate: _, replay: __, ...door } = place;
        this.#door = door;
        this.#replayName = undefined;
        this.#arrived(room);
      },
      (/** @type {TickwireError} */ error) => {
        if (this.#game.room !== room || error.code === 'superseded') return;
        this.#game.hud.notices.say(error.message, performance.now());
        void this.#desk.handleRefusal(place, error);
      },
    );
  }

  /**
   * The room is there, to be played or watched.
   * @param {Room} room
   */
  #arrived(room) {
    if (this.#game.room !== room) return;
    this.#replay.enter(room, this.#replayName);
    if (this.#replay.room && room.schema?.game !== 'arena') {
      this.#refused(room, 'This page shows recordings of the arena alone.');
      return;
    }
    this.#start.hide(room.spectator ? 'watch' : 'play');
    this.#roomPanel.enter(room, this.#door.code);
    if (this.#roomPanel.isOpen) void this.#rooms.ask();
  }

  /**
   * Joining failed for good: back to the start screen, with the reason.
   * @param {Room} room
   * @param {string} reason
   */
  #refused(room, reason) {
    if (this.#game.room !== room) return;
    // Not the same once more: a password that is wrong would be another guess, and a room that is gone stays so.
    this.#door = {};
    this.#replayName = undefined;
    this.showStart();
    this.#start.say(reason, 'error');
  }

  /**
   * Goes to another room, to do there what one does here; from the start screen, to play.
   * @param {Place} place
   */
  goTo(place) {
    if (this.isShown('start')) this.#name = this.#start.takeName();
    this.#go({ ...place, spectate: place.spectate ?? this.isShown('watch') });
  }

  /** From playing a room to watching it, or back. */
  turn() {
    this.#go({ ...this.#door, room: this.#game.room?.roomId ?? this.#door.room, spectate: !this.isShown('watch') });
  }
}
