// Ships the output of instances to an Elasticsearch (`--ship-logs URL`, off by default): lines as documents of the data stream
// logs-stathub-default, in bulk. The files of the output are the spool: a cursor for each stream says how far it was taken, so that
// nothing waits in memory, a server that is away holds nothing up, and a restart goes on where it was. A line that is sent twice
// has the same id and is kept once.
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { outputBounds, readOutput } from '../effects/output/output.ts';
import { outputFile, streams, type Stream } from '../effects/output/segments.ts';
import { ShipRounds } from '../../store/elasticsearch/ship-rounds.ts';
import { ShippingTarget } from '../../store/elasticsearch/shipped.ts';
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
/** Batches of one stream before others have their turn. */
const turnBatches = 8;
const target = 'logs-stathub-default';

type Cursors = Record<Stream, number>;

export class Shipping {
  readonly #options: ShippingOptions;
  readonly #target: ShippingTarget;
  readonly #cursors = new Map<string, Cursors>();
  /** Sizes of live files all of which is shipped: a stream that stands still costs one stat. */
  readonly #still = new Map<string, number>();
  readonly #rounds: ShipRounds;

  /** Begins at once. */
  constructor(options: ShippingOptions) {
    this.#options = options;
    this.#target = new ShippingTarget(options.url, target, options.warn);
    this.#rounds = new ShipRounds({
      round: (signal) => this.#round(signal),
      failing: ({ message }) => options.warn(`output is not shipped now, it waits in its files: ${message}`),
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
    if (this.#still.size > 4 * present.size + 100) this.#still.clear();
  }

  /** Some batches of a stream. */
  async #turn(source: Shipped, stream: Stream, signal: AbortSignal): Promise<void> {
    for (let batch = 0; batch < turnBatches && !signal.aborted; batch++)
      if (!(await this.#ship(source, stream, signal))) return;
  }

  /** One batch of a stream. @returns whether there may be more */
  async #ship(source: Shipped, stream: Stream, signal: AbortSignal): Promise<boolean> {
    const path = outputFile(source.directory, stream);
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined || this.#still.get(path) === size) return false;
    const cursors = this.#cursorsOf(source);
    const { end } = await outputBounds(source.directory, stream);
    if (cursors[stream] >= end) {
      this.#still.set(path, size);
      return false;
    }
    const chunk = await readOutput(source.directory, stream, cursors[stream], batchBytes);
    const lines = new LineFilter(null);
    const whole = lines.lines(chunk);
    // A line as large as a batch goes in pieces; the last one of a program that has ended may have no end.
    const rest = whole.length === 0 && (source.over || chunk.bytes.length === batchBytes) ? lines.rest() : [];
    const to = whole.at(-1)?.to ?? (rest.length > 0 ? chunk.to : cursors[stream]);
    if (to === cursors[stream]) return false; // its last line has no end yet
    this.#still.delete(path);
    await this.#send(
      [
        ...whole.map(({ to: after, bytes }) => ({ cursor: after - bytes.length, bytes })),
        ...rest.map((bytes) => ({ cursor: chunk.from, bytes })),
      ],
      source,
      stream,
      signal,
    );
    cursors[stream] = to;
    this.#keep(source, cursors);
    return to < end;
  }

  async #send(
    lines: readonly { cursor: number; bytes: Buffer }[],
    { id, app, slot }: Shipped,
    stream: Stream,
    signal: AbortSignal,
  ): Promise<void> {
    const at = new Date().toISOString();
    await this.#target.send(
      lines.map(({ cursor, bytes }) => ({
        id: `${id}/${stream}/${cursor}`,
        json: JSON.stringify({
          '@timestamp': at,
          message: bytes.toString('utf8', 0, Math.min(longestLine, bytes.length)).replace(/\r?\n$/, ''),
          app,
          slot,
          instance: id,
          node: this.#options.node,
          stream,
          cursor,
        }),
      })),
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
