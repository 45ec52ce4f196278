// Whether the file system fills up so fast that somebody's output may be it: told by its free space, so that no stream is looked at
// for that. It may be somebody else's doing (a database's), for hours.
import { statfs } from 'node:fs/promises';

/** So many bytes less are free than at the look before, a second ago. */
const floodBytes = 32 * 1024 ** 2;
const pauseMs = { least: 1000, most: 8000 };

export class Flood {
  readonly #directory: string;
  #free = Infinity;
  #searchAfter = 0;
  #pauseMs = pauseMs.least;

  /** @param directory on the file system where output lies */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** To be asked once a second. */
  async look(): Promise<boolean> {
    try {
      const { bavail, bsize } = await statfs(this.#directory);
      const free = bavail * bsize;
      const fell = this.#free - free;
      this.#free = free;
      return fell > floodBytes && fell !== Infinity;
    } catch {
      return false; // then they are found by the slow turns
    }
  }

  /** Streams whose programs seemed to rest are searched, too: less and less often while none is found among them. @param now ms */
  maySearch(now: number): boolean {
    if (now < this.#searchAfter) return false;
    this.#pauseMs = Math.min(this.#pauseMs * 2, pauseMs.most);
    this.#searchAfter = now + this.#pauseMs;
    return true;
  }

  /** It was a stream. */
  found(): void {
    this.#pauseMs = pauseMs.least;
    this.#searchAfter = 0;
  }
}
