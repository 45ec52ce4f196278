// Counters: numbers in blocks, each given once whoever asks, from any process. One document a counter, by compare-and-swap.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { OneAtATimeByName } from '../../model/one-at-a-time.ts';
import { checkKey } from '../embedded/encoding.ts';
import { StoreError } from '../store.ts';
import type { Bulk, Operation } from './requests/bulk.ts';
import type { Names } from './indices/mappings.ts';
import { pauseMs } from './requests/requests.ts';
import type { Requests } from './requests/requests.ts';

interface CounterDocument {
  found: boolean;
  _seq_no: number;
  _primary_term: number;
  _source: { next: number; write?: string };
}

const mostCounters = 10_000;

export class Counters {
  readonly #requests: Requests;
  readonly #bulk: Bulk;
  readonly #names: Names;
  /** What each gives next, as far as this process drew from it. */
  readonly #drawn = new Map<string, number>();
  /** Of one counter one after the other: askers of one process never race each other. */
  readonly #queues = new OneAtATimeByName();

  constructor(requests: Requests, bulk: Bulk, names: Names) {
    this.#requests = requests;
    this.#bulk = bulk;
    this.#names = names;
  }

  #read(name: string): Promise<CounterDocument | null> {
    return this.#requests.document(`/${this.#names.ledger}/_doc/${encodeURIComponent(`draw/${name}`)}`);
  }

  /** What this process drew, as documents of a ledger that is made again: no number of it is given twice. */
  again(): Operation[] {
    return [...this.#drawn].map(([name, next]) => ({
      action: 'create',
      index: this.#names.ledger,
      id: `draw/${name}`,
      source: JSON.stringify({ next }),
      direct: true,
    }));
  }

  /** Every counter, as the last refresh shows them. */
  async all(): Promise<{ name: string; next: number }[]> {
    const { body } = await this.#requests.send<{ hits: { hits: { _id: string; _source: { next?: number } }[] } }>({
      method: 'POST',
      path: `/${this.#names.ledger}/_search`,
      query: { allow_partial_search_results: false },
      body: { size: mostCounters, query: { exists: { field: 'next' } } },
    });
    return body.hits.hits.map(({ _id, _source }) => ({ name: _id.slice('draw/'.length), next: _source.next! }));
  }

  /** The number that the counter gives next, 1 before the first. */
  async peek(name: string): Promise<number> {
    return (await this.#read(name))?._source.next ?? 1;
  }

  /** @throws StoreError store-refused for a bad name or count */
  draw(name: string, count: number, atLeast = 1): Promise<number> {
    checkKey(name);
    if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(atLeast)) {
      throw new StoreError(
        'store-refused',
        `Cannot draw ${count} numbers from ${atLeast} on`,
        'Draw at least one; give whole numbers.',
      );
    }
    return this.#queues.run(name, () => this.#drawNow(name, count, atLeast));
  }

  /** A write without an answer is looked for by its name; what is never found out is a block that nobody gets. */
  async #drawNow(name: string, count: number, atLeast: number): Promise<number> {
    const until = performance.now() + this.#requests.patienceMs;
    const write = randomBytes(9).toString('base64url');
    let unsure: number | null = null;
    for (let tries = 0; ; tries += 1) {
      const stored = await this.#read(name);
      if (unsure !== null && stored?._source.write === write) {
        this.#drawn.set(name, unsure + count);
        return unsure;
      }
      const first = Math.max(stored?._source.next ?? 1, atLeast, this.#drawn.get(name) ?? 1);
      const [outcome] = await this.#bulk.run([
        {
          action: stored ? 'index' : 'create',
          index: this.#names.ledger,
          id: `draw/${name}`,
          source: JSON.stringify({ next: first + count, write }),
          ...(stored ? { at: { seqNo: stored._seq_no, primaryTerm: stored._primary_term } } : {}),
        },
      ]);
      if (outcome!.kind === 'done') {
        this.#drawn.set(name, first + count);
        return first;
      }
      if (outcome!.kind === 'failed') throw outcome!.error;
      if (outcome!.kind === 'unknown') unsure = first;
      if (performance.now() > until) {
        throw outcome!.kind === 'unknown'
          ? outcome!.error
          : new StoreError('store-unavailable', `The counter ${name} changes all the time`, 'Try again.');
      }
      await sleep(pauseMs(Math.min(tries, 3)));
    }
  }
}
