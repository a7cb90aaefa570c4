/**
 * Smooths away what was shown ahead of the states and turned out otherwise: the entity is drawn
 * beside where it is, by ever less. One per entity that is shown ahead of its states.
 *
 * @module
 */

/** @typedef {import('../replica/entities.js').Entity} Entity */
/** @typedef {import('../replica/shapes.js').Shape} Shape */

/** After this long a third of a difference is left, in milliseconds: gently enough that it hardly adds
 * to how fast something flies. */
const FADE_MS = 200;
/** A difference below this many steps of the wire is none. */
const NOTHING = 0.25;

/** The differences of one entity. */
export class Correction {
  /** @param {Shape} shape */
  constructor({ properties }) {
    /** Only places are smoothed. */
    this._places = properties.filter(({ motion }) => motion === 'blend');
    this._shown = new Float64Array(this._places.length);
    this._offsets = new Float64Array(this._places.length);
    /** Whether it is drawn beside where it is. */
    this.isOff = false;
    /** The tick that was shown, and that of the newest state then. */
    this.tick = -Infinity;
    this.newest = -Infinity;
  }

  /**
   * The entity as it was shown would now be elsewhere: it stays where it was, at first.
   *
   * @param {Entity} entity as it would be now at the tick that was shown
   */
  displace(entity) {
    this._places.forEach(({ name }, place) => {
      this._offsets[place] = this._shown[place] - entity[name];
    });
    this.isOff = true;
  }

  /** An entity that does not move is shown once more. @param {number} tick that it is shown at */
  stay(tick) {
    this.tick = tick;
  }

  /**
   * Moves an entity that is to be shown.
   *
   * @param {Entity} entity
   * @param {number} tick that it is shown at
   * @param {number} newest tick of its newest state
   * @param {number} passedMs since the last time
   */
  apply(entity, tick, newest, passedMs) {
    this.tick = tick;
    this.newest = newest;
    const kept = Math.exp(-passedMs / FADE_MS);
    let isOff = false;
    for (let place = 0; place < this._places.length; place += 1) {
      const { name, step } = this._places[place];
      if (this.isOff) {
        const offset = this._offsets[place] * kept;
        this._offsets[place] = Math.abs(offset) < NOTHING * step ? 0 : offset;
        entity[name] += this._offsets[place];
        if (this._offsets[place] !== 0) isOff = true;
      }
      this._shown[place] = entity[name];
    }
    this.isOff = isOff;
  }
}
