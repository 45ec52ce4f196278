// What is shipped goes in rounds. One that fails holds nothing up: what it would have sent waits where it is, the next one comes
// later and later, and is told of once.
import { fetchFailure } from '../../../model/errors.ts';

interface ShipRoundsOptions {
  /** Sends what there is; throws where the server does not take it. */
  round: (signal: AbortSignal) => Promise<void>;
  /** The first of several that fail. */
  failing: (why: string) => void;
  /** Between two rounds, ms. */
  pauseMs?: number;
}

const usualPauseMs = 2000;
const longestPauseMs = 60_000;

export class ShipRounds {
  readonly #options: ShipRoundsOptions;
  readonly #usualMs: number;
  readonly #over = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  #working: Promise<void> = Promise.resolve();
  #pauseMs: number;
  #fails = false;

  /** Begins at once. */
  constructor(options: ShipRoundsOptions) {
    this.#options = options;
    this.#usualMs = options.pauseMs ?? usualPauseMs;
    this.#pauseMs = this.#usualMs;
    this.#soon();
  }

  /** Resolves when nothing is sent any more. */
  async stop(): Promise<void> {
    this.#over.abort();
    if (this.#timer) clearTimeout(this.#timer);
    await this.#working;
  }

  #soon(): void {
    if (this.#over.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#working = this.#round().finally(() => this.#soon());
    }, this.#pauseMs).unref();
  }

  async #round(): Promise<void> {
    try {
      await this.#options.round(this.#over.signal);
      this.#pauseMs = this.#usualMs;
      this.#fails = false;
    } catch (error) {
      if (this.#over.signal.aborted) return;
      if (!this.#fails) this.#options.failing(fetchFailure(error));
      this.#fails = true;
      this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs * 2);
    }
  }
}
