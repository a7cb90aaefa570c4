/**
 * The page of recordings: a line for each with its game, time, length, players and winner. What a recording says
 * goes to the page as text alone.
 */
import { find, make, setText } from '../hud/page.js';
import { cleanName, cleanText } from '../names.js';
import { ask, recordingsIn, unreadableIn } from './listing.js';
import { timeText } from './timeline.js';

/** The game that the demo can draw. */
const GAME = 'arena';
/** Longest of what is shown of a name that a game or a file has, in characters. */
const MOST_CHARS = 100;

const list = find(document, '#recordings', HTMLUListElement);
const status = find(document, '#recordings-status', HTMLElement);
const lost = find(document, '#unreadable', HTMLElement);

/** @param {import('./listing.js').Recording} recording */
function row({ name, game, startedAt, seconds, players, winner, ended }) {
  const item = make('li');
  const when = make('time', 'when', startedAt?.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' }) ?? 'at some time');
  if (startedAt) when.dateTime = startedAt.toISOString();
  const what = make('span', 'what');
  const facts = [
    cleanText(game, MOST_CHARS),
    timeText(seconds, 1) + (ended ? '' : ', not ended'),
    players === 1 ? '1 player' : `${players} players`,
  ];
  what.append(facts.join(' · '));
  const ahead = make('span', 'winner');
  if (winner !== undefined) ahead.append(ended ? 'won by ' : 'ahead: ', make('bdi', 'name', cleanName(winner)));
  const is = game === GAME;
  const link = is ? make('a', 'whole') : make('span', 'whole');
  if (link instanceof HTMLAnchorElement) {
    const address = new URL('/', window.location.href);
    address.searchParams.set('replay', name);
    link.href = address.href;
  }
  link.append(when, what, ahead, make('span', 'id', name));
  if (!is) link.append(make('span', 'id', 'The demo draws the arena alone.'));
  item.append(link);
  return item;
}

async function show() {
  try {
    const answer = await ask(window.location.origin);
    const [recordings, unreadable] = [recordingsIn(answer), unreadableIn(answer)];
    list.replaceChildren(...recordings.map(row));
    setText(status, recordings.length === 0 ? 'Nothing has been recorded yet.' : '');
    lost.replaceChildren(
      ...unreadable.map(({ name, message }) => make('p', '', `${cleanText(name, MOST_CHARS)}: ${cleanText(message, 2 * MOST_CHARS)}`)),
    );
  } catch (error) {
    status.dataset.kind = 'error';
    setText(status, error instanceof Error ? error.message : String(error));
  }
}

void show();
