// One leadership of a hub in Elasticsearch: what runs from the lease that was won to its end.
import type { Tokens } from '../../api/access/tokens.ts';
import type { RunningMaster } from '../../master/master.ts';
import type { ElasticStore } from '../../store/elasticsearch/elastic.ts';
import type { Lease } from '../../store/elasticsearch/leading/lease.ts';
import { LeasedStore } from '../../store/elasticsearch/leading/leased.ts';
import { refuseMoved } from '../../store/moving/moved.ts';
import { StoreTrouble } from '../../store/trouble.ts';
import { apiOf, lead } from '../leading.ts';
import type { Logger } from '../log.ts';
import type { InForce } from '../settings/settings.ts';
import { ClockWatch } from './clock-watch.ts';
import { IndexWatch } from './index-watch.ts';
import type { RollCall } from './roll-call.ts';
import { shareTokens } from './shared-tokens.ts';
import { servedWhileLeading, type Served } from './standby.ts';

interface LeadershipOptions {
  store: ElasticStore;
  /** Held when this begins; whoever acquired it gives it back. */
  lease: Lease;
  rollCall: RollCall;
  /** For `status`: where the store is. */
  detail: string;
  inForce: InForce;
  tokens: Tokens;
  /** Makes the tokens of a new hub, and tells them. */
  makeFirstTokens(): void;
  log: Logger;
}

export class Leadership {
  readonly master: RunningMaster;
  readonly #options: LeadershipOptions;
  readonly #trouble: StoreTrouble;
  readonly #indices: IndexWatch;
  readonly #clock: ClockWatch;
  readonly #closing = new AbortController();

  /** @throws StoreError, Error when it cannot lead; nothing of it runs on then */
  static async begin(options: LeadershipOptions): Promise<Leadership> {
    const { store, lease, rollCall, inForce, tokens, log } = options;
    const trouble = new StoreTrouble();
    let begun: Leadership | null = null;
    trouble.lapsed = () => lease.lapsed;
    lease.onRenewal = (failure) => {
      if (failure === null) trouble.succeeded('lease');
      else trouble.failed('lease', failure);
      if (begun !== null) begun.#look();
      void rollCall.look();
    };
    await store.indices.prepare();
    const leased = new LeasedStore(store, lease);
    await refuseMoved(leased);
    await shareTokens(leased, tokens, () => options.makeFirstTokens());
    const storeAbout = { kind: 'elasticsearch', detail: options.detail };
    const isOvertaken = (): boolean => !lease.held;
    const master = await lead({ store: leased, storeAbout, inForce, log, trouble, isOvertaken });
    return (begun = new Leadership(options, master, leased, trouble));
  }

  private constructor(options: LeadershipOptions, master: RunningMaster, leased: LeasedStore, trouble: StoreTrouble) {
    const { store, lease, tokens, log } = options;
    this.#options = options;
    this.master = master;
    this.#trouble = trouble;
    this.#clock = new ClockWatch({ store, master, trouble, log });
    this.#indices = new IndexWatch({
      store,
      lease,
      master,
      trouble,
      log,
      shareTokens: () => shareTokens(leased, tokens, () => undefined),
    });
    store.requests.onGone = () => void this.#indices.look();
  }

  #look(): void {
    void this.#indices.look();
    void this.#clock.look();
  }

  /** @param other answers while it is found out whether this master still leads, and it does not. @returns its API */
  serve(other: Served): Served {
    const { lease, rollCall, inForce, tokens, log } = this.#options;
    rollCall.changed = (masters) => {
      this.master.context.masters = masters;
      this.#trouble.changed(); // it is in the status
    };
    rollCall.changed(rollCall.masters);
    void rollCall.look();
    return servedWhileLeading(apiOf(this.master, tokens, this.#closing.signal, inForce, log), lease, other);
  }

  /** @returns why it is over; null: `signal` asked for its end */
  untilOver(signal: AbortSignal): Promise<string | null> {
    return Promise.race([
      this.#options.lease.lost,
      this.master.ended.then((failure) => failure ?? 'it ended by itself'),
      new Promise<null>((resolve) => signal.addEventListener('abort', () => resolve(null), { once: true })),
    ]);
  }

  /** Its API is no longer served. Whoever is on a stream is let go; then the master ends in order. */
  async end(): Promise<void> {
    const { store, rollCall } = this.#options;
    this.#closing.abort();
    store.requests.onGone = () => undefined;
    rollCall.changed = () => undefined;
    await this.#indices.stop();
    await this.master.stop();
  }
}
