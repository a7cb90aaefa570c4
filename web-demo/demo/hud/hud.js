/**
 * Everything on the screen that is not the field: makes the parts and brings each up to date at its
 * own pace. It reads the room; it must not send.
 */
import { ALIVE } from '../arena.js';
import { Chat } from './chat.js';
import { ConnectionPill } from './connection-pill.js';
import { Feed } from './feed.js';
import { Leaderboard } from './leaderboard.js';
import { Minimap } from './minimap.js';
import { Notices } from './notices.js';
import { find } from './page.js';
import { Tools } from './tools.js';
import { Vitals } from './vitals.js';
import { WatchBar } from './watch-bar.js';

/** @typedef {import('../../sdk/index.js').Entity} Entity */
/** @typedef {import('./ranking.js').Standing} Standing */

/** Time between two readings of figures, in milliseconds: faster can't be read. */
const FIGURES_MS = 200;

export class Hud {
  pill = new ConnectionPill(find(document, '#pill', HTMLElement));
  board = new Leaderboard(find(document, '#board', HTMLElement));
  feed = new Feed(find(document, '#feed', HTMLElement));
  notices = new Notices(find(document, '#notice', HTMLElement));
  chat = new Chat(find(document, '#chat', HTMLElement));
  vitals = new Vitals(find(document, '#vitals', HTMLElement), find(document, '#vignette', HTMLElement));
  minimap = new Minimap(find(document, '#minimap', HTMLCanvasElement));
  tools = new Tools(find(document, '#tools', HTMLElement));
  watchBar = new WatchBar(find(document, '#watching', HTMLElement));

  #figuresAt = -Infinity;
  /** @type {(Standing & { flags: number })[]} */
  #standings = [];

  /** Forgets what belongs to a room. */
  clear() {
    this.feed.clear();
    this.chat.clear();
    this.#figuresAt = -Infinity;
    this.forgetOwn();
  }

  /** Forgets what belongs to the own player of a room. */
  forgetOwn() {
    this.notices.clear();
    this.vitals.clear();
  }

  /**
   * @param {import('../game.js').Game} game
   * @param {number} nowMs
   * @param {number} seconds since the last frame
   */
  update(game, nowMs, seconds) {
    const { room, scene } = game;
    if (!room) return;
    if (nowMs - this.#figuresAt >= FIGURES_MS) {
      this.#figuresAt = nowMs;
      this.#figures(game, room, nowMs);
    }
    if (game.isScenery) return;
    const ship = scene.own?.entity;
    this.vitals.update(ship?.energy ?? 0, ship !== undefined, nowMs, seconds);
    this.minimap.update(room, scene, game.camera, game.world, nowMs);
    this.feed.update(nowMs);
    this.chat.update(nowMs);
    this.notices.update(nowMs);
  }

  /**
   * @param {import('../game.js').Game} game
   * @param {import('../../sdk/index.js').Room} room
   * @param {number} nowMs
   */
  #figures(game, room, nowMs) {
    this.pill.show(room, nowMs);
    if (game.isScenery) return;
    if (!game.playing) this.watchBar.show(game.free.followed, game.nameOf);
    let count = 0;
    for (const entity of room.entities.values()) {
      if (entity.kind !== 'pilot') continue;
      // The list and its entries are used again: entities are the SDK's and may change.
      const standing = (this.#standings[count] ??= { player: 0, score: 0, kills: 0, deaths: 0, flags: 0 });
      standing.player = entity.player;
      standing.score = entity.score;
      standing.kills = entity.kills;
      standing.deaths = entity.deaths;
      standing.flags = entity.flags;
      count += 1;
    }
    this.#standings.length = count;
    this.board.show(this.#standings, room.player, game.nameOf);
    const own = this.#standings.find(({ player }) => player === room.player);
    if (!own) return;
    this.vitals.standing(own);
    if ((own.flags & ALIVE) !== 0 && game.scene.own) this.notices.alive();
  }
}
