// Ships the hub's events to an Elasticsearch (`--ship-events URL`, off by default), in bulk. The store is the spool and a file says
// how far it was taken, so that a server that is away holds nothing up. What goes twice, also from another master, is kept once.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { ClusterEvent } from '../model/event.ts';
import { ShippingTarget } from '../store/elasticsearch/shipped.ts';

export interface EventShippingOptions {
  /** Elasticsearch; may hold user and password. */
  url: string;
  hub: string;
  /** Holds the cursor. */
  file: string;
  /** Events after a number, oldest first. */
  read(after: number, limit: number): Promise<readonly ClusterEvent[]>;
  warn: (message: string) => void;
  roundMs?: number;
}

const target = 'logs-stathub.events-default',
  longestPauseMs = 60_000,
  batch = 500;
/** Writers of the store overtake each other: what comes behind a higher number is found within so many. */
const overtaken = 200;

export class EventShipping {
  readonly #options: EventShippingOptions;
  readonly #target: ShippingTarget;
  readonly #over = new AbortController();
  readonly #sent = new Set<number>();
  readonly #roundMs: number;
  #cursor: number;
  #timer: NodeJS.Timeout | null = null;
  #working: Promise<void> = Promise.resolve();
  #pauseMs: number;
  #failing = false;

  constructor(options: EventShippingOptions) {
    this.#options = options;
    this.#target = new ShippingTarget(options.url, target, options.warn);
    this.#pauseMs = this.#roundMs = options.roundMs ?? 2000;
    this.#cursor = cursorIn(options.file, options.hub);
    this.#soon();
  }

  async stop(): Promise<void> {
    this.#over.abort();
    if (this.#timer) clearTimeout(this.#timer);
    await this.#working;
  }

  #soon(): void {
    if (this.#over.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#working = this.#round().finally(() => this.#soon());
    }, this.#pauseMs).unref();
  }

  async #round(): Promise<void> {
    try {
      while (!this.#over.signal.aborted && (await this.#batch()));
      this.#pauseMs = this.#roundMs;
      this.#failing = false;
    } catch (error) {
      if (this.#over.signal.aborted) return;
      if (!this.#failing)
        this.#options.warn(`events are not shipped now, they wait in the store: ${(error as Error).message}`);
      this.#failing = true;
      this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs * 2);
    }
  }

  /** @returns whether there may be more */
  async #batch(): Promise<boolean> {
    const { hub, file, read } = this.#options,
      news = await read(this.#cursor, batch),
      last = news.at(-1);
    if (!last) return false;
    const late = (await read(Math.max(0, this.#cursor - overtaken), overtaken)).filter(
      ({ seq }) => seq <= this.#cursor && !this.#sent.has(seq),
    );
    await this.#target.send(
      [...late, ...news].map((event) => ({ id: `${hub}/${event.seq}`, json: documentOf(event, hub) })),
      this.#over.signal,
    );
    for (const { seq } of [...late, ...news]) this.#sent.add(seq);
    this.#cursor = last.seq;
    for (const seq of this.#sent) if (seq <= this.#cursor - overtaken) this.#sent.delete(seq);
    writeFileSync(`${file}.new`, JSON.stringify({ hub, after: this.#cursor }), { mode: 0o600 });
    renameSync(`${file}.new`, file);
    return news.length === batch;
  }
}

/** Its detail goes as text: as fields the mapping would grow with every kind of event. */
const documentOf = ({ seq, at, kind, subject, message, loudness, detail }: ClusterEvent, hub: string): string =>
  JSON.stringify({
    '@timestamp': new Date(at).toISOString(),
    message,
    kind,
    loudness,
    ...subject,
    detail: JSON.stringify(detail),
    hub,
    seq,
  });

/** 0 where nothing of this hub was shipped from here yet. */
function cursorIn(file: string, hub: string): number {
  try {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as { hub?: unknown; after?: unknown };
    return kept.hub === hub && Number.isSafeInteger(kept.after) ? (kept.after as number) : 0;
  } catch {
    return 0;
  }
}
