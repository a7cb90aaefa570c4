/**
 * A server's sessions over plain HTTP (PROTOCOL.md, section 20), of which a test plays the other end: streams
 * and polls do what they are told, batches are taken as the specification has it.
 *
 * @module
 */

/** What stands between: nothing; a proxy that keeps bodies, or whole answers; no network; a server without them.
 * @typedef {'open' | 'held' | 'headless' | 'unreachable' | 'absent'} Way */

export const KEY = Uint8Array.from({ length: 16 }, (_, index) => 0xa0 + index);

/** @param {number} kind @param {Uint8Array | number[]} [rest] */
export function record(kind, rest = []) {
  const length = 1 + rest.length;
  const head = length < 251 ? [length] : length < 65536 ? [251, length & 255, length >> 8] : [252, length & 255, (length >> 8) & 255, length >> 16, 0];
  return Uint8Array.from([...head, kind, ...rest]);
}

/** @param {string} [protocol] */
export const opened = (protocol = 'tickwire.v1.1') => record(1, [...KEY, ...Buffer.from(protocol)]);
/** @param {number} code @param {string} [reason] */
export const closed = (code, reason = '') => record(2, [code & 255, code >> 8, ...Buffer.from(reason)]);
/** @param {Uint8Array} bytes */
export const message = (bytes) => record(0, bytes);
export const PING = record(3);

/** @param {...Uint8Array} parts */
export function joined(...parts) {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** One stream. */
export class FakeStream {
  /** @param {URL} url @param {AbortSignal} signal @param {Way} way */
  constructor(url, signal, way) {
    this.url = url;
    /** What stood between when it was asked for. */
    this.way = way;
    this.signal = signal;
    /** @type {ReadableStreamDefaultController<Uint8Array> | undefined} */
    this._body = undefined;
    this.response = {
      ok: true,
      status: 200,
      headers: new Headers(),
      body: new ReadableStream({ start: (controller) => void (this._body = controller) }),
    };
    signal.addEventListener('abort', () => this._fail());
  }

  _fail() {
    try {
      this._body?.error(new DOMException('aborted', 'AbortError'));
    } catch {
      // It has ended already.
    }
  }

  /** @param {...Uint8Array} parts */
  write(...parts) {
    for (const part of parts) this._body?.enqueue(part);
  }

  end() {
    this._body?.close();
  }

  /** The network ends it. */
  break() {
    this._body?.error(new TypeError('network'));
  }

  /** The session is there, and brings the state. @param {...Uint8Array} messages */
  begin(...messages) {
    this.write(joined(opened(), ...messages.map(message)));
  }
}

/** What a client asks of them. */
export class FakeSessions {
  constructor() {
    /** @type {Way} */
    this.streamWay = 'open';
    /** @type {FakeStream[]} */
    this.streams = [];
    /** Polls that wait, or were answered. @type {{url: URL, body: Uint8Array, answer: (status: number, body?: Uint8Array, headers?: Record<string, string>) => void, isDone: boolean}[]} */
    this.polls = [];
    /** The answers to polls so far. */
    this.answers = 0;
    /** Batches as they came, also in vain. @type {Uint8Array[]} */
    this.batches = [];
    /** Messages that were taken, in hexadecimal. @type {string[]} */
    this.taken = [];
    /** How the client has said farewell. @type {number | undefined} */
    this.farewell = undefined;
    this.newestBatch = 0;
    /** Requests without an end. */
    this.pending = 0;
    /** What becomes of a batch; nothing for what the specification says.
     * @type {((body: Uint8Array) => any) | undefined} */
    this.onSend = undefined;
  }

  get stream() {
    const stream = this.streams.at(-1);
    if (!stream) throw new Error('no stream yet');
    return stream;
  }

  get poll() {
    const poll = this.polls.at(-1);
    if (!poll) throw new Error('no poll yet');
    return poll;
  }

  /**
   * @param {URL} url
   * @param {{body?: Uint8Array, signal?: AbortSignal}} request
   */
  fetch(url, { body = new Uint8Array(), signal = new AbortController().signal }) {
    this.pending += 1;
    // Another session counts anew.
    if (url.search !== '') [this.newestBatch, this.answers] = [0, 0];
    /** @type {Promise<any>} */
    const answered = new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
      if (url.pathname === '/stream') this._stream(url, signal, resolve, reject);
      else if (url.pathname === '/poll') this._poll(url, body, resolve);
      // Not handed over as it is: who aborts need not wait for it.
      else Promise.resolve(this._send(body)).then(resolve, reject);
    });
    answered.catch(() => {}).then(() => (this.pending -= 1));
    return answered;
  }

  /** The next answer to the poll that waits. @param {...Uint8Array} records */
  answer(...records) {
    this.answers += 1;
    this.poll.answer(200, numbered(this.answers, ...records));
  }

  /** @param {URL} url @param {AbortSignal} signal @param {(response: any) => void} resolve @param {(error: Error) => void} reject */
  _stream(url, signal, resolve, reject) {
    if (this.streamWay === 'unreachable') reject(new TypeError('network'));
    if (this.streamWay === 'absent') resolve(response(404, Buffer.from('{"error":"not_found","message":"nothing"}')));
    const stream = new FakeStream(url, signal, this.streamWay);
    this.streams.push(stream);
    if (this.streamWay === 'open' || this.streamWay === 'held') resolve(stream.response);
  }

  /** @param {URL} url @param {Uint8Array} body @param {(response: any) => void} resolve */
  _poll(url, body, resolve) {
    const poll = {
      url,
      body,
      isDone: false,
      answer: (/** @type {number} */ status, /** @type {Uint8Array} */ bytes = new Uint8Array(), headers = {}) => {
        poll.isDone = true;
        resolve(response(status, bytes, headers));
      },
    };
    this.polls.push(poll);
  }

  /** @param {Uint8Array} body */
  _send(body) {
    this.batches.push(body);
    return this.onSend?.(body) ?? this.take(body);
  }

  /** @param {Uint8Array} body */
  take(body) {
    const number = new DataView(body.buffer, body.byteOffset).getUint32(16, true);
    if (!KEY.every((byte, index) => body[index] === byte)) return response(404);
    if (number === this.newestBatch) return response(204);
    const records = [...recordsOf(body.subarray(20))];
    const isFarewell = records.some(({ kind }) => kind !== 0);
    if (number !== this.newestBatch + 1 && !(isFarewell && number === this.newestBatch + 2)) return response(409);
    this.newestBatch = number;
    for (const { kind, rest } of records) {
      if (kind === 0) this.taken.push(Buffer.from(rest).toString('hex'));
      else this.farewell = rest[0] + 256 * rest[1];
    }
    return response(204);
  }
}

/** @param {Uint8Array} bytes */
function* recordsOf(bytes) {
  for (let at = 0; at < bytes.length; ) {
    const length = bytes[at] < 251 ? bytes[at] : bytes[at + 1] + 256 * bytes[at + 2];
    at += bytes[at] < 251 ? 1 : 3;
    yield { kind: bytes[at], rest: bytes.subarray(at + 1, at + length) };
    at += length;
  }
}

/** @param {number} number @param {...Uint8Array} records */
export function numbered(number, ...records) {
  return joined(Uint8Array.of(number & 255, number >> 8, 0, 0), ...records);
}

/** @param {number} status @param {Uint8Array} [bytes] @param {Record<string, string>} [headers] */
export function response(status, bytes = new Uint8Array(), headers = {}) {
  const ok = status >= 200 && status < 300;
  return { ok, status, headers: new Headers(headers), arrayBuffer: async () => Uint8Array.from(bytes).buffer };
}
