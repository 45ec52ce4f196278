// A master whose store is Elasticsearch: it opens its port at once, waits for the server and for the lease, leads while it holds it,
// and stands by again when it has lost it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Tokens } from '../../api/access/tokens.ts';
import { openElastic, type ElasticStore } from '../../store/elasticsearch/elastic.ts';
import type { Lease } from '../../store/elasticsearch/leading/lease.ts';
import { shownUrls, type ElasticOptions } from '../../store/elasticsearch/requests/connect.ts';
import { StoreError } from '../../store/store.ts';
import { value } from '../daemon.ts';
import type { Logger } from '../log.ts';
import type { InForce } from '../settings/settings.ts';
import { Leadership } from './leadership.ts';
import { RollCall } from './roll-call.ts';
import { standbyApp, type Front, type Standing } from './standby.ts';
import { ceased, connecting, reading, standingBy, unable, unavailable } from './standings.ts';

interface ElasticMasterOptions {
  inForce: InForce;
  elastic: ElasticOptions;
  holder: string;
  tokens: Tokens;
  /** Makes the tokens of a new hub, and tells them. */
  makeFirstTokens(): void;
  log: Logger;
  front: Front;
  /** Of its API, as others reach it. */ address: string;
  say(line: string): void;
}

/** How long it waits before it tries again to reach a server that is away. */
const againMs = 1_000;

/** What is said once and then only when it changes. */
function changes(say: (line: string) => void): (line: string) => void {
  let last = '';
  return (line) => {
    if (line !== last) say((last = line));
  };
}

export class ElasticMaster {
  readonly #options: ElasticMasterOptions;
  readonly #ending = new AbortController();
  #standing: Standing = connecting;
  #store: ElasticStore | null = null;
  #rollCall: RollCall | null = null;
  /** Why it could not lead the last time it tried. */
  #failed = '';

  constructor(options: ElasticMasterOptions) {
    this.#options = options;
    options.front.serve(standbyApp(() => this.#standing));
  }

  /** Ends it in order: leadership first, then the lease, so that another can take over at once. */
  stop(): void {
    this.#ending.abort(new Error('the master was stopped'));
  }

  /**
   * Runs until `stop`.
   * @throws StoreError when the server refuses (credentials, version, product): that does not pass by itself
   */
  async run(): Promise<void> {
    try {
      await this.#open();
      while (!this.#ending.signal.aborted) await this.#round();
    } catch (error) {
      if (!this.#ending.signal.aborted) throw error;
    } finally {
      await this.#store?.close();
    }
  }

  async #open(): Promise<void> {
    const { elastic, log, say } = this.#options;
    const tell = changes(say);
    let warned = '';
    while (!this.#store) {
      this.#ending.signal.throwIfAborted();
      try {
        this.#store = await openElastic(elastic, 'lease');
      } catch (error) {
        if (!(error instanceof StoreError) || error.code !== 'store-unavailable') throw error;
        this.#standing = unavailable(error);
        if (error.message !== warned) log.warn({ err: error }, 'Elasticsearch is not reachable'); // once a second otherwise, with its stack
        warned = error.message;
        tell(`waiting for Elasticsearch: ${error.message}. ${error.hint}`);
        await sleep(againMs, undefined, { signal: this.#ending.signal });
      }
    }
  }

  /** From standing by to the end of a leadership. */
  async #round(): Promise<void> {
    const { inForce, holder, address, log, say, tokens } = this.#options;
    const store = this.#store!;
    const { signal } = this.#ending;
    const lease = store.lease({ holder, address, ttlMs: value(inForce, 'lease') });
    const rollCall = (this.#rollCall ??= this.#newRollCall(store));
    const tell = changes(say);
    await lease.acquire(signal, (leader, trouble) => {
      if (!trouble) void rollCall.look();
      this.#standing = standingBy(leader, trouble);
      tell(this.#standing.because);
    });
    this.#standing = reading;
    try {
      await this.#lead(store, lease, rollCall);
    } catch (error) {
      if (signal.aborted) return;
      this.#couldNotLead(error as Error, tell);
      await sleep(againMs, undefined, { signal }).catch(() => undefined); // aborted: the loop sees it
    } finally {
      tokens.share = null;
      await lease
        .release()
        .catch((error: unknown) => log.warn({ err: error }, 'the lease could not be given back: it lapses'));
    }
  }

  #newRollCall(store: ElasticStore): RollCall {
    const { inForce, holder, address, log } = this.#options;
    return new RollCall({
      roll: store.roll(),
      holder,
      address,
      everyMs: value<number>(inForce, 'lease'),
      warn: (message, error) => log.warn({ err: error }, message),
    });
  }

  async #lead(store: ElasticStore, lease: Lease, rollCall: RollCall): Promise<void> {
    const { elastic, front, log, say } = this.#options;
    const { signal } = this.#ending;
    const detail = `${shownUrls(elastic.urls)}, version ${store.version}, indices ${elastic.prefix}-*`;
    const leadership = await Leadership.begin({ ...this.#options, store, lease, rollCall, detail });
    try {
      signal.throwIfAborted(); // told to end while it began: nothing would tell it again
      front.serve(leadership.serve(standbyApp(() => ceased)));
      this.#failed = '';
      const { hub, term } = leadership.master.context.leadership;
      log.info({ term }, 'master leads');
      say(`leads hub ${hub}, term ${term}`);
      const why = await leadership.untilOver(signal);
      if (why !== null) {
        log.warn({ why }, 'this master does not lead any more');
        say(`does not lead any more: ${why}`);
      }
    } finally {
      this.#standing = ceased;
      front.serve(standbyApp(() => this.#standing));
      await leadership.end();
    }
  }

  #couldNotLead(error: Error, tell: (line: string) => void): void {
    const { message } = error;
    if (message !== this.#failed) this.#options.log.error({ err: error }, 'this master could not lead'); // it tries once a second
    this.#failed = message;
    this.#standing = unable(error);
    tell(`could not lead: ${message}`);
  }
}
