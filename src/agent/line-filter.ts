// Keeps the lines of a stream that match, across chunks: a line that is not whole yet waits for its end.
import type { OutputChunk } from './effects/output.ts';

/** A line longer than this is judged in pieces, so that a program without line ends cannot fill the memory. */
const longestLine = 1 << 20;

export class LineFilter {
  readonly #matches: (line: string) => boolean;
  #rest: Buffer = Buffer.alloc(0);

  constructor(matches: (line: string) => boolean) { this.#matches = matches; }

  take(chunk: OutputChunk): OutputChunk {
    const all = Buffer.concat([this.#rest, chunk.bytes]), kept: Buffer[] = [];
    let from = 0;
    for (let end = all.indexOf(10, from); end >= 0; end = all.indexOf(10, from)) {
      const line = all.subarray(from, end + 1);
      if (this.#matches(line.toString('utf8', 0, line.length - 1))) kept.push(line);
      from = end + 1;
    }
    this.#rest = all.subarray(from);
    if (this.#rest.length > longestLine) {
      if (this.#matches(this.#rest.toString())) kept.push(this.#rest);
      this.#rest = Buffer.alloc(0);
    }
    return { ...chunk, bytes: Buffer.concat(kept) };
  }

  /**
   * The last `count` lines of a whole piece that match.
   * @param more whether the stream is followed from there: a last line without its end then waits for it
   */
  last(chunk: OutputChunk, count: number, more: boolean): OutputChunk {
    const end = more ? chunk.bytes.lastIndexOf(10) + 1 : chunk.bytes.length;
    this.#rest = Buffer.from(chunk.bytes.subarray(end)); // a copy: the piece may be large
    const lines = chunk.bytes.toString('latin1', 0, end).split(/(?<=\n)/).filter((line) => line !== '' && this.#matches(Buffer.from(line.replace(/\n$/, ''), 'latin1').toString()));
    return { ...chunk, bytes: Buffer.from(count > 0 ? lines.slice(-count).join('') : '', 'latin1') };
  }
}
