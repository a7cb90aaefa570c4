/**
 * The bar under a recording: play and pause, speed, time, and where it is, with marks. It tells what was pressed
 * and shows what it is told; it must not ask the server.
 */
import { find, make, onPress, setText } from '../hud/page.js';
import { BROKEN, PAUSED } from './remote.js';
import { timeText } from './timeline.js';

/** @typedef {import('./remote.js').ReplayState} ReplayState */
/** @typedef {import('./timeline.js').Marker} Marker */

export class ReplayBar {
  onToggle = () => {};
  /** Called with a tick to go to. */
  onSeek = (/** @type {number} */ _tick) => {};
  onStep = (/** @type {1 | -1} */ _ticks) => {};
  onSpeed = (/** @type {number} */ _speed) => {};

  #isHeld = false;

  /** @param {HTMLElement} bar */
  constructor(bar) {
    this.bar = bar;
    this.notice = find(bar, 'p', HTMLElement);
    this.range = find(bar, 'input', HTMLInputElement);
    this.marks = find(bar, '.marks', HTMLElement);
    this.toggle = find(bar, '.toggle', HTMLButtonElement);
    this.time = find(bar, '.time b', HTMLElement);
    this.length = find(bar, '.length', HTMLElement);
    this.tick = find(bar, '.tick', HTMLElement);
    this.speed = find(bar, 'select', HTMLSelectElement);
    onPress(this.toggle, () => this.onToggle());
    onPress(find(bar, '.back', HTMLButtonElement), () => this.onStep(-1));
    onPress(find(bar, '.ahead', HTMLButtonElement), () => this.onStep(1));
    this.range.addEventListener('pointerdown', () => (this.#isHeld = true));
    for (const end of ['pointerup', 'pointercancel', 'blur']) {
      this.range.addEventListener(end, () => (this.#isHeld = false));
    }
    this.range.addEventListener('input', () => this.onSeek(this.range.valueAsNumber));
    let isPointed = false;
    this.speed.addEventListener('pointerdown', () => (isPointed = true));
    this.speed.addEventListener('keydown', () => (isPointed = false));
    this.speed.addEventListener('change', () => {
      this.onSpeed(Number(this.speed.value));
      // Whoever chose with a pointer goes on with the recording's keys.
      if (isPointed) this.speed.blur();
    });
  }

  /** @param {boolean} isShown */
  show(isShown) {
    this.bar.hidden = !isShown;
    document.body.toggleAttribute('data-replay', isShown);
    if (!isShown) this.mark([]);
  }

  /**
   * @param {ReplayState} state
   * @param {number | undefined} target where it is about to be
   * @param {number} speed that is wanted
   * @param {number} rate ticks per second
   */
  update({ tick, length, flags }, target, speed, rate) {
    const shown = this.#isHeld ? this.range.valueAsNumber : (target ?? tick);
    const isPaused = (flags & PAUSED) !== 0;
    if (this.range.max !== String(length)) this.range.max = String(length);
    if (!this.#isHeld && this.range.value !== String(shown)) this.range.value = String(shown);
    this.range.style.setProperty('--share', String(length > 0 ? shown / length : 0));
    const [time, whole] = [timeText(shown, rate), timeText(length, rate)];
    const spoken = `${time} of ${whole}`;
    if (this.range.getAttribute('aria-valuetext') !== spoken) this.range.setAttribute('aria-valuetext', spoken);
    setText(this.time, time);
    setText(this.length, whole);
    setText(this.tick, `tick ${shown}`);
    if (this.bar.classList.toggle('paused', isPaused) !== (this.toggle.ariaLabel === 'Play')) {
      this.toggle.ariaLabel = isPaused ? 'Play' : 'Pause';
    }
    if (this.speed.value !== String(speed)) this.speed.value = String(speed);
    setText(this.notice, (flags & BROKEN) !== 0 ? 'This server cannot compute the match as it was recorded.' : '');
  }

  /** @param {Marker[]} markers */
  mark(markers) {
    this.marks.replaceChildren(
      ...markers.map(({ tick, kind, share, title }) => {
        const mark = make('i', kind);
        mark.title = title;
        mark.style.setProperty('--share', String(share));
        mark.addEventListener('click', () => this.onSeek(tick));
        return mark;
      }),
    );
  }
}
