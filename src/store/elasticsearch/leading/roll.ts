// Which masters a hub has: one document with an entry each, by compare-and-swap. Agents are told of them, so that one that was given
// a single address finds the next leader. Nothing is decided by it: an entry that is lost is made again.
import type { Bulk, Position } from '../requests/bulk.ts';
import type { Names } from '../indices/mappings.ts';
import type { Requests } from '../requests/requests.ts';

interface RollEntry {
  /** Of its API, as it says that others reach it. */
  address: string;
  /** Name of its machine. */
  host: string;
  /** When it was last entered, by its own clock, epoch ms. */
  at: number;
}

interface Read {
  entries: Record<string, RollEntry>;
  at: Position;
}

const rollId = 'roll';
/** An entry is made again after this long, and dropped when it was not for so long: a day's clock fault harms nobody, ms. */
const againMs = 3_600_000;
const droppedMs = 7 * 86_400_000;
const mostTries = 5;

export class Roll {
  readonly #requests: Requests;
  readonly #bulk: Bulk;
  readonly #names: Names;

  constructor(requests: Requests, bulk: Bulk, names: Names) {
    this.#requests = requests;
    this.#bulk = bulk;
    this.#names = names;
  }

  async #read(): Promise<Read | null> {
    const found = await this.#requests.document<{
      _seq_no: number;
      _primary_term: number;
      _source: { roll: Read['entries'] };
    }>(`/${this.#names.ledger}/_doc/${rollId}`);
    return found && { entries: found._source.roll, at: { seqNo: found._seq_no, primaryTerm: found._primary_term } };
  }

  /**
   * Enters this master where that is not so, and drops those that have not been for a week.
   * @param holder its name for the lease
   * @returns all that are entered, by name
   * @throws StoreError
   */
  async enter(holder: string, { address, host, at }: RollEntry): Promise<Record<string, RollEntry>> {
    for (let tries = 1; ; tries += 1) {
      const found = await this.#read();
      const own = found?.entries[holder];
      const isFresh = own?.address === address && own.host === host && Math.abs(at - own.at) < againMs;
      if (isFresh) return found!.entries;
      const others = Object.entries(found?.entries ?? {}).filter(
        ([name, entry]) => name !== holder && at - entry.at < droppedMs,
      );
      const entries = { ...Object.fromEntries(others), [holder]: { address, host, at } };
      const [outcome] = await this.#bulk.run([
        {
          action: found ? 'index' : 'create',
          index: this.#names.ledger,
          id: rollId,
          source: JSON.stringify({ roll: entries }),
          ...(found ? { at: found.at } : {}),
        },
      ]);
      if (outcome!.kind === 'done') return entries;
      if (outcome!.kind !== 'conflict') throw outcome!.error;
      if (tries === mostTries) return found?.entries ?? {}; // others enter all the time: the next look tries again
    }
  }
}
