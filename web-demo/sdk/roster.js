/**
 * Who is in a room: the welcome's list, then whoever comes and goes; and word of it.
 *
 * @module
 */

/** @typedef {import('./emitter.js').Emitter<import('./room-events.js').RoomEvents>} RoomEmitter */
/** @typedef {import('./wire/messages.js').RosterEntry} RosterEntry */

/** Keeps a room's roster. */
export class Roster {
  /** @param {Map<number, RosterEntry>} entries the map to keep up to date @param {RoomEmitter} emitter */
  constructor(entries, emitter) {
    this._entries = entries;
    this._emitter = emitter;
  }

  /**
   * Starts over for a connection, and tells nobody yet.
   *
   * @param {RosterEntry[]} entries
   */
  start(entries) {
    this._entries.clear();
    for (const entry of entries) this._entries.set(entry.player, entry);
  }

  /** Tells who is there. */
  tell() {
    this._emitter.emit('roster', this._entries);
  }

  /** @param {RosterEntry} entry */
  handleJoined(entry) {
    this._entries.set(entry.player, entry);
    this._emitter.emit('joined', entry);
    this.tell();
  }

  /** @param {number} player @param {string} name */
  handleRenamed(player, name) {
    const before = this._entries.get(player);
    if (!before) return;
    const entry = { ...before, name };
    this._entries.set(player, entry);
    this._emitter.emit('renamed', { ...entry, before: before.name });
    this.tell();
  }

  /** @param {number} player */
  handleLeft(player) {
    const entry = this._entries.get(player);
    if (!entry) return;
    this._entries.delete(player);
    this._emitter.emit('left', entry);
    this.tell();
  }
}
