// Asks again and again, without haste: not while nobody looks, and later when the server says so.

const SLOWEST = 30_000;

/**
 * Calls `step()` until `signal` aborts. It resolves to the milliseconds to wait before the next call, or to null to
 * end. A step that throws is tried again, each time later; `failed(error)` hears of it.
 */
export async function repeat(step, { signal, failed }) {
  let failures = 0;
  while (!signal.aborted) {
    let wait;
    try {
      wait = await step();
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      failed?.(error);
      if (error.status === 403 || error.status === 404) return; // asking again changes neither
      wait = Math.min(SLOWEST, error.retryAfter ? error.retryAfter * 1000 : 2000 * 2 ** failures);
    }
    if (wait === null) return;
    await pause(wait, signal);
  }
}

/** Resolves after `milliseconds`, and not before the page can be seen; at once when `signal` aborts. */
async function pause(milliseconds, signal) {
  await new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
  while (document.hidden && !signal.aborted) {
    await new Promise((resolve) => {
      document.addEventListener("visibilitychange", resolve, { once: true });
      signal.addEventListener("abort", resolve, { once: true });
    });
  }
}
