// Ships the output of instances to an Elasticsearch (`--ship-logs URL`, off by default): lines as documents of the data stream
// logs-stathub-default, in bulk. The files of the output are the spool: a cursor for each stream says how far it was taken, so that
// nothing waits in memory, a server that is away holds nothing up, and a restart goes on where it was. A line that is sent twice
// has the same id and is kept once.
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { outputBounds, readOutput, type OutputChunk } from '../effects/output/output.ts';
import { outputFile, streams, type Stream } from '../effects/output/segments.ts';
import { ShipRounds } from '../../store/elasticsearch/shipping/ship-rounds.ts';
import { ShippingTarget } from '../../store/elasticsearch/shipping/shipped.ts';
import { LineFilter } from './line-filter.ts';

export interface Shipped {
  id: string;
  app: string;
  slot: number;
  directory: string;
  /** Nothing more will be printed. */ over: boolean;
}
interface ShippingOptions {
  /** Elasticsearch; may hold user and password. */
  url: string;
  node: string;
  /** What is shipped now: instances of this node, and those that are gone as long as their output is kept. */
  sources: () => Iterable<Shipped>;
  warn: (message: string) => void;
}

const batchBytes = 1 << 20;
const longestLine = 32_768;
/** Lines of one request, about: as documents, short ones are a hundred times as large. */
const requestLines = 5000;
/** Bytes that are taken apart into lines at once. */
const pieceBytes = 65_536;
/** Batches of one stream before others have their turn. */
const turnBatches = 8;
const target = 'logs-stathub-default';

type Cursors = Record<Stream, number>;

interface Line {
  /** Where the stream goes on behind it. */
  to: number;
  bytes: Buffer;
}

export class Shipping {
  readonly #options: ShippingOptions;
  readonly #target: ShippingTarget;
  readonly #cursors = new Map<string, Cursors>();
  /** Sizes of live files all of which is shipped: a stream that stands still costs one stat. */
  readonly #still = new Map<string, number>();
  /** Instances of which it was told what stands in the way. */
  readonly #told = new Set<string>();
  readonly #rounds: ShipRounds;

  /** Begins at once. */
  constructor(options: ShippingOptions) {
    this.#options = options;
    this.#target = new ShippingTarget(options.url, target, options.warn);
    this.#rounds = new ShipRounds({
      round: (signal) => this.#round(signal),
      failing: (why) => options.warn(`output is not shipped now, it waits in its files: ${why}`),
    });
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  async #round(signal: AbortSignal): Promise<void> {
    const present = new Set<string>();
    for (const source of this.#options.sources()) {
      present.add(source.id);
      for (const stream of streams) await this.#turn(source, stream, signal);
    }
    for (const id of this.#cursors.keys()) if (!present.has(id)) this.#cursors.delete(id);
    for (const id of this.#told) if (!present.has(id)) this.#told.delete(id);
    if (this.#still.size > 4 * present.size + 100) this.#still.clear();
  }

  /** Some batches of a stream. */
  async #turn(source: Shipped, stream: Stream, signal: AbortSignal): Promise<void> {
    for (let batch = 0; batch < turnBatches && !signal.aborted; batch++)
      if (!(await this.#ship(source, stream, signal))) return;
  }

  /** One batch of a stream. @returns whether there may be more @throws what the server does not take: all else holds up no other */
  async #ship(source: Shipped, stream: Stream, signal: AbortSignal): Promise<boolean> {
    const cursors = this.#cursorsOf(source);
    const found = await this.#news(source, stream, cursors[stream]).catch((error: unknown) =>
      this.#tell(source, error),
    );
    if (!found) return false;
    const before = cursors[stream];
    for (const lines of requestsOf(found.chunk, source.over)) {
      if (signal.aborted) break;
      await this.#send(lines, source, stream, signal);
      cursors[stream] = lines.at(-1)!.to;
    }
    if (cursors[stream] === before) return false; // its last line has no end yet
    try {
      this.#keep(source, cursors);
    } catch (error) {
      this.#tell(source, error); // known here until the agent ends; after that it goes once more, under the same names
    }
    return cursors[stream] < found.end;
  }

  /** What a stream has behind a cursor, and where it ends now; null: nothing. */
  async #news(
    { directory }: Shipped,
    stream: Stream,
    after: number,
  ): Promise<{ chunk: OutputChunk; end: number } | null> {
    const path = outputFile(directory, stream);
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined || this.#still.get(path) === size) return null;
    const { end } = await outputBounds(directory, stream);
    if (after >= end) {
      this.#still.set(path, size);
      return null;
    }
    this.#still.delete(path);
    return { chunk: await readOutput(directory, stream, after, batchBytes), end };
  }

  /** What stands in the way of one instance, once. One that has just come to its end lies elsewhere with the next round. */
  #tell({ id, directory }: Shipped, error: unknown): null {
    if (this.#told.has(id) || !existsSync(directory)) return null;
    this.#told.add(id);
    this.#options.warn(
      `output of ${id} cannot be read, or how far it is shipped not be noted: ${(error as Error).message}`,
    );
    return null;
  }

  async #send(lines: readonly Line[], { id, app, slot }: Shipped, stream: Stream, signal: AbortSignal): Promise<void> {
    const at = new Date().toISOString();
    await this.#target.send(
      lines.map(({ to, bytes }) => {
        const cursor = to - bytes.length;
        const message = bytes.toString('utf8', 0, Math.min(longestLine, bytes.length)).replace(/\r?\n$/, '');
        const about = { app, slot, instance: id, node: this.#options.node, stream, cursor };
        return { id: `${id}/${stream}/${cursor}`, json: JSON.stringify({ '@timestamp': at, message, ...about }) };
      }),
      signal,
    );
  }

  #cursorsOf({ id, directory }: Shipped): Cursors {
    let known = this.#cursors.get(id);
    if (!known) {
      try {
        known = {
          stdout: 0,
          stderr: 0,
          ...(JSON.parse(readFileSync(join(directory, 'shipped'), 'utf8')) as Partial<Cursors>),
        };
      } catch {
        known = { stdout: 0, stderr: 0 };
      } // none yet: from the beginning
      this.#cursors.set(id, known);
    }
    return known;
  }

  #keep({ directory }: Shipped, cursors: Cursors): void {
    const path = join(directory, 'shipped');
    writeFileSync(`${path}.new`, JSON.stringify(cursors), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }
}

/**
 * The lines of a chunk, as many as one request is to hold at a time; the last one of them is left where its end may yet come.
 * @param over nothing more will be printed
 */
function* requestsOf(chunk: OutputChunk, over: boolean): Generator<Line[]> {
  const filter = new LineFilter(null);
  let lines: Line[] = [];
  let none = true;
  for (let at = 0; at < chunk.bytes.length; at += pieceBytes) {
    const bytes = chunk.bytes.subarray(at, at + pieceBytes);
    const from = chunk.from + at;
    lines = lines.concat(filter.lines({ from, to: from + bytes.length, bytes }));
    if (lines.length < requestLines) continue;
    yield lines;
    none = false;
    lines = [];
  }
  // A line as large as a batch goes in pieces; the last one of a program that has ended may have no end.
  if (none && lines.length === 0 && (over || chunk.bytes.length === batchBytes))
    lines = filter.rest().map((bytes) => ({ to: chunk.to, bytes }));
  if (lines.length > 0) yield lines;
}
