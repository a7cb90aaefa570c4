/**
 * Handlers by event name. A handler that throws breaks neither the emitter nor other handlers; the
 * error goes to `error` handlers, or to the console when there are none.
 *
 * @module
 */

/**
 * @template {{error: Error}} Events payload by event name
 */
export class Emitter {
  constructor() {
    /** @type {Map<keyof Events, Set<(payload: any) => void>>} */
    this._handlers = new Map();
  }

  /**
   * Adds a handler.
   *
   * @template {keyof Events} Name
   * @param {Name} event
   * @param {(payload: Events[Name]) => void} handler
   * @returns {() => void} removes the handler
   */
  on(event, handler) {
    const handlers = this._handlers.get(event) ?? new Set();
    this._handlers.set(event, handlers);
    // A wrapper of its own, so that one function added twice is called and removed twice.
    /** @param {Events[Name]} payload */
    const entry = (payload) => handler(payload);
    handlers.add(entry);
    return () => void handlers.delete(entry);
  }

  /**
   * Whether an event has handlers.
   *
   * @param {keyof Events} event
   */
  hears(event) {
    return (this._handlers.get(event)?.size ?? 0) > 0;
  }

  /**
   * Calls the handlers of an event.
   *
   * @template {keyof Events} Name
   * @param {Name} event
   * @param {Events[Name]} payload
   */
  emit(event, payload) {
    for (const handler of this._handlers.get(event) ?? []) {
      try {
        handler(payload);
      } catch (thrown) {
        this._report(event, thrown);
      }
    }
  }

  /**
   * @param {keyof Events} event
   * @param {unknown} thrown
   */
  _report(event, thrown) {
    if (event === 'error' || !this.hears('error')) {
      console.error(`tickwire: a handler of '${String(event)}' threw`, thrown);
      return;
    }
    this.emit('error', thrown instanceof Error ? thrown : new Error(String(thrown)));
  }
}
