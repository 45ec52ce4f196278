// Whether this process stood still (SIGSTOP, a machine asleep) for so long that what it knew may not hold any more.
import { Elapsed } from '../requests/elapsed.ts';

export class Standstill {
  readonly #mostMs: number;
  readonly #ask: () => Promise<unknown>;
  /** Since when it certainly runs. */
  #ticked = new Elapsed();
  #waking: Promise<void> | null = null;

  /** @param ask finds out what holds now; that it fails is its own to tell */
  constructor(mostMs: number, ask: () => Promise<unknown>) {
    this.#mostMs = mostMs;
    this.#ask = ask;
  }

  /** It runs; to be called more often than every `mostMs`. */
  tick(): void {
    void this.waking; // before the clock of it is wound again
    this.#ticked = new Elapsed();
  }

  /** After a standstill: resolves when it was asked what holds now. null: there was none, or that is over. */
  get waking(): Promise<void> | null {
    if (this.#ticked.ms > this.#mostMs) {
      this.#ticked = new Elapsed();
      this.#waking = this.#ask()
        .then(
          () => undefined,
          () => undefined,
        )
        .finally(() => {
          this.#waking = null;
        });
    }
    return this.#waking;
  }
}
