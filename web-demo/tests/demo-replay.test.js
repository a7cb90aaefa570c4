import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replayKey } from '../demo/replay/keys.js';
import { marksIn, recordingsIn, unreadableIn } from '../demo/replay/listing.js';
import { Remote, speedBeside } from '../demo/replay/remote.js';
import { markersOf, nextMark, timeText } from '../demo/replay/timeline.js';

const none = { shiftKey: false, ctrlKey: false, metaKey: false, altKey: false };

test('time is told as people read it', () => {
  assert.deepEqual([0, 29, 30, 1799, 18000, 30 * 3661].map((ticks) => timeText(ticks, 30)), ['0:00', '0:00', '0:01', '0:59', '10:00', '1:01:01']);
});

test('marks that would lie over each other are one, and say what each was', () => {
  const marks = [
    { tick: 0, kind: 'join', players: ['Ada'] },
    { tick: 30, kind: 'kill', players: ['Ada', 'Bo'] },
    { tick: 40, kind: 'kill', players: ['Bo', 'Bo'] },
    { tick: 60, kind: 'leave', players: ['Ada'] },
    { tick: 9000, kind: 'kill', players: ['<b>Cy</b>', 'Bo'] },
    { tick: 99999, kind: 'kill', players: ['Ada', 'Bo'] },
  ];
  const markers = markersOf(marks, 18000, 30);
  assert.deepEqual(markers.map(({ tick, kind, share }) => [tick, kind, share]), [
    [0, 'join', 0], [30, 'event', 30 / 18000], [9000, 'event', 0.5],
  ]);
  assert.deepEqual(markers.map(({ title }) => title), [
    '0:00 Ada came in', '0:01 Ada destroyed Bo\n0:01 Bo crashed', '5:00 <b>Cy</b> destroyed Bo',
  ]);
  const crowd = Array.from({ length: 500 }, (_, at) => ({ tick: at, kind: 'kill', players: ['Ada', 'Bo'] }));
  assert.ok(markersOf(crowd, 18000, 30).every(({ title }) => title.split('\n').length <= 6));
  assert.deepEqual(markersOf(marks, 0, 30).map(({ share }) => share), [0]);
});

test('one goes from mark to mark, and to the ends', () => {
  const markers = markersOf([100, 1000, 5000].map((tick) => ({ tick, kind: 'kill', players: ['Ada', 'Bo'] })), 18000, 30);
  const recording = { length: 18000, rate: 30 };
  assert.equal(nextMark(markers, 100, 1, recording), 1000);
  assert.equal(nextMark(markers, 5000, 1, recording), 18000);
  assert.equal(nextMark(markers, 1010, -1, recording), 100);
  assert.equal(nextMark(markers, 1100, -1, recording), 1000);
  assert.equal(nextMark(markers, 50, -1, recording), 0);
  assert.equal(nextMark(markers, 1010, -1, { ...recording, isPaused: true }), 1000);
});

test('keys are those of video players, and leave letters to the camera', () => {
  const keys = { ' ': 'toggle', ArrowLeft: 'back', ArrowRight: 'ahead', ',': 'tickBack', '.': 'tickAhead' };
  for (const [key, wanted] of Object.entries(keys)) assert.equal(replayKey({ key, ...none }), wanted);
  assert.equal(replayKey({ key: 'ArrowLeft', ...none, shiftKey: true }), 'markBefore');
  for (const key of 'wasdqe+-mn') assert.equal(replayKey({ key, ...none }), undefined);
  assert.equal(replayKey({ key: 'ArrowLeft', ...none, altKey: true }), undefined);
});

test('of many places only the newest is asked for while one is on its way', async () => {
  /** @type {{ tick: number, answer: (value?: unknown) => void }[]} */
  const asked = [];
  const remote = new Remote((name, { tick }) => {
    assert.equal(name, 'replay_seek');
    return new Promise((answer) => asked.push({ tick: Number(tick), answer }));
  });
  for (const tick of [10, 20.4, 30, -5]) remote.seek(tick);
  assert.deepEqual([asked.map(({ tick }) => tick), remote.target], [[10], 0]);
  asked[0]?.answer();
  await new Promise(setImmediate);
  assert.deepEqual(asked.map(({ tick }) => tick), [10, 0]);
  asked[1]?.answer();
  await new Promise(setImmediate);
  assert.deepEqual([asked.length, remote.target], [2, undefined]);
});

test('what is refused is told, and nothing waits for it', async () => {
  /** @type {string[]} */
  const told = [];
  const remote = new Remote(() => Promise.reject(new Error('not now')));
  remote.onRefused = (reason) => told.push(reason);
  remote.seek(1);
  remote.seek(2);
  remote.pause();
  await new Promise(setImmediate);
  assert.deepEqual([told, remote.target], [['not now', 'not now'], undefined]);
});

test('speeds go up and down by one, and end', () => {
  assert.deepEqual([speedBeside(1, 1), speedBeside(1, -1), speedBeside(8, 1), speedBeside(0.25, -1)], [2, 0.5, 8, 0.25]);
});

test('answers are taken for what they are', () => {
  const answer = {
    replays: [{ name: 'a', game: 'arena', started_at: '2026-11-29T08:41:09Z', seconds: 20, players: 3, winner: null, ended: true }, { name: 7 }, null],
    unreadable: [{ name: 'b', message: 'not a journal' }, null],
  };
  const [recording, ...rest] = recordingsIn(answer);
  assert.equal(rest.length, 0);
  assert.deepEqual([recording?.name, recording?.winner, recording?.startedAt?.getTime()], ['a', undefined, Date.UTC(2026, 10, 29, 8, 41, 9)]);
  assert.deepEqual(unreadableIn(answer), [{ name: 'b', message: 'not a journal' }, { name: '?', message: 'it cannot be read' }]);
  for (const odd of [undefined, null, 7, 'x', { replays: 7, marks: {} }]) {
    assert.deepEqual([recordingsIn(odd), unreadableIn(odd), marksIn(odd)], [[], [], []]);
  }
  assert.deepEqual(
    marksIn({ marks: [{ tick: 9, kind: 'kill', players: ['a', 3] }, { tick: 'x', kind: 'kill' }, { tick: 1, kind: 'join' }] }),
    [{ tick: 1, kind: 'join', players: [] }, { tick: 9, kind: 'kill', players: ['a', ''] }],
  );
});

test('steps that are asked for faster than they are answered become one', async () => {
  /** @type {number[]} */
  const asked = [];
  /** @type {(() => void)[]} */
  const answers = [];
  const remote = new Remote((_name, { ticks }) => {
    asked.push(ticks);
    return new Promise((resolve) => answers.push(() => resolve(undefined)));
  });
  for (let press = 0; press < 300; press += 1) remote.step(1);
  remote.step(-1);
  for (let turn = 0; turn < 3; turn += 1) {
    answers.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(asked, [1, 240, 58]);
});
