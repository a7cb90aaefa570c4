import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import * as sdk from '../sdk/index.js';

const README = readFileSync(new URL('../sdk/README.md', import.meta.url), 'utf8');

test('the README names what the SDK exports, and nothing as a value that is only a type', () => {
  const [, exported] = /`index\.js` exports (.*?), and types:/s.exec(README) ?? [];
  const named = [...(exported ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name);
  const [, errors] = /\| error \| where(.*?)\n\n/s.exec(README) ?? [];
  named.push(...[...(errors ?? '').matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name), 'TickwireError');
  assert.deepEqual(named.sort(), Object.keys(sdk).sort());
});
