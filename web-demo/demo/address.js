/**
 * What the page's address asks for. Pure; main.js does it.
 *
 * ```text
 * ?name=NAME   plays at once          ?watch   watches at once
 * ?room=ID     joins that room        ?code=ABCD-EFGH   joins that private room
 * ?replay=NAME shows that recording   ?transport=stream|poll|websocket   what carries the connection
 * ?net=latency:150,jitter:30,stall:2   a simulated network
 * ```
 */
import { conditionsOf } from './net/network.js';

/** @typedef {import('../sdk/index.js').Transport} Transport */

/** @type {readonly Transport[]} */
const TRANSPORTS = ['websocket', 'stream', 'poll'];

/**
 * @param {string} href
 */
export function wishesIn(href) {
  const { searchParams } = new URL(href);
  const transport = searchParams.get('transport');
  return {
    room: searchParams.get('room') || undefined,
    code: searchParams.get('code') || undefined,
    replay: searchParams.get('replay') ?? undefined,
    name: searchParams.get('name') ?? undefined,
    watches: searchParams.has('watch'),
    conditions: conditionsOf(searchParams.get('net')),
    transport: TRANSPORTS.find((one) => one === transport) ?? /** @type {const} */ ('auto'),
  };
}
