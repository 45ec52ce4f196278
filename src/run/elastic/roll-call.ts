// Keeps this master entered among those of its hub, and knows the others.
import { hostname } from 'node:os';
import type { Roll } from '../../store/elasticsearch/leading/roll.ts';
import type { MasterContext } from '../../master/context.ts';
import { StoreError } from '../../store/store.ts';

type Masters = MasterContext['masters'];

interface RollCallOptions {
  roll: Roll;
  holder: string;
  address: string;
  /** Looks closer together than this are left out, ms. */
  everyMs: number;
  warn(message: string, error: unknown): void;
}

export class RollCall {
  readonly #options: RollCallOptions;
  #lookedAt = -Infinity;
  #warned = '';
  #masters: Masters = [];
  /** Told when they are others than before. */
  changed: (masters: Masters) => void = () => undefined;

  constructor(options: RollCallOptions) {
    this.#options = options;
  }

  /** This one first, then the others by address; empty before the first look. */
  get masters(): Masters {
    return this.#masters;
  }

  /** Never rejects: what it cannot find out now is found at the next look. */
  async look(): Promise<void> {
    const { roll, holder, address, everyMs, warn } = this.#options;
    const now = performance.now();
    if (now - this.#lookedAt < everyMs) return;
    this.#lookedAt = now;
    try {
      const { [holder]: own, ...others } = await roll.enter(holder, { address, host: hostname(), at: Date.now() });
      const rest = Object.values(others).sort((a, b) => (a.address < b.address ? -1 : 1));
      const masters = [own ?? { address, host: hostname() }, ...rest].map((entry) => ({
        address: entry.address,
        host: entry.host,
      }));
      this.#warned = '';
      if (JSON.stringify(masters) === JSON.stringify(this.#masters)) return;
      this.#masters = masters;
      this.changed(masters);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      // An Elasticsearch that is away is told of elsewhere.
      if (error.code === 'store-refused' && error.message !== this.#warned)
        warn('the other masters of this hub are not known', error);
      this.#warned = error.message;
    }
  }
}
