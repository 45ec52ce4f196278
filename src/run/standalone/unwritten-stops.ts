// Apps that were stopped while the store took no writes, for an agent that starts again before that could be written: an empty file
// each. On a full disk a new name mostly finds room in its directory where no byte of content would.
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export class UnwrittenStops {
  readonly #directory: string;

  /** @param storeDirectory of the agent */
  constructor(storeDirectory: string) {
    this.#directory = join(storeDirectory, 'unwritten-stops');
    try {
      mkdirSync(this.#directory, { mode: 0o700 });
    } catch {
      // it is there, or there is no room for it: then nothing can be kept
    }
  }

  /** Apps whose stop is not written. */
  get all(): string[] {
    try {
      return readdirSync(this.#directory).map(decodeURIComponent);
    } catch {
      return []; // no directory
    }
  }

  /** Durable when it returns. @returns whether the next agent will know */
  keep(app: string): boolean {
    try {
      for (const [path, flags] of [[this.#fileOf(app), 'a'] as const, [this.#directory, 'r'] as const]) {
        const file = openSync(path, flags, 0o600);
        try {
          fsyncSync(file);
        } finally {
          closeSync(file);
        }
      }
      return true;
    } catch {
      return false; // not even a name fits: whoever stopped it is told
    }
  }

  /** It is written, or wanted no more. */
  drop(app: string): void {
    rmSync(this.#fileOf(app), { force: true });
  }

  #fileOf(app: string): string {
    return join(this.#directory, encodeURIComponent(app));
  }
}
