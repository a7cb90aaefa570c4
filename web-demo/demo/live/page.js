/**
 * The live page: what the server tells of itself, its rooms, and what happens in one of them. All of it comes by
 * server-sent events; only the list of rooms is asked for.
 */
import { find, make, setText } from '../hud/page.js';
import { Graph } from './graph.js';
import { Happenings } from './happenings.js';
import { RoomList } from './room-list.js';
import { EventStream } from './stream.js';
import { missedWords } from './wording.js';

/** Tellings of health between two lists of rooms. */
const LIST_EVERY = 5;

const whole = (/** @type {number} */ number) => String(Math.round(number));
const millis = (/** @type {number} */ number) => `${number.toFixed(2)} ms`;

/** What is drawn of each telling of the server's health. @type {[string, Graph][]} */
const GRAPHS = [
  ['rooms', new Graph('Rooms', whole)],
  ['players', new Graph('Players', whole)],
  ['sessions', new Graph('Connections', whole)],
  ['tick_p99_ms', new Graph('Tick time, p99', millis)],
  ['lateness_p99_ms', new Graph('Lateness, p99', millis)],
  ['ticks_overrun', new Graph('Ticks overrun', whole)],
];

const line = find(document, '#line', HTMLElement);
const health = find(document, '#health', HTMLElement);
const missing = make('p', 'missed');
health.append(...GRAPHS.map(([, graph]) => graph.element), missing);

const happenings = new Happenings(document);
const list = new RoomList(
  find(document, '#room-list', HTMLElement),
  find(document, '#rooms-note', HTMLElement),
  (room) => happenings.show(room),
);
let tellings = 0;

const LINES = {
  connecting: 'Connecting …',
  open: 'Connected',
  lost: 'The connection is lost; trying again …',
  ended: 'The server has stopped.',
};

new EventStream('/api/events', ['room_opened', 'room_closed', 'health'], 'stopping', {
  heard(event, data) {
    if (event === 'health') {
      for (const [name, graph] of GRAPHS) graph.add(data[name]);
      tellings += 1;
      if (tellings % LIST_EVERY !== 1) return;
    }
    void list.refresh();
  },
  missed(missed) {
    setText(missing, missedWords(missed));
    void list.refresh();
  },
  line(state) {
    setText(line, LINES[state]);
    line.dataset.state = state;
  },
});
