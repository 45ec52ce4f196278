// The cluster's history. The master's own events are gathered and appended in order; an agent's spool is taken up once each, by
// generation and number, and acknowledged after it is durable.
import type { ClusterEvent, NewEvent } from '../model/event.ts';
import { OneAtATimeByName } from '../model/one-at-a-time.ts';
import type { ReadLogOptions, Store } from '../store/store.ts';
import type { Changes } from './changes.ts';
import { entryOf, eventOf, type Entry } from './event-entries.ts';

interface Position {
  generation: string;
  upTo: number;
}
/** Entries read back at a start to find spool numbers that were appended just before a crash. */
const readBack = 5_000;
/** Own events kept while the store fails; beyond it the oldest are dropped and counted. */
const mostPending = 10_000;
/** How long own events wait for others, ms: while nobody waits for them, and while an answer does. */
const gatherMs = { calm: 20, asked: 3 };
const positions = 'spools';

export class EventLog {
  readonly #store: Store;
  readonly #changes: Changes;
  readonly #now: () => number;
  readonly #warn: (message: string, error?: unknown) => void;
  #pending: Entry[] = [];
  #dropped = 0;
  #working: Promise<void> | null = null;
  /** Ends the gathering soon; null: none is under way, or it ends soon already. */
  #hurry: (() => void) | null = null;
  readonly #positions = new Map<string, Position>();
  readonly #spools = new OneAtATimeByName();
  #closed = false;
  /** Why what is pending is not written; null: nothing is known to be in the way. */
  #failing: string | null = null;
  #noted = 0;
  #written = 0;
  /** Told when events up to a number are written, or that they are not. */
  #waiting: { upTo: number; tell: (why: string | null) => void }[] = [];
  /** The term of this leadership, set by recovery. */
  term = 0;

  /** @param now epoch ms */
  constructor(store: Store, changes: Changes, now: () => number, warn: (message: string, error?: unknown) => void) {
    this.#store = store;
    this.#changes = changes;
    this.#now = now;
    this.#warn = warn;
  }

  /** Reads how far each node's spool was taken up; what was appended but not yet noted is found in the newest entries. */
  async recover(): Promise<void> {
    this.#positions.clear();
    for (let after: string | undefined; ;) {
      const page = await this.#store.scan<{ generation: string; upTo: number }>(
        positions,
        after === undefined ? {} : { after },
      );
      for (const { key, doc } of page.items) this.#positions.set(key, { generation: doc.generation, upTo: doc.upTo });
      if (page.next === null) break;
      after = page.next;
    }
    const seen = new Set<string>();
    for (let before: number | undefined, left = readBack; left > 0;) {
      const { items } = await this.#store.readLog({
        newestFirst: true,
        limit: Math.min(1000, left),
        ...(before === undefined ? {} : { before }),
      });
      for (const entry of items) this.#noteSpool(entry.spool, seen);
      left -= items.length;
      before = items.at(-1)?.seq;
      if (items.length < 1000) break;
    }
  }

  /** Newest first: the first entry of a node names its latest generation, which the stored position may not know yet. */
  #noteSpool(spool: unknown, seen: Set<string>): void {
    if (!Array.isArray(spool)) return;
    const [node, generation, n] = spool as [string, string, number];
    const known = this.#positions.get(node);
    if (known?.generation === generation) known.upTo = Math.max(known.upTo, n);
    else if (!seen.has(node)) this.#positions.set(node, { generation, upTo: n });
    seen.add(node);
  }

  /** Notes an event of the master; written at once together with others of the same moment, retried while the store fails. */
  note(
    kind: string,
    subject: NewEvent['subject'],
    message: string,
    more: { loudness?: NewEvent['loudness']; detail?: object } = {},
  ): void {
    const detail = { ...more.detail };
    this.#pending.push(
      entryOf({ at: this.#now(), kind, subject, message, loudness: more.loudness ?? 'quiet', detail }),
    );
    this.#noted += 1;
    if (this.#pending.length > mostPending) {
      this.#pending.shift();
      this.#written += 1; // nobody waits for it any more
      this.#dropped += 1;
    }
    this.#begin();
  }

  /**
   * Waits until all that was noted so far is in the store.
   * @param withinMs how long at most
   * @returns null when it is; else why it is not yet: it is tried again, and lost if this process ends before that
   */
  kept(withinMs: number): Promise<string | null> {
    if (this.#written >= this.#noted) return Promise.resolve(null);
    if (this.#failing !== null) return Promise.resolve(this.#failing);
    return new Promise((resolve) => {
      const late = setTimeout(() => resolve('the store has not answered yet'), withinMs);
      this.#waiting.push({
        upTo: this.#noted,
        tell: (why) => {
          clearTimeout(late);
          resolve(why);
        },
      });
      this.#hurry?.();
    });
  }

  /** Gathers what belongs together, and lets the write that follows what was done (a placement) come first to the disk. */
  #gather(): Promise<void> {
    return new Promise((resolve) => {
      const calm = setTimeout(resolve, gatherMs.calm);
      this.#hurry = () => {
        this.#hurry = null;
        clearTimeout(calm);
        setTimeout(resolve, gatherMs.asked);
      };
      if (this.#waiting.length > 0) this.#hurry();
    });
  }

  #tellWaiting(failing: string | null): void {
    this.#failing = failing;
    const told = this.#waiting.filter(({ upTo }) => failing !== null || upTo <= this.#written);
    this.#waiting = this.#waiting.filter((one) => !told.includes(one));
    for (const { tell } of told) tell(failing);
  }

  #begin(): void {
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
      if (this.#pending.length > 0 && !this.#closed) this.#begin();
    });
  }

  async #work(): Promise<void> {
    for (let failures = 0; this.#pending.length > 0;) {
      if (!this.#closed) await this.#gather();
      this.#hurry = null;
      const batch = this.#pending.splice(0, 500);
      try {
        await this.#store.append(batch, this.term);
        failures = 0;
        this.#changes.markEvents();
        this.#written += batch.length;
        this.#tellWaiting(null);
      } catch (error) {
        this.#pending.unshift(...batch);
        failures += 1;
        this.#warn('events are not written', error);
        this.#tellWaiting(error instanceof Error ? error.message : String(error));
        if (this.#closed) return;
        await new Promise((resolve) => setTimeout(resolve, Math.min(5_000, 50 * 2 ** Math.min(failures, 10))).unref());
      }
    }
  }

  /**
   * Takes up a batch of an agent's spool. Safe to apply twice.
   * @returns the number up to which the spool of this generation is durable here
   */
  takeUp(node: string, generation: string, batch: { n: number; event: NewEvent }[]): Promise<number> {
    // One after the other for a node: a batch sent twice must see the position that the first one left.
    return this.#spools.run(node, () => this.#takeUpNow(node, generation, batch));
  }

  async #takeUpNow(node: string, generation: string, batch: { n: number; event: NewEvent }[]): Promise<number> {
    const known = this.#positions.get(node);
    const upTo = known?.generation === generation ? known.upTo : 0;
    const fresh = batch.filter(({ n }) => n > upTo).sort((x, y) => x.n - y.n);
    if (fresh.length === 0) return upTo;
    await this.#store.append(
      fresh.map(({ n, event }) => ({
        ...entryOf({ ...event, subject: { ...event.subject, node } }),
        spool: [node, generation, n],
      })),
      this.term,
    );
    const reached = fresh.at(-1)!.n;
    this.#positions.set(node, { generation, upTo: reached });
    await this.#store.write({ collection: positions, key: node, doc: { generation, upTo: reached }, expect: 'any' });
    this.#changes.markEvents();
    return reached;
  }

  /** How far each node's spool was taken up, as the store has it. */
  taken(): { node: string; generation: string; upTo: number }[] {
    return [...this.#positions].map(([node, position]) => ({ node, ...position }));
  }

  /** A node was deleted: how far its spool was taken up need not be known any more. Its events stay. */
  async forget(node: string): Promise<void> {
    this.#positions.delete(node);
    await this.#store.write({ collection: positions, key: node, doc: null, expect: 'any' });
  }

  /** Events as the API gives them. */
  async read(options: ReadLogOptions): Promise<{ items: ClusterEvent[]; oldest: number; newest: number }> {
    const { items, oldest, newest } = await this.#store.readLog(options);
    return { items: items.map(eventOf), oldest, newest };
  }

  /** Writes what is pending, for at most as long as the store takes. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#working;
    if (this.#pending.length > 0) await this.#work();
    await this.#spools.over();
    if (this.#dropped > 0) this.#warn(`${this.#dropped} events were dropped while the store failed`);
  }
}
