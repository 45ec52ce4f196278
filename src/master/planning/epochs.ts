// Assignment epochs: one counter of the hub, drawn in blocks, so that a later placement is above every earlier one.
import { OneAtATime } from '../../model/one-at-a-time.ts';
import type { Store } from '../../store/store.ts';

const blockSize = 1_000;

export class Epochs {
  readonly #store: Store;
  #next = 0;
  #end = 0;
  readonly #drawing = new OneAtATime();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Begins above `seen` (the highest epoch that any record or agent knows). Durable before it resolves. */
  async begin(seen: number): Promise<void> {
    this.#next = await this.#store.draw('epoch', blockSize, seen + 1);
    this.#end = this.#next + blockSize;
  }

  /** The highest number that may have been given. */
  get highest(): number {
    return this.#end - 1;
  }

  /** `count` numbers, each above all given before and above `seen`, which may be another hub's. */
  take(count: number, seen = 0): Promise<number[]> {
    return this.#drawing.run(async () => {
      this.#next = Math.max(this.#next, seen + 1);
      const numbers: number[] = [];
      while (numbers.length < count) {
        if (this.#next >= this.#end) {
          const size = Math.max(blockSize, count - numbers.length);
          this.#next = await this.#store.draw('epoch', size, this.#next);
          this.#end = this.#next + size;
        }
        numbers.push(this.#next);
        this.#next += 1;
      }
      return numbers;
    });
  }
}
