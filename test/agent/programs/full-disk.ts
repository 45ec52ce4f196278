// A small disk that is filled to its last byte, and emptied again.
import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export class FullDisk {
  readonly #filler: string;

  /** @param directory on that disk */
  constructor(directory: string) {
    this.#filler = join(directory, 'filler');
  }

  /** Until not even a byte fits. */
  fill(): void {
    for (let size = 1 << 20; size >= 1;) {
      try {
        appendFileSync(this.#filler, Buffer.alloc(size));
      } catch {
        size = size === 1 ? 0 : size >> 1;
      }
    }
  }

  /** There is room again; also where it was never filled. */
  empty(): void {
    rmSync(this.#filler, { force: true });
  }
}
