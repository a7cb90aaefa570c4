/**
 * The net panel: what meters.js measures, with small graphs, and the sliders of the simulated
 * network. It must not measure by itself; who opens it asks the server for its tick time.
 */
import { find, make, onPress, setText } from '../hud/page.js';
import { Graph } from './graph.js';
import { MOST } from './network.js';

/** @typedef {import('./meters.js').MeterName} MeterName */
/** @typedef {import('./network.js').Network} Network */

/**
 * Every row: what it is called, its unit, digits after the point, the lowest top of its graph, and
 * what it means in a few words.
 * @type {[MeterName, string, string, number, number, string][]}
 */
const ROWS = [
  ['rtt', 'Round trip', 'ms', 0, 50, 'From a ping to its answer'],
  ['jitter', 'Jitter', 'ms', 1, 10, 'How unevenly states arrive'],
  ['delay', 'Interpolation delay', 'ms', 0, 50, 'How far others are shown in the past'],
  ['error', 'Prediction error', 'units', 2, 1, 'How far off the own ship was predicted'],
  ['slack', 'Input slack', 'ms', 0, 30, 'How early the newest input reached its tick'],
  ['updates', 'Updates', 'per s', 0, 30, 'States that arrive'],
  ['bytes', 'Received', 'KB/s', 1, 5, 'All that the server sends'],
  ['perUpdate', 'Per update', 'bytes', 0, 100, 'The same by states'],
  ['tick', 'Server tick, p99', 'ms', 2, 1, "How long the room's ticks take"],
  ['script', 'Script per frame', 'ms', 1, 4, 'What this page takes to draw'],
];

/** The longest stall that a press of the button brings, in milliseconds. */
const PRESSED_STALL_MS = 1000;

export class NetPanel {
  /** Called when it is opened or closed, whoever did it, and whether the focus was in it. */
  onToggle = (/** @type {boolean} */ _isOpen, /** @type {boolean} */ _hadFocus) => {};
  /** Called when the raw state is to be drawn, or no more. */
  onGhosts = (/** @type {boolean} */ _wanted) => {};

  /** @type {{ name: MeterName, digits: number, value: Element, graph: Graph }[]} */
  #rows = [];

  /**
   * @param {HTMLElement} panel
   * @param {import('./meters.js').Meters} meters
   * @param {Network} network
   */
  constructor(panel, meters, network) {
    this.panel = panel;
    this.meters = meters;
    this.network = network;
    const list = find(panel, 'dl', HTMLElement);
    this.transport = find(panel, '.transport', HTMLElement);
    for (const row of ROWS) this.#addRow(list, row);
    this.#wireSimulator();
    const ghosts = find(panel, '[name=ghosts]', HTMLInputElement);
    onPress(ghosts, () => this.onGhosts(ghosts.checked));
    onPress(find(panel, '.close', HTMLButtonElement), () => this.toggle(false));
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  /** @param {boolean} [open] the other way round if left out */
  toggle(open = !this.isOpen) {
    if (open === this.isOpen) return;
    const hadFocus = this.panel.contains(document.activeElement);
    this.panel.hidden = !open;
    this.onToggle(open, hadFocus);
    if (open) this.update();
  }

  /** Shows the newest samples. */
  update() {
    setText(this.transport, transportText(this.meters.transport));
    for (const { name, digits, value, graph } of this.#rows) {
      const meter = this.meters.by[name];
      setText(value, Number.isNaN(meter.newest) ? '–' : meter.newest.toFixed(digits));
      graph.draw(meter);
    }
  }

  /**
   * @param {HTMLElement} list
   * @param {[MeterName, string, string, number, number, string]} row
   */
  #addRow(list, [name, title, unit, digits, floor, meaning]) {
    const row = make('div');
    row.title = meaning;
    row.dataset.meter = name;
    const number = make('dd');
    const value = make('b', '', '–');
    number.append(value, make('i', '', unit));
    const canvas = make('canvas');
    canvas.setAttribute('aria-hidden', 'true');
    row.append(make('dt', '', title), canvas, number);
    list.append(row);
    this.#rows.push({ name, digits, value, graph: new Graph(canvas, floor) });
  }

  #wireSimulator() {
    const { network, panel } = this;
    for (const name of /** @type {const} */ (['latency', 'jitter', 'stall'])) {
      const slider = find(panel, `[name=${name}]`, HTMLInputElement);
      const shown = find(panel, `output[for=${slider.id}]`, HTMLElement);
      const unit = name === 'stall' ? ' %' : ' ms';
      // What an address asked for can be more than the slider has.
      slider.max = String(Math.max(Number(slider.max), Math.min(MOST[name], network.conditions[name])));
      slider.value = String(network.conditions[name]);
      setText(shown, network.conditions[name] + unit);
      slider.addEventListener('input', () => {
        network.conditions = { ...network.conditions, [name]: Number(slider.value) };
        setText(shown, slider.value + unit);
      });
      // Who dragged it steers the ship again; who came by Tab goes on with arrow keys.
      slider.addEventListener('pointerup', () => slider.blur());
    }
    onPress(find(panel, '.stall', HTMLButtonElement), () => network.stall(PRESSED_STALL_MS, performance.now()));
  }
}

/**
 * What carries the connection, in words.
 * @param {import('../../sdk/index.js').Transport | undefined} transport
 */
function transportText(transport) {
  if (transport === undefined) return '–';
  return { websocket: 'WebSocket', stream: 'HTTP stream', poll: 'HTTP polls' }[transport];
}
