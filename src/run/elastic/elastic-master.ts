// A master whose store is Elasticsearch: it opens its port at once, waits for the server and for the lease, leads while it holds it,
// and stands by again when it has lost it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Tokens } from '../../api/access/tokens.ts';
import { openElastic, type ElasticStore } from '../../store/elasticsearch/elastic.ts';
import { shownUrls, type ElasticOptions } from '../../store/elasticsearch/requests/connect.ts';
import type { LeaseDoc } from '../../store/elasticsearch/leading/lease-doc.ts';
import { LeasedStore } from '../../store/elasticsearch/leading/leased.ts';
import { StoreError } from '../../store/store.ts';
import { refuseMoved } from '../../store/moving/moved.ts';
import { StoreTrouble } from '../../store/trouble.ts';
import { value } from '../daemon.ts';
import { apiOf, lead } from '../leading.ts';
import type { Logger } from '../log.ts';
import type { InForce } from '../settings/settings.ts';
import { ClockWatch } from './clock-watch.ts';
import { IndexWatch } from './index-watch.ts';
import { RollCall } from './roll-call.ts';
import { shareTokens } from './shared-tokens.ts';
import { servedWhileLeading, standbyApp, type Front, type Standing } from './standby.ts';

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
  #standing: Standing = {
    because: 'The master is connecting to Elasticsearch',
    hint: 'Ask again in a moment.',
    leader: null,
    code: 'starting',
  };
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

  /** One leadership: from standing by to its end. */
  async #round(): Promise<void> {
    const { inForce, holder, address, log, say, elastic } = this.#options;
    const store = this.#store!;
    const { signal } = this.#ending;
    const lease = store.lease({ holder, address, ttlMs: value(inForce, 'lease') });
    const tell = changes(say);
    const rollCall = (this.#rollCall ??= new RollCall({
      roll: store.roll(),
      holder,
      address,
      everyMs: value<number>(inForce, 'lease'),
      warn: (message, error) => log.warn({ err: error }, message),
    }));
    await lease.acquire(signal, (leader, trouble) => {
      if (!trouble) void rollCall.look();
      this.#standing = standingOf(leader, trouble);
      tell(this.#standing.because);
    });
    const about = {
      kind: 'elasticsearch',
      detail: `${shownUrls(elastic.urls)}, version ${store.version}, indices ${elastic.prefix}-*`,
    };
    this.#standing = {
      because: 'The master is reading its store',
      hint: 'Ask again in a moment.',
      leader: null,
      code: 'starting',
    };
    const closing = new AbortController();
    const trouble = new StoreTrouble();
    let watch: IndexWatch | null = null;
    let clock: ClockWatch | null = null;
    trouble.lapsed = () => lease.lapsed;
    lease.onRenewal = (failure) => {
      if (failure === null) trouble.succeeded('lease');
      else trouble.failed('lease', failure);
      void watch?.look();
      void clock?.look();
      void rollCall.look();
    };
    try {
      await store.indices.prepare();
      const leased = new LeasedStore(store, lease);
      await refuseMoved(leased);
      await shareTokens(leased, this.#options.tokens, () => this.#options.makeFirstTokens());
      const master = await lead(leased, about, inForce, log, trouble, () => !lease.held);
      try {
        signal.throwIfAborted(); // told to end while it was made: nothing would tell it again
        clock = new ClockWatch({ store, master, trouble, log });
        watch = new IndexWatch({
          store,
          lease,
          master,
          trouble,
          log,
          shareTokens: () => shareTokens(leased, this.#options.tokens, () => undefined),
        });
        store.requests.onGone = () => void watch?.look();
        rollCall.changed = (masters) => {
          master.context.masters = masters;
          trouble.changed(); // it is in the status
        };
        rollCall.changed(rollCall.masters);
        void rollCall.look();
        const api = apiOf(master, this.#options.tokens, closing.signal, inForce, log);
        this.#options.front.serve(
          servedWhileLeading(
            api,
            lease,
            standbyApp(() => ceased),
          ),
        );
        this.#failed = '';
        log.info({ term: master.context.leadership.term }, 'master leads');
        say(`leads hub ${master.context.leadership.hub}, term ${master.context.leadership.term}`);
        const why = await Promise.race([
          lease.lost,
          master.ended.then((failure) => failure ?? 'it ended by itself'),
          new Promise<null>((resolve) => signal.addEventListener('abort', () => resolve(null), { once: true })),
        ]);
        if (why !== null) {
          log.warn({ why }, 'this master does not lead any more');
          say(`does not lead any more: ${why}`);
        }
      } finally {
        this.#standing = ceased;
        this.#options.front.serve(standbyApp(() => this.#standing));
        closing.abort();
        store.requests.onGone = () => undefined;
        rollCall.changed = () => undefined;
        await watch?.stop();
        await master.stop();
      }
    } catch (error) {
      if (signal.aborted) return;
      const { message } = error as Error;
      if (message !== this.#failed) log.error({ err: error }, 'this master could not lead'); // it tries once a second
      this.#failed = message;
      tell(`could not lead: ${message}`);
      this.#standing =
        error instanceof StoreError
          ? unavailable(error)
          : { because: message, hint: 'It tries again by itself.', leader: null, code: 'starting' };
      await sleep(againMs, undefined, { signal }).catch(() => undefined); // aborted: the loop sees it
    } finally {
      this.#options.tokens.share = null;
      await lease
        .release()
        .catch((error: unknown) => log.warn({ err: error }, 'the lease could not be given back: it lapses'));
    }
  }
}

const ceased: Standing = {
  because: 'The master has just ceased to lead',
  hint: 'Ask again in a moment.',
  leader: null,
};

/** Nobody is known to lead: to name another master here would send people the wrong way. */
const unavailable = ({ message, hint }: StoreError): Standing => ({
  because: message,
  hint,
  leader: null,
  code: 'store-unavailable',
});

function standingOf(leader: LeaseDoc | null, trouble: StoreError | null): Standing {
  if (trouble) return unavailable(trouble);
  if (!leader?.holder) return { because: 'Nobody leads yet', hint: 'Ask again in a moment.', leader: null };
  if (!URL.canParse(leader.address))
    return { because: `The store is held by ${leader.address}`, hint: 'It leads when that has ended.', leader: null };
  return {
    because: `This master stands by: the one at ${leader.address} leads`,
    hint: `Ask there: ${leader.address}`,
    leader: leader.address,
  };
}
