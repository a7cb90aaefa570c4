/**
 * What happens in the room that was chosen: a line each, the newest first, and how the room is.
 */
import { find, make, setText } from '../hud/page.js';
import { cleanName } from '../names.js';
import { EventStream } from './stream.js';
import { Names, missedWords, wordsFor } from './wording.js';

/** Lines that are kept. */
const MOST_LINES = 200;
/** Names that a summary is shown with. */
const MOST_NAMES = 20;
const EVENTS = ['joined', 'left', 'renamed', 'interrupted', 'game', 'host', 'summary'];

export class Happenings {
  /** @type {EventStream | undefined} */
  #stream;
  #names = new Names();

  /** @param {ParentNode} page */
  constructor(page) {
    this.title = find(page, '#happenings-title', HTMLElement);
    this.summary = find(page, '#summary', HTMLElement);
    this.log = find(page, '#log', HTMLOListElement);
  }

  /** @param {import('./room-list.js').Line} room */
  show({ room, label }) {
    this.#stream?.close();
    this.#names = new Names();
    this.log.replaceChildren();
    setText(this.title, `Happenings in ${label}`);
    setText(this.summary, 'Listening …');
    this.#stream = new EventStream(`/api/rooms/${encodeURIComponent(room)}/events`, EVENTS, 'closed', {
      heard: (event, data) => this.#hear(event, data),
      missed: (missed) => this.#add(missedWords(missed), 'missed'),
      line: (state) => {
        if (state === 'lost') setText(this.summary, 'Nothing comes: the room may have a password, be shown later, or be gone.');
      },
    });
  }

  /** @param {string} event @param {any} data */
  #hear(event, data) {
    if (event === 'summary') {
      this.#names.follow(event, data);
      return setText(this.summary, summaryWords(data));
    }
    this.#add(wordsFor(event, data, this.#names), event);
    this.#names.follow(event, data);
    if (event === 'closed') setText(this.summary, 'The room has ended.');
  }

  /** @param {string} words @param {string} kind */
  #add(words, kind) {
    const line = make('li', '', words);
    line.dataset.kind = kind;
    this.log.prepend(line);
    while (this.log.children.length > MOST_LINES) this.log.lastElementChild?.remove();
  }
}

/** @param {any} data */
function summaryWords({ tick, players, bots, spectators, playing, leader, tick_ms: tickMs }) {
  const called = Array.isArray(playing) ? playing.slice(0, MOST_NAMES).map((who) => cleanName(who?.name, who?.player)) : [];
  return [
    `tick ${tick}`,
    `${players} playing, ${bots} bots, ${spectators} watching`,
    typeof leader === 'string' ? `ahead: ${cleanName(leader)}` : '',
    `ticks take ${Number(tickMs?.p50).toFixed(2)} ms, ${Number(tickMs?.p99).toFixed(2)} ms at p99`,
    called.join(', '),
  ].filter(Boolean).join(' · ');
}
