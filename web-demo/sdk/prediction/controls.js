/**
 * The live input: what the player wants now, by the names of the schema, and when it is to be told.
 * Pure; it neither sends nor keeps what was sent.
 *
 * A button acts once per press: from the call that presses it until the tick that takes the press. It
 * must be let go of before it can be pressed again.
 *
 * @module
 */

import { inputValues } from '../wire/named-values.js';

/** @typedef {import('../wire/schema.js').Schema} Schema */
/** @typedef {{[field: string]: number | boolean}} GivenFields fields of an input; missing ones are 0 */
/** @typedef {{[field: string]: number}} InputFields all fields of an input, whole and in range */

/** An input that has not changed is told again after this long, in milliseconds. */
const LONGEST_MS = 500;

/** What the player wants. */
export class Controls {
  constructor() {
    /** @type {Schema | undefined} */
    this._schema = undefined;
    /** By field: what holds; presses that wait for their tick; what the caller last gave. */
    this._values = /** @type {number[]} */ ([]);
    this._given = /** @type {number[]} */ ([]);
    /** The same by name, on whichever connection. @type {GivenFields} */
    this._wanted = {};
    this._told = /** @type {number[] | undefined} */ (undefined);
    this._toldAt = -Infinity;
    /** The input as it would take effect now. @type {InputFields} */
    this.fields = {};
  }

  /**
   * Starts over for a connection: what was given holds on, but nothing is pressed, and nothing has been
   * told. A button that is held has to be let go of first.
   *
   * @param {Schema} schema
   */
  start(schema) {
    this._schema = schema;
    this._given = inputValues(schema, this._wanted);
    this._values = this._given.map((value, index) => (this._isButton(index) ? 0 : value));
    this._told = undefined;
    this._toldAt = -Infinity;
    this.fields = {};
    this._write();
  }

  /**
   * What the player wants, also before there is a connection.
   *
   * @param {GivenFields} given
   */
  set(given) {
    this._wanted = { ...given };
    if (!this._schema) return;
    const values = inputValues(this._schema, given);
    this._schema.inputs.forEach(({ kind }, index) => {
      const isButton = kind.type === 'button';
      const isPressed = isButton && values[index] > this._given[index];
      this._given[index] = values[index];
      if (!isButton || isPressed) this._values[index] = values[index];
    });
    this._write();
  }

  /** Whether it is to be told now. @param {number} now */
  isDue(now) {
    const { _told: told, _values: values } = this;
    if (!told || now - this._toldAt >= LONGEST_MS) return true;
    return values.some((value, index) => (this._isButton(index) ? value > 0 : value !== told[index]));
  }

  /** It has been told as it is: presses have been taken. @param {number} now */
  handleTold(now) {
    this._told = [...this._values];
    this._toldAt = now;
    this.release();
  }

  /** What was told has not been heard. */
  handleUnheard() {
    this._told = undefined;
  }

  /** Forgets presses that no tick has taken. */
  release() {
    for (let index = 0; index < this._values.length; index += 1) {
      if (this._isButton(index)) this._values[index] = 0;
    }
    this._write();
  }

  /** @param {number} index */
  _isButton(index) {
    return this._schema?.inputs[index].kind.type === 'button';
  }

  _write() {
    this._schema?.inputs.forEach(({ name }, index) => {
      this.fields[name] = this._values[index];
    });
  }
}
