/**
 * The game in sdk/README.md, as it stands there. It needs no browser, but the real server.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ServerProcess } from './server-process.js';

const DEMO = new URL('../../', import.meta.url);
const [RIGHT, LEFT] = ['\x1b[C', '\x1b[D'];

/** Writes the README's game to a file and returns its path. */
async function extracted() {
  const readme = await readFile(new URL('sdk/README.md', DEMO), 'utf8');
  const [, code] = /```js\n([^]*?)```/.exec(readme) ?? [];
  assert.ok(code, 'the README has a game');
  const file = new URL('test-output/readme-game.js', DEMO);
  await mkdir(new URL('.', file), { recursive: true });
  await writeFile(file, code.replace("'./sdk/", "'../sdk/"));
  return fileURLToPath(file);
}

test("the README's game joins, steers and leaves", async () => {
  const [server, path] = await Promise.all([ServerProcess.start(), extracted()]);
  const game = spawn(process.execPath, [path, server.url], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    let firstX = NaN;
    for await (const bytes of game.stdout) {
      const [, x] = /open (\d+),\d+ score \d+\n$/.exec(String(bytes)) ?? [];
      if (x === undefined) continue;
      if (Number.isNaN(firstX)) {
        firstX = Number(x);
        // Away from the edge, wherever the game begins.
        game.stdin.write(firstX < 2000 ? RIGHT : LEFT);
      } else if (Math.abs(Number(x) - firstX) > 20) {
        assert.match(String(bytes), /@/);
        game.stdin.write('q');
      }
    }
    const code = game.exitCode ?? (await new Promise((resolve) => game.once('exit', resolve)));
    assert.equal(code, 0);
  } finally {
    game.kill();
    await server.kill();
  }
});
