// Events on their way to the master: numbered, kept on disk until they are acknowledged, so that nothing is lost while the master
// is away. Segments `spool/<generation>.<first n>.jsonl`, only appended to; a whole one that is acknowledged is removed.
// A spool opened under another boot begins a new generation: what a power cut took from the end must not share numbers.
import { appendFile, mkdir, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { NewEvent } from '../../model/event.ts';

interface SpooledEvent {
  n: number;
  event: NewEvent;
}

const segmentEvents = 1000;
/** Most events kept while nobody takes them; the oldest go first, and an event says how many. */
const mostEvents = 100_000;

/**
 * Numbers that a start leaves out after the last one on disk. An event is delivered before it is surely written, and on a full disk
 * long before: the master knows its number, and would take another event under it for the same one.
 */
const leftOutAtStart = 1_000_000_000;

/** What a full disk did not take is written again this often, ms. */
const againMs = 5000;

interface Segment {
  name: string;
  first: number;
  count: number;
  /** Of whole lines. */ bytes: number;
}

export class EventSpool {
  readonly generation: string;
  readonly #directory: string;
  readonly #warn: (message: string, error?: unknown) => void;
  readonly #listeners: (() => void)[] = [];
  #segments: Segment[] = [];
  #events: SpooledEvent[] = [];
  #next = 1;
  #unwritten: SpooledEvent[] = [];
  #writing: Promise<void> = Promise.resolve();
  #scheduled = false;
  /** Set while the disk takes nothing. */
  #again: NodeJS.Timeout | null = null;
  #closed = false;

  private constructor(directory: string, generation: string, warn: (message: string, error?: unknown) => void) {
    this.#directory = directory;
    this.generation = generation;
    this.#warn = warn;
  }

  /**
   * Opens the spool of an agent. A generation goes on over restarts of one boot as long as its files are whole; what an earlier boot
   * or a damaged generation left is taken over under a new one, because its numbers cannot be trusted any more.
   * @param run of this start: names a new generation, so that none is ever counted twice
   */
  static async open(
    directory: string,
    boot: string,
    warn: (message: string, error?: unknown) => void,
    run = 0,
  ): Promise<EventSpool> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const found: (Segment & { generation: string; events: SpooledEvent[] })[] = [];
    let damaged = false;
    for (const name of await readdir(directory)) {
      const match = /^([\w-]+)\.(\d+)\.jsonl$/.exec(name);
      if (!match) continue;
      const { events, whole, bytes } = await readSegment(join(directory, name), warn);
      damaged ||= !whole;
      found.push({ name, generation: match[1]!, first: Number(match[2]), count: events.length, bytes, events });
    }
    found.sort((a, b) => a.first - b.first);
    const last = found
      .filter(({ generation }) => generation === boot || generation.startsWith(`${boot}-`))
      .at(-1)?.generation;
    const spool = new EventSpool(
      directory,
      last !== undefined && !damaged ? last : run === 0 && last === undefined ? boot : `${boot}-${run}`,
      warn,
    );
    const old: NewEvent[] = [];
    for (const { name, generation, first, count, bytes, events } of found) {
      if (generation !== spool.generation) {
        old.push(...events.map(({ event }) => event));
        continue;
      }
      spool.#segments.push({ name, first, count, bytes });
      spool.#events.push(...events);
      spool.#next = Math.max(spool.#next, first, (events.at(-1)?.n ?? 0) + 1);
    }
    if (spool.#next > 1) spool.#next += leftOutAtStart;
    for (const event of old) spool.append(event);
    await spool.flush();
    for (const { name, generation } of found)
      if (generation !== spool.generation) await rm(join(directory, name), { force: true });
    return spool;
  }

  /** Takes an event up; it is on disk at the latest with the end of this turn's write. */
  append(event: NewEvent): void {
    const spooled = { n: this.#next++, event };
    this.#events.push(spooled);
    this.#unwritten.push(spooled);
    if (this.#events.length > mostEvents) this.#dropOldest();
    if (!this.#scheduled && this.#again === null) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        void this.flush();
      });
    }
    for (const listener of this.#listeners) listener();
  }

  onAppend(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** At most `most` events above number `n`, in order. */
  after(n: number, most: number): SpooledEvent[] {
    let from = 0;
    let to = this.#events.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#events[middle]!.n > n) to = middle;
      else from = middle + 1;
    }
    return this.#events.slice(from, from + most);
  }

  /** The last events, newest last, for whoever asks this agent itself. */
  get newest(): readonly SpooledEvent[] {
    return this.#events;
  }

  /** The master has committed all up to `n`. */
  acknowledge(generation: string, n: number): void {
    if (generation !== this.generation) return;
    const keep = this.#events.findIndex((event) => event.n > n);
    this.#events = keep < 0 ? [] : this.#events.slice(keep);
    this.#removeBelow(n + 1);
  }

  /** Resolves when all that was appended is written, or the disk did not take it: then it is tried again until it does. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const kept = this.#events[0]?.n ?? this.#next;
      const events = this.#unwritten.filter(({ n }) => n >= kept); // others were acknowledged, or dropped
      this.#unwritten = [];
      if (events.length === 0) return this.#wrote();
      let segment = this.#segments.at(-1);
      if (!segment || segment.count >= segmentEvents) {
        segment = { name: `${this.generation}.${events[0]!.n}.jsonl`, first: events[0]!.n, count: 0, bytes: 0 };
        this.#segments.push(segment);
      }
      const path = join(this.#directory, segment.name);
      const text = Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
      segment.count += events.length;
      try {
        await appendFile(path, text, { mode: 0o600 });
        segment.bytes += text.length;
        this.#wrote();
      } catch (error) {
        // A full disk: they stay in memory, are delivered from there, and are written when there is room.
        segment.count -= events.length;
        this.#unwritten.unshift(...events);
        await truncate(path, segment.bytes).catch((failed: NodeJS.ErrnoException) => {
          if (failed.code !== 'ENOENT') this.#warn(`a torn line stays in ${path}`, failed);
        });
        this.#writeAgain(error);
      }
    });
    return this.#writing;
  }

  #wrote(): void {
    if (this.#again) clearTimeout(this.#again);
    this.#again = null;
  }

  #writeAgain(error: unknown): void {
    if (this.#again === null) this.#warn('events could not be written to the spool; it is tried again', error);
    else clearTimeout(this.#again);
    if (!this.#closed)
      this.#again = setTimeout(() => {
        void this.flush();
      }, againMs).unref();
  }

  /** Writes what is not yet written; nothing is tried again after that. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
    this.#wrote();
  }

  #removeBelow(n: number): void {
    const done = this.#segments.filter(
      (segment, index) => index < this.#segments.length - 1 && this.#segments[index + 1]!.first <= n,
    );
    if (done.length === 0) return;
    this.#segments = this.#segments.filter((segment) => !done.includes(segment));
    this.#writing = this.#writing
      .then(() => Promise.all(done.map(({ name }) => rm(join(this.#directory, name), { force: true }))))
      .then(
        () => undefined,
        (error: unknown) => this.#warn('an old spool segment stays', error),
      );
  }

  #dropOldest(): void {
    const dropped = this.#events.splice(0, Math.floor(mostEvents / 10));
    this.#removeBelow(this.#events[0]?.n ?? this.#next);
    const at = dropped.at(-1)!.event.at;
    this.append({
      at,
      kind: 'events.dropped',
      subject: {},
      loudness: 'attention',
      message: `${dropped.length} events were dropped: the master has been away too long for this node's disk budget`,
      detail: { count: dropped.length },
    });
  }
}

async function readSegment(
  path: string,
  warn: (message: string, error?: unknown) => void,
): Promise<{ events: SpooledEvent[]; whole: boolean; bytes: number }> {
  const text = await readFile(path, 'utf8');
  const events: SpooledEvent[] = [];
  let whole = text === '' || text.endsWith('\n');
  for (const line of text.split('\n')) {
    if (line === '') continue;
    try {
      const spooled = JSON.parse(line) as SpooledEvent;
      if (!Number.isInteger(spooled.n) || typeof spooled.event?.kind !== 'string') throw new Error('it is no event');
      events.push(spooled);
    } catch (error) {
      whole = false;
      warn(`a line of the event spool ${path} is damaged and left out`, error); // the end of it, after a crash in the middle
    }
  }
  return { events, whole, bytes: Buffer.byteLength(text) };
}
