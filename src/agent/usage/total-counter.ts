// The cpu counter of the group above many: while it stands still nothing of any of them has run, and none of theirs need be read.
// One for each such group of this node.
import { SmallFile } from './small-file.ts';

/** Who asks within this of a reading is told that one, ms: a round over a thousand reads it once a second. */
const holdsMs = 1000;

export class TotalCounter {
  readonly #file: SmallFile;
  #readAt: number | null = null;
  #value: number | null = null;

  constructor(path: string) {
    this.#file = new SmallFile(path);
  }

  /**
   * What all below it have used, as of now or a moment ago.
   * @param now monotonic ms; @param read takes the counter out of its file
   * @returns null: nothing counts that
   */
  at(now: number, read: (file: SmallFile) => number | null): number | null {
    if (this.#readAt === null || now - this.#readAt >= holdsMs || now < this.#readAt) {
      this.#value = read(this.#file);
      this.#readAt = now;
    }
    return this.#value;
  }
}

const counters = new Map<string, TotalCounter>();

/** The one of a file; there are as many as there are trees in which this agent makes groups. */
export function totalCounter(path: string): TotalCounter {
  let counter = counters.get(path);
  if (!counter) counters.set(path, (counter = new TotalCounter(path)));
  return counter;
}
