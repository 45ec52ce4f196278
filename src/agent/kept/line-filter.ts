// The lines of a stream across chunks: a line that is not whole yet waits for its end, and only those that match are kept.
import type { OutputChunk } from '../effects/output/output.ts';

/** A line longer than this is judged in pieces, so that a program without line ends cannot fill the memory. */
const longestLine = 1 << 20;

export class LineFilter {
  readonly #matches: ((line: string) => boolean) | null;
  #rest: Buffer = Buffer.alloc(0);

  /** @param matches null: every line */
  constructor(matches: ((line: string) => boolean) | null) {
    this.#matches = matches;
  }

  /** Whether some lines are left out. */
  get filters(): boolean {
    return this.#matches !== null;
  }

  /** The whole lines that a chunk completes, each with its line end and the cursor after it. */
  lines(chunk: OutputChunk): { to: number; bytes: Buffer }[] {
    const all = this.#joined(chunk);
    const begin = chunk.from - this.#rest.length;
    const kept: { to: number; bytes: Buffer }[] = [];
    let from = 0;
    for (let end = all.indexOf(10, from); end >= 0; end = all.indexOf(10, from)) {
      const line = all.subarray(from, end + 1);
      if (this.#keeps(line, line.length - 1)) kept.push({ to: begin + end + 1, bytes: line });
      from = end + 1;
    }
    this.#rest = Buffer.from(all.subarray(from)); // a copy: the chunk may be large
    if (this.#rest.length > longestLine) kept.push(...this.rest().map((bytes) => ({ to: chunk.to, bytes })));
    return kept;
  }

  /** What is left of the last line, where that matches; it counts as a line then. */
  rest(): Buffer[] {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return rest.length > 0 && this.#keeps(rest, rest.length) ? [rest] : [];
  }

  #joined({ bytes }: OutputChunk): Buffer {
    return this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
  }

  #keeps(line: Buffer, length: number): boolean {
    return this.#matches === null || this.#matches(line.toString('utf8', 0, length));
  }

  /** The matching lines as one chunk. Its `to` is where the next line begins, so that whoever goes on from there gets it whole. */
  take(chunk: OutputChunk): OutputChunk {
    const bytes =
      this.#matches === null ? this.#whole(chunk) : Buffer.concat(this.lines(chunk).map(({ bytes }) => bytes));
    return { from: chunk.from, to: chunk.to - this.#rest.length, bytes };
  }

  /** All whole lines, without looking at each. */
  #whole(chunk: OutputChunk): Buffer {
    const all = this.#joined(chunk);
    const end = all.lastIndexOf(10) + 1;
    this.#rest = Buffer.from(all.subarray(end));
    return this.#rest.length > longestLine
      ? Buffer.concat([all.subarray(0, end), ...this.rest()])
      : all.subarray(0, end);
  }
}
