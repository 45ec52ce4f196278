// Launches that have begun and were never measured: each is soon after its begin, a few at a time. While many begin they wait, since
// the starts themselves need the time.
import { monoMs } from '../moment.ts';

interface FirstSamplesOptions {
  /** At the latest so long after the begin of a launch, ms, where few begin. */
  afterMs: number;
  /** @returns true: it needs another look */
  take: (id: string) => boolean;
  /** Some have been taken. */
  taken: () => void;
}

const afterMs = 2000;
/** So many in one go, and the pause between two goes. */
const slice = 10;
const sliceMs = 100;
/** Many wait until nothing has begun for so long, but never longer than that, ms. */
const calmMs = 1000;
const patienceMs = 5000;

export class FirstSamples {
  readonly #options: FirstSamplesOptions;
  readonly #afterMs: number;
  /** When each is due, oldest first; monotonic ms. */
  readonly #due = new Map<string, number>();
  #newest = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: FirstSamplesOptions) {
    this.#options = options;
    this.#afterMs = Math.min(afterMs, options.afterMs);
  }

  /** @param now monotonic ms */
  begun(id: string, now: number): void {
    if (this.#due.has(id)) return;
    this.#newest = now;
    this.#due.set(id, now + this.#afterMs);
    if (!this.#timer) this.#later(sliceMs);
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #later(pause: number): void {
    this.#timer = setTimeout(() => this.#go(), pause).unref();
  }

  #go(): void {
    this.#timer = null;
    const now = monoMs();
    if (this.#isStorm(now)) return this.#later(sliceMs);
    let taken = 0;
    for (const [id, due] of this.#due) {
      if (due > now || taken++ >= slice) break;
      this.#due.delete(id);
      if (this.#options.take(id)) this.#due.set(id, now + this.#afterMs);
    }
    const [next] = this.#due.values();
    if (next !== undefined) this.#later(Math.max(sliceMs, next - now));
    if (taken > 0) this.#options.taken();
  }

  #isStorm(now: number): boolean {
    const [oldest = now] = this.#due.values();
    return this.#due.size > slice && now - this.#newest < calmMs && now - oldest < patienceMs;
  }
}
