// The last known instances in the store, written behind: what a master shows of a node that it has not heard from yet.
import type { InstanceView } from '../../model/instance/instance.ts';
import type { WriteResult } from '../../store/store.ts';
import type { MasterContext } from '../context.ts';
import type { InstanceEntry } from '../entries.ts';
import { writeOf } from '../records.ts';

export interface LastKnownDoc {
  node: string;
  everReady: boolean;
  standing: InstanceEntry['standing'];
  view: InstanceView;
}

/** How long a change may wait, ms; and how many are written at once. */
const writeBehindMs = 1_000;
const writtenAtOnce = 250;

export class LastKnown {
  readonly #context: MasterContext;
  readonly #dirty = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #working: Promise<void> = Promise.resolve();

  constructor(context: MasterContext) {
    this.#context = context;
  }

  changed(id: string): void {
    this.#dirty.add(id);
    this.#timer ??= setTimeout(() => {
      this.#working = this.#flush();
    }, writeBehindMs).unref();
  }

  async #flush(): Promise<void> {
    this.#timer = null;
    const ids = [...this.#dirty].slice(0, writtenAtOnce);
    for (const id of ids) this.#dirty.delete(id);
    const { view, store, leadership } = this.#context;
    const writes = ids.map((id) => {
      const entry = view.instances.get(id);
      const doc: LastKnownDoc | null = entry
        ? { node: entry.node, everReady: entry.everReady, standing: entry.standing, view: entry.view }
        : null;
      return writeOf('instances', id, doc, 'any', leadership.term);
    });
    try {
      const results: WriteResult[] = await store.bulk(writes);
      if (results.some((result) => !result.ok))
        this.#context.warn('last known instances were written by a later master');
    } catch (error) {
      for (const id of ids) this.#dirty.add(id);
      this.#context.warn('last known instances are not written', error);
    }
    if (this.#dirty.size > 0)
      this.#timer ??= setTimeout(
        () => {
          this.#working = this.#flush();
        },
        ids.length === writtenAtOnce ? 10 : writeBehindMs,
      ).unref();
  }

  /** Writes what waits. */
  async close(): Promise<void> {
    await this.#working;
    for (let rounds = 0; this.#dirty.size > 0 && rounds < 1_000; rounds += 1) {
      if (this.#timer) clearTimeout(this.#timer);
      const before = this.#dirty.size;
      await this.#flush();
      if (this.#dirty.size >= before) break; // the store fails: the agents will tell again
    }
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
