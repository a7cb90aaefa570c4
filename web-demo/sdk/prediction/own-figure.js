/**
 * The entity that is drawn from the own state: the newest that the server has told of it, with the
 * predicted state written over. It takes the place of the interpolated one.
 *
 * @module
 */

/** @typedef {import('../replica/entities.js').Entity} Entity */
/** @typedef {import('./prediction-rules.js').CompleteRules} CompleteRules */

/** What is drawn of the own state. */
export class OwnFigure {
  /** @param {CompleteRules} rules */
  constructor(rules) {
    this._rules = rules;
    this._id = 0;
    /** @type {Entity | undefined} */
    this._entity = undefined;
    /** Whether the own state is no more, while the others' time has not come to that. */
    this._isLast = false;
  }

  /** Starts over for a connection. */
  start() {
    this._id = 0;
    this._entity = undefined;
    this._isLast = false;
  }

  /** This is the entity from now on. @param {number} id */
  follow(id) {
    this._id = id;
    this._isLast = false;
  }

  /** The own state is no more. */
  end() {
    this._isLast = true;
  }

  /**
   * @param {Entity[]} shown
   * @param {ReadonlyMap<number, Entity>} entities the newest state
   * @param {any} state
   */
  show(shown, entities, state) {
    const newest = entities.get(this._id);
    if (!newest) return;
    if (this._entity?.id !== newest.id) this._entity = { ...newest };
    else Object.assign(this._entity, newest);
    this._rules.show(state, this._entity);
    this._put(shown, this._entity);
  }

  /**
   * After the end: as it was drawn last, until it is gone from what is shown of others too.
   *
   * @param {Entity[]} shown
   */
  showLast(shown) {
    if (!this._isLast || !this._entity) return;
    const { id } = this._entity;
    if (shown.some((entity) => entity.id === id)) this._put(shown, this._entity);
    else this._isLast = false;
  }

  /** @param {Entity[]} shown @param {Entity} own */
  _put(shown, own) {
    for (let index = 0; index < shown.length; index += 1) {
      if (shown[index].id !== own.id) continue;
      shown[index] = own;
      return;
    }
    shown.push(own);
  }
}
