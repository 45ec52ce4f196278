// Housekeeping of the store: times of beats written behind, history dropped after 7 days.
import type { MasterContext } from './context.ts';
import { writeOf } from './records.ts';

const writeEveryMs = 60_000;
const expireEveryMs = 3_600_000;
/** After a master begins to lead: one that never leads for an hour drops what is old, too, and a start is not held up by it. */
const expireSoonMs = 60_000;
const keepMs = 7 * 24 * 3_600_000;
/** Events kept at most, whatever their age. */
const mostEvents = 500_000;
/** Records written in one go: the loop runs in between. */
const writtenAtOnce = 250;

export class Keeping {
  readonly #context: MasterContext;
  #timers: NodeJS.Timeout[] = [];
  /** What is under way; a task that takes longer than its period is not begun a second time beside itself. */
  readonly #working = new Map<string, Promise<void>>();

  readonly #soonMs: number;
  /** Forgets apps that have had their time. */
  sweepApps: () => Promise<void> = async () => undefined;

  /** @param soonMs from the begin of a leadership to the first dropping of history */
  constructor(context: MasterContext, soonMs = expireSoonMs) {
    this.#context = context;
    this.#soonMs = soonMs;
  }

  start(): void {
    const every = (ms: number, name: string, what: () => Promise<void>): void => {
      this.#timers.push(setInterval(() => this.#begin(name, what), ms).unref());
    };
    every(writeEveryMs, 'beats', () => this.#writeBeats());
    every(writeEveryMs, 'ended runs', () => this.sweepApps());
    const expire = async (): Promise<void> => {
      await this.#context.store.expire(this.#context.clock.now() - keepMs, mostEvents);
    };
    this.#timers.push(setTimeout(() => this.#begin('history', expire), this.#soonMs).unref());
    every(expireEveryMs, 'history', expire);
  }

  #begin(name: string, what: () => Promise<void>): void {
    if (this.#working.has(name)) return;
    this.#working.set(
      name,
      what()
        .catch((error: unknown) => this.#context.warn(`housekeeping of ${name} failed`, error))
        .finally(() => this.#working.delete(name)),
    );
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer); // of either kind
    this.#timers = [];
  }

  /** The last beats, for a master that starts without these nodes. */
  async #writeBeats(): Promise<void> {
    const {
      view,
      store,
      leadership: { term },
    } = this.#context;
    const changed = [...view.nodes.values()].filter(({ record, beatAt }) => record.doc.beatAt !== beatAt);
    for (let from = 0; from < changed.length; from += writtenAtOnce) {
      const part = changed.slice(from, from + writtenAtOnce);
      const docs = part.map(({ record, beatAt }) => ({ ...record.doc, beatAt, term }));
      const results = await store.bulk(
        part.map(({ id, record }, index) => writeOf('nodes', id, docs[index]!, record.version, term)),
      );
      for (const [index, entry] of part.entries()) {
        const result = results[index]!;
        if (result.ok) entry.record = { doc: docs[index]!, version: result.version };
      }
    }
  }

  async close(): Promise<void> {
    this.stop();
    await Promise.all(this.#working.values());
    try {
      await this.#writeBeats();
    } catch (error) {
      this.#context.warn('the last beats are not written', error);
    }
  }
}
