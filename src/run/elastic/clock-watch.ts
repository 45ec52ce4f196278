// A leader's clock beside that of its Elasticsearch: times of events, days of indices and what is dropped as too old go by it.
import type { RunningMaster } from '../../master/master.ts';
import type { ElasticStore } from '../../store/elasticsearch/elastic.ts';
import type { StoreTrouble } from '../../store/trouble.ts';
import type { Logger } from '../log.ts';

const lookEveryMs = 60_000;
/** Beyond it, a difference is told: the server's answer is in whole seconds, and may have been on its way for some. */
const toldFromMs = 10_000;

export class ClockWatch {
  readonly #options: { store: ElasticStore; master: RunningMaster; trouble: StoreTrouble; log: Logger };
  #lookedAt = -Infinity;
  #told = false;

  constructor(options: { store: ElasticStore; master: RunningMaster; trouble: StoreTrouble; log: Logger }) {
    this.#options = options;
  }

  /** At most once a minute. Never rejects: an Elasticsearch that does not answer is told of elsewhere. */
  async look(): Promise<void> {
    const at = performance.now();
    if (at - this.#lookedAt < lookEveryMs) return;
    this.#lookedAt = at;
    const ahead = await this.#options.store.clockAheadMs().catch(() => null); // without an answer nothing is known
    if (ahead === null) return;
    const { trouble, master, log } = this.#options;
    const off = Math.abs(ahead) > toldFromMs;
    trouble.clock(off ? ahead : 0);
    if (off === this.#told) return;
    this.#told = off;
    const by = `${Math.round(Math.abs(ahead) / 1000)} s ${ahead > 0 ? 'ahead of' : 'behind'}`;
    const message = off
      ? `The clock of this master is ${by} that of Elasticsearch: set both by NTP. Times of events go by it`
      : 'The clock of this master goes with that of Elasticsearch again';
    if (off) log.warn(message);
    master.context.events.note('master.clock', {}, message, {
      loudness: 'attention',
      detail: { aheadMs: Math.round(ahead) },
    });
  }
}
