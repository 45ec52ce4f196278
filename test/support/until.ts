// Waiting for what is to come, without a fixed time.
import { crowding } from './busyness.ts';
import { noteStep } from './steps.ts';

/** Who waits longer than this is noted before the end of it, too: its file may run out of time. */
const longMs = 5_000;

/**
 * Lets time pass: for what must not happen in it, or to space out what a test does. What shall happen is waited for by `until`.
 */
export const letPass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Polls until `condition` gives something truthy, and gives that.
 * @param what names the condition in the error
 * @param timeoutMs default 60 s: what a kernel or a disk decides takes long on a busy machine, and a wait that is over costs nothing.
 *   On a crowded machine (two runs of all tests beside each other) it waits as much longer.
 *   Where an end within some time is promised, a test measures that itself (busyness.ts).
 * @throws Error after `timeoutMs`, with the last thing the condition threw, if any
 */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  timeoutMs = 60_000,
): Promise<Exclude<T, null | undefined | false | 0 | ''>> {
  const began = Date.now();
  let last: unknown;
  let noted = false;
  for (let pause = 5; ; pause = Math.min(pause * 1.5, 100)) {
    try {
      const value = await condition();
      if (value) {
        noteStep(what, Date.now() - began);
        return value as Exclude<T, null | undefined | false | 0 | ''>;
      }
      last = undefined;
    } catch (error) {
      last = error;
    }
    const waited = Date.now() - began;
    if (waited > longMs && !noted) {
      noteStep(`${what} (not yet)`, waited);
      noted = true;
    }
    if (waited > timeoutMs && waited > timeoutMs * crowding())
      throw new Error(`gave up after ${waited} ms waiting for: ${what}${last ? ` (${String(last)})` : ''}`);
    await letPass(pause);
  }
}
