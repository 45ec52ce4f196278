// Work that comes in floods (1,000 agents that return at once), done in slices: at once while there is little, else a slice a turn of
// the loop, in the order of its coming. Timers, beats and the API are served in between.

/** Longest slice, ms. */
const sliceMs = 10;

export class TimeSlices {
  #queue: (() => void)[] = [];
  #next = 0;
  #began = 0;
  #open = false;
  #scheduled = false;

  /** Does the work now or soon; it must not throw. */
  run(work: () => void): void {
    if (this.#next < this.#queue.length || (this.#open && performance.now() - this.#began > sliceMs)) {
      this.#queue.push(work);
      this.#schedule();
      return;
    }
    this.#begin();
    work();
  }

  /** Resolves when all that was given so far is done. */
  settled(): Promise<void> {
    return this.#next < this.#queue.length ? new Promise((resolve) => this.run(resolve)) : Promise.resolve();
  }

  /** A slice begins with the first work of a turn of the loop and ends with that turn. */
  #begin(): void {
    if (this.#open) return;
    this.#open = true;
    this.#began = performance.now();
    setImmediate(() => {
      this.#open = false;
    });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#slice());
  }

  #slice(): void {
    this.#scheduled = false;
    this.#open = true;
    this.#began = performance.now();
    while (this.#next < this.#queue.length && performance.now() - this.#began <= sliceMs) this.#queue[this.#next++]!();
    if (this.#next < this.#queue.length) this.#schedule();
    else {
      this.#queue = [];
      this.#next = 0;
    }
    setImmediate(() => {
      this.#open = false;
    });
  }
}
