// Group commit: what is asked for while one commit is being synced goes into the next one, so that a hundred writers at
// once cost one fsync, and each hears of success only when its own write is on the disk.
import type { RootDatabase } from 'lmdb';
import { ABORT } from 'lmdb';
import { closedError, storeFailure } from './failures.ts';
import { ledgerNumber, setLedgerNumber } from './tables.ts';
import type { Table } from './tables.ts';

/** Numbers that live with the records (versions, counters, sizes): read once a commit, written once at its end. */
export class Ledger {
  readonly #db: Table;
  readonly #changed = new Map<string, number>();
  constructor(db: Table) {
    this.#db = db;
  }

  get(name: string): number {
    const known = this.#changed.get(name);
    if (known !== undefined) return known;
    return ledgerNumber(this.#db, name) ?? 0;
  }

  set(name: string, value: number): void {
    this.#changed.set(name, value);
  }

  /** Adds to a number and gives the sum. */
  add(name: string, count: number): number {
    const sum = this.get(name) + count;
    this.#changed.set(name, sum);
    return sum;
  }

  /** To be called inside the transaction. */
  write(): void {
    for (const [name, value] of this.#changed) setLedgerNumber(this.#db, name, value);
  }
}

interface Job {
  apply: (ledger: Ledger) => unknown;
  weight: number;
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
}

/** Records one transaction may touch: its synchronous part holds the main loop, 2,000 take about 10 ms. */
const groupWeight = 2000;

export class Commits {
  readonly #root: RootDatabase<Buffer, Buffer>;
  readonly #ledger: Table;
  #waiting: Job[] = [];
  #running: Promise<void> | null = null;
  #closed = false;

  constructor(root: RootDatabase<Buffer, Buffer>, ledger: Table) {
    this.#root = root;
    this.#ledger = ledger;
  }

  /**
   * Runs `apply` inside a write transaction; resolves with what it gave when that is durable. If it throws, nothing of it
   * is stored, and the others of its group are not touched.
   * @param weight about how many records it writes
   */
  run<T>(apply: (ledger: Ledger) => T, weight = 1): Promise<T> {
    if (this.#closed) return Promise.reject(closedError());
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ apply, weight, resolve, reject });
      // A microtask later, so that whoever writes in the same turn shares the commit.
      this.#running ??= Promise.resolve().then(() => this.#drain());
    });
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      let weight = 0;
      let count = 0;
      for (const job of this.#waiting) {
        if (count > 0 && weight + job.weight > groupWeight) break;
        weight += job.weight;
        count++;
      }
      await this.#commit(this.#waiting.splice(0, count));
    }
    this.#running = null;
  }

  /** One transaction. A job that throws aborts it; then the others are done again without that job. */
  async #commit(jobs: Job[]): Promise<void> {
    while (jobs.length > 0) {
      let results: unknown[] = [];
      let thrown: { index: number; error: unknown } | null = null;
      try {
        // A child transaction, because an exception in a plain asynchronous one does not undo its writes. It never throws.
        await this.#root.childTransaction((): unknown => {
          results = [];
          thrown = null;
          const ledger = new Ledger(this.#ledger);
          let index = 0;
          try {
            for (; index < jobs.length; index++) results.push(jobs[index]!.apply(ledger));
            ledger.write();
            return undefined;
          } catch (error) {
            thrown = { index, error };
            return ABORT;
          }
        });
      } catch (error) {
        const failure = await storeFailure(error, 'writing');
        for (const job of jobs) job.reject(failure);
        return;
      }
      const failed = thrown as { index: number; error: unknown } | null;
      if (!failed) {
        this.#root.resetReadTxn(); // the next read sees this commit
        jobs.forEach((job, index) => job.resolve(results[index] as never));
        return;
      }
      const failure = await storeFailure(failed.error, 'writing');
      if (failed.index >= jobs.length) {
        // the ledger could not be written: nobody's fault, everybody's failure
        for (const job of jobs) job.reject(failure);
        return;
      }
      jobs.splice(failed.index, 1)[0]!.reject(failure);
    }
  }

  /** Lets what was asked for end; later calls reject. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#running) await this.#running;
  }
}
