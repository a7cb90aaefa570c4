/**
 * The list of rooms: asked for when the page begins, when rooms open and close, and now and then for their numbers.
 */
import { make, setText } from '../hud/page.js';
import { cleanText } from '../names.js';

/** Longest name of a room or a game that is shown, in characters. */
const MOST_CHARS = 32;
/** An answer that takes longer is none, in milliseconds. */
const PATIENCE_MS = 5000;

/** @typedef {{ room: string, label: string, facts: string }} Line */

/**
 * The rooms in an answer of `GET /api/rooms`; what is not as it should be is left out.
 *
 * @param {any} answer
 * @returns {Line[] | undefined} nothing where it is no list, as when the server refuses
 */
export function linesOf(answer) {
  if (!Array.isArray(answer?.rooms)) return undefined;
  return answer.rooms
    .filter((/** @type {any} */ room) => typeof room?.room === 'string')
    .map((/** @type {any} */ room) => ({
      room: room.room,
      label: cleanText(room.name, MOST_CHARS) || cleanText(room.room, MOST_CHARS),
      facts: [
        cleanText(String(room.game), MOST_CHARS),
        `${room.players}/${room.capacity} playing`,
        ...(room.spectators > 0 ? [`${room.spectators} watching`] : []),
        ...(room.bots > 0 ? [`${room.bots} bots`] : []),
        ...(room.has_password === true ? ['password'] : []),
        ...(typeof room.replay === 'string' ? ['recording'] : []),
      ].join(' · '),
    }));
}

export class RoomList {
  /** @type {string | undefined} */
  chosen;
  #isAsking = false;
  /** Whether something has changed since the question that is under way. */
  #isStale = false;

  /**
   * @param {HTMLElement} list
   * @param {HTMLElement} note
   * @param {(line: Line) => void} choose
   */
  constructor(list, note, choose) {
    this.list = list;
    this.note = note;
    this.choose = choose;
  }

  async refresh() {
    this.#isStale = true;
    if (this.#isAsking) return;
    this.#isAsking = true;
    while (this.#isStale) {
      this.#isStale = false;
      await this.#ask();
    }
    this.#isAsking = false;
  }

  async #ask() {
    const response = await fetch('/api/rooms', { signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => undefined);
    const answer = await response?.json().catch(() => undefined);
    const lines = linesOf(answer);
    if (lines) this.#show(lines, typeof answer.next === 'string');
    else setText(this.note, 'The list of rooms does not come.');
  }

  /** @param {Line[]} lines @param {boolean} isMore */
  #show(lines, isMore) {
    setText(this.note, lines.length === 0 ? 'There is no room that anybody may see.' : isMore ? 'These are the first of many.' : '');
    const known = new Map([...this.list.children].map((item) => [/** @type {HTMLElement} */ (item).dataset.room, item]));
    const items = lines.map((line) => {
      const item = known.get(line.room) ?? this.#item(line);
      const [label, facts] = item.querySelectorAll('span');
      setText(label, line.label);
      setText(facts, line.facts);
      item.querySelector('button')?.setAttribute('aria-pressed', String(line.room === this.chosen));
      return item;
    });
    // Only what changes: whoever has one of them in focus keeps it there.
    const before = [...this.list.children];
    if (items.length !== before.length || items.some((item, at) => item !== before[at])) this.list.replaceChildren(...items);
  }

  /** @param {Line} line */
  #item(line) {
    const item = make('li');
    item.dataset.room = line.room;
    const button = make('button');
    button.type = 'button';
    button.append(make('span', 'label'), make('span', 'facts'));
    button.addEventListener('click', () => {
      this.chosen = line.room;
      for (const other of this.list.querySelectorAll('button')) other.setAttribute('aria-pressed', String(other === button));
      this.choose({ ...line, label: item.querySelector('span')?.textContent ?? line.label });
    });
    item.append(button);
    return item;
  }
}
