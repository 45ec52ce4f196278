// A leader's eye on the indices under it: one that was deleted is made again from what the leader knows, before anybody may write to
// it; after one that was put in place of another (a snapshot was restored) it leads anew, from what is there.
import { remembered } from '../../master/recovery/remembered.ts';
import type { RunningMaster } from '../../master/master.ts';
import type { ElasticStore } from '../../store/elasticsearch/elastic.ts';
import type { Lease } from '../../store/elasticsearch/leading/lease.ts';
import type { StoreTrouble } from '../../store/trouble.ts';
import type { Logger } from '../log.ts';

interface IndexWatchOptions {
  store: ElasticStore;
  lease: Lease;
  master: RunningMaster;
  trouble: StoreTrouble;
  /** Writes the hub's tokens again. */
  shareTokens(): Promise<void>;
  log: Logger;
}

/** Of `StoreTrouble`. */
const troublePart = 'indices';

export class IndexWatch {
  readonly #options: IndexWatchOptions;
  #looking: Promise<void> | null = null;
  #ended = false;
  #warned = '';
  #tokensLost = false;

  constructor(options: IndexWatchOptions) {
    this.#options = options;
  }

  /** Looks now, unless it does. Never rejects: what it cannot do is trouble of the store, and tried again at the next look. */
  look(): Promise<void> {
    if (this.#ended) return Promise.resolve();
    this.#looking ??= this.#lookNow()
      .then(
        () => {
          this.#warned = '';
          this.#options.trouble.succeeded(troublePart);
        },
        (error: unknown) => this.#failed(error),
      )
      .finally(() => {
        this.#looking = null;
      });
    return this.#looking;
  }

  #failed(error: unknown): void {
    const { trouble, log } = this.#options;
    trouble.failed(troublePart, error);
    const text = String((error as Error | null)?.message ?? error);
    if (text !== this.#warned) log.warn({ err: error }, 'the indices of the hub cannot be looked after');
    this.#warned = text;
  }

  async #lookNow(): Promise<void> {
    const { store, lease, log, shareTokens } = this.#options;
    const { gone, replaced } = await store.indices.look();
    if (this.#ended) return;
    if (replaced.length > 0) {
      log.warn({ indices: replaced }, 'indices of the hub were replaced');
      lease.drop(`${replaced.join(', ')} was replaced by another index: this master reads what is there`);
      return;
    }
    // The ledger last: as long as it is away nobody else can lead, and what this master knows is not lost with it.
    for (const index of gone.filter((each) => each !== store.names.ledger)) await this.#restore(index);
    if (gone.includes(store.names.ledger)) {
      await store.restoreLedger(lease);
      this.#tell(store.names.ledger, 'the lease of this master and what it has drawn of each counter');
    }
    if (!this.#tokensLost) return;
    await shareTokens();
    this.#tokensLost = false;
  }

  async #restore(index: string): Promise<void> {
    const { store, master } = this.#options;
    const known = [...remembered(master.context)].filter(({ collection }) => store.names.records(collection) === index);
    await store.restore(index, known);
    if (index === store.names.records('hub')) this.#tokensLost = true;
    this.#tell(index, `${known.length} records`);
  }

  #tell(index: string, what: string): void {
    const { master, trouble, log } = this.#options;
    const message =
      `Index ${index} was gone: it is made again with what this master knows (${what}). ` +
      'What it did not hold in memory is lost';
    log.warn({ index }, message);
    trouble.mended();
    master.context.events.note('store.indexLost', {}, message, { loudness: 'attention', detail: { index } });
  }

  async stop(): Promise<void> {
    this.#ended = true;
    await this.#looking;
  }
}
