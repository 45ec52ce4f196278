// Of which programs nothing runs at the moment, as far as whoever measures them (sampler.ts) knows: what only a program itself can do
// need not be looked for meanwhile.
import type { Entry } from '../instance/entry.ts';

export class Resting {
  readonly #since = new WeakMap<Entry, number>();
  #rests = 0;

  /** What the newest sample says. */
  note(entry: Entry, rests: boolean): void {
    if (!rests) this.#since.delete(entry);
    else if (!this.#since.has(entry)) this.#since.set(entry, ++this.#rests);
  }

  /** A number of its own for each rest, the same as long as that lasts; null: something runs, or nobody knows. */
  of(entry: Entry): number | null {
    return this.#since.get(entry) ?? null;
  }
}
