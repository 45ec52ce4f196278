// The store as a leader uses it: what it writes is acknowledged only when it still led afterwards. A leader that was paused in the
// middle of a request and overtaken so never acknowledges what its successor has not seen.
import { PassingStore } from '../../passing-store.ts';
import type { LogEntry, Store, Write, WriteResult } from '../../store.ts';
import type { Lease } from './lease.ts';

export class LeasedStore extends PassingStore {
  readonly #lease: Lease;
  constructor(store: Store, lease: Lease) {
    super(store);
    this.#lease = lease;
  }

  async #led<T>(work: Promise<T>): Promise<T> {
    const done = await work;
    await this.#lease.confirm();
    return done;
  }

  override write(write: Write): Promise<WriteResult> {
    return this.#led(super.write(write));
  }
  override writeBoth(first: Write, second: Write): Promise<[WriteResult, WriteResult | null]> {
    return this.#led(super.writeBoth(first, second));
  }
  override bulk(writes: Write[]): Promise<WriteResult[]> {
    return this.#led(super.bulk(writes));
  }
  override draw(counter: string, count: number, atLeast?: number): Promise<number> {
    return this.#led(super.draw(counter, count, atLeast));
  }
  override append(entries: Omit<LogEntry, 'seq'>[], term?: number): Promise<number[]> {
    return this.#led(super.append(entries, term));
  }

  /** The store is the opener's. */
  override close(): Promise<void> {
    return Promise.resolve();
  }
}
