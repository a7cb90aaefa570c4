import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SDK = fileURLToPath(new URL('../sdk', import.meta.url));
const MODULES = fileURLToPath(new URL('../node_modules', import.meta.url));
const TSC = join(MODULES, 'typescript', 'bin', 'tsc');
const NPM_QUIETLY = ['--offline', '--no-audit', '--no-fund', '--loglevel=error'];

/** What others write against the package, in strict TypeScript. */
const CONSUMER = fileURLToPath(new URL('./support/consumer.ts', import.meta.url));

/** @param {object} options of the compiler */
function tsconfig(options) {
  const strict = { strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, skipLibCheck: false };
  return JSON.stringify({ compilerOptions: { ...strict, noEmit: true, target: 'es2022', ...options }, files: ['consumer.ts'] });
}

test('what npm packs installs by itself, compiles in strict TypeScript and runs in Node', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'tickwire-sdk-'));
  context.after(() => rm(folder, { recursive: true }));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder, ...NPM_QUIETLY], { cwd: SDK });
  // The build before it may talk, too.
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[\n')));
  /** @type {string[]} */
  const files = packed.files.map((/** @type {{path: string}} */ { path }) => path);
  for (const file of ['index.js', 'types/index.d.ts', 'README.md', 'LICENSE-APACHE', 'LICENSE-MIT']) {
    assert.ok(files.includes(file), `${file} is packed`);
  }
  assert.ok(files.every((file) => /\.(js|d\.ts)$|^(package\.json|README\.md|LICENSE-\w+)$/.test(file)), files.join());
  assert.ok(packed.size < 220_000, `${packed.size} bytes`);

  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  await run('npm', ['install', ...NPM_QUIETLY, join(folder, packed.filename)], { cwd: folder });

  await copyFile(CONSUMER, join(folder, 'consumer.ts'));
  for (const [name, options] of Object.entries({
    browser: { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom'], types: [] },
    node: { module: 'nodenext', lib: ['es2022'], types: ['node'], typeRoots: [join(MODULES, '@types')] },
  })) {
    const project = join(folder, `tsconfig.${name}.json`);
    await writeFile(project, tsconfig(options));
    await run(process.execPath, [TSC, '-p', project]).catch((error) => assert.fail(`${name}: ${error.stdout}`));
  }

  const program = `
    import { JoinError, RequestError, SUBPROTOCOL, TickwireError, WireError, join } from '@tickwire/sdk';
    const isOne = new JoinError(409, 'room_full', 'full') instanceof TickwireError;
    console.log(typeof join, SUBPROTOCOL, isOne, RequestError.name, WireError.name);
  `;
  await writeFile(join(folder, 'program.js'), program);
  const ran = await run(process.execPath, ['program.js'], { cwd: folder });
  assert.equal(ran.stdout, 'function tickwire.v1.1 true RequestError WireError\n');
});
