/**
 * Serves the demo with the stand-in SDK, to look at it without a game server:
 * `node web-demo/tests/browser/fake-server.js [PORT]`. For work on the demo only.
 */
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** @type {Record<string, string>} */
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

const server = createServer(async (request, response) => {
  const path = normalize(new URL(request.url ?? '/', 'http://host').pathname);
  const file = path === '/' ? 'index.html' : path === '/sdk/index.js' ? 'tests/browser/fake-sdk.js' : path;
  try {
    const content = await readFile(join(ROOT, file));
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    response.end(content);
  } catch {
    response.writeHead(404).end();
  }
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') console.log(`http://127.0.0.1:${address?.port}`);
});
