import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';

const PAGE = new URL('../', import.meta.url);
/** What looks like an address of somewhere else. */
const OUTSIDE = /(?:https?:|wss?:)?\/\/[a-z0-9-]+(?:\.[a-z0-9-]+)+/gi;
/** Nobody asks for these: the name of a vocabulary, and an example in a message. */
const NAMES = /http:\/\/(www\.w3\.org\/2000\/svg|127\.0\.0\.1:8080)/g;

test('the page names no address but its own, so it needs no network beyond its server', async () => {
  const files = ['index.html'];
  for (const folder of ['demo', 'sdk']) {
    for (const name of await readdir(new URL(folder, PAGE), { recursive: true })) {
      if (/\.(js|css|svg|html)$/.test(name)) files.push(`${folder}/${name}`);
    }
  }
  assert.ok(files.length > 60);
  for (const file of files) {
    const text = (await readFile(new URL(file, PAGE), 'utf8')).replace(NAMES, '');
    const code = file.endsWith('.js') ? text.replace(/\/\*[^]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '') : text;
    const found = [...code.matchAll(OUTSIDE)].map(([address]) => address);
    assert.deepEqual(found, [], file);
  }
});

test('the page may load nothing from elsewhere, whatever is written in it', async () => {
  const text = await readFile(new URL('index.html', PAGE), 'utf8');
  // Connections go where the servers of its cluster are.
  const [, policy] = /Content-Security-Policy" content="([^"]*)"/.exec(text) ?? [];
  assert.match(policy ?? '', /^default-src 'self'; connect-src 'self' http: https: ws: wss:; img-src 'self' data:/);
});
