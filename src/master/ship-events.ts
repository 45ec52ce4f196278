// Ships the hub's events to an Elasticsearch (`--ship-events URL`, off by default), in bulk. The store is the spool and a file says
// how far it was taken, so that a server that is away holds nothing up. What goes twice, also from another master, is kept once.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { ClusterEvent } from '../model/event.ts';
import { ShipRounds } from '../store/elasticsearch/shipping/ship-rounds.ts';
import { ShippingTarget } from '../store/elasticsearch/shipping/shipped.ts';

interface EventShippingOptions {
  /** Elasticsearch; may hold user and password. */
  url: string;
  /** What tells its events from those of others: the hub, or the node of an agent without a master. */
  hub: string;
  /** Holds the cursor. */
  file: string;
  /** Events after a number, oldest first. */
  read(after: number, limit: number): Promise<readonly ClusterEvent[]>;
  warn: (message: string) => void;
  roundMs?: number;
}

const target = 'logs-stathub.events-default';
const batch = 500;
/** Writers of the store overtake each other: what comes behind a higher number is found within so many. */
const overtaken = 200;

export class EventShipping {
  readonly #options: EventShippingOptions;
  readonly #target: ShippingTarget;
  readonly #rounds: ShipRounds;
  readonly #sent = new Set<number>();
  #cursor: number;

  /** Begins at once. */
  constructor(options: EventShippingOptions) {
    this.#options = options;
    this.#target = new ShippingTarget(options.url, target, options.warn);
    this.#cursor = cursorIn(options.file, options.hub);
    this.#rounds = new ShipRounds({
      round: async (signal) => {
        while (!signal.aborted && (await this.#batch(signal)));
      },
      failing: (why) => options.warn(`events are not shipped now, they wait in the store: ${why}`),
      ...(options.roundMs === undefined ? {} : { pauseMs: options.roundMs }),
    });
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  /** @returns whether there may be more */
  async #batch(signal: AbortSignal): Promise<boolean> {
    const { hub, file, read } = this.#options;
    const news = await read(this.#cursor, batch);
    const last = news.at(-1);
    if (!last) return false;
    const late = (await read(Math.max(0, this.#cursor - overtaken), overtaken)).filter(
      ({ seq }) => seq <= this.#cursor && !this.#sent.has(seq),
    );
    await this.#target.send(
      [...late, ...news].map((event) => ({ id: `${hub}/${event.seq}`, json: documentOf(event, hub) })),
      signal,
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
