/**
 * Promises that somebody else settles, and that nobody need wait for.
 *
 * @module
 */

/**
 * A promise that may be rejected without anybody waiting for it: that is no fault of the program's.
 *
 * @template Value
 * @param {Promise<Value>} promise
 */
export function unminded(promise) {
  promise.catch(() => {});
  return promise;
}

/** A promise and the two ways to settle it. */
export function deferred() {
  /** @type {() => void} */
  let resolve = () => {};
  /** @type {(error: Error) => void} */
  let reject = () => {};
  /** @type {Promise<void>} */
  const promise = new Promise((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
