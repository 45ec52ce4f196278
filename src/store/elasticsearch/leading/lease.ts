// Who leads: one document with a holder, renewed by compare-and-swap. Whoever stands by takes it when it has not changed for the
// holder's own time, measured here: no two clocks are compared. A leader that was paused finds that it is not its own any more;
// nothing is acknowledged before the lease is known to have been held after the write.
import { setTimeout as sleep } from 'node:timers/promises';
import { OutrankedError, StoreError } from '../../store.ts';
import type { Bulk, Position } from '../requests/bulk.ts';
import { Elapsed } from '../requests/elapsed.ts';
import { IndexGoneError } from '../requests/answers.ts';
import type { Indices } from '../indices/indices.ts';
import { unanswered } from './lease-doc.ts';
import type { LeaseDoc, LeaseOptions } from './lease-doc.ts';
import type { Names } from '../indices/mappings.ts';
import { pauseMs } from '../requests/requests.ts';
import type { Requests } from '../requests/requests.ts';
import { Standstill } from './standstill.ts';

const leaseId = 'lease';

interface Read {
  doc: LeaseDoc;
  at: Position;
}

export class Lease {
  readonly #requests: Requests;
  readonly #bulk: Bulk;
  readonly #indices: Indices;
  readonly #names: Names;
  readonly #options: LeaseOptions;
  #held: Read | null = null;
  #renewedAt = new Elapsed();
  #renewing: Promise<boolean> | null = null;
  #standstill: Standstill | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** Told of each renewal by time: null when it was done or the lease is lost, else why it failed. */
  onRenewal: (failure: unknown) => void = () => undefined;
  #tellLost: (why: string) => void = () => undefined;
  /** Resolves with the reason when a lease that was held is not any more. */
  lost: Promise<string> = new Promise(() => undefined);

  constructor(requests: Requests, bulk: Bulk, indices: Indices, names: Names, options: LeaseOptions) {
    this.#requests = requests;
    this.#bulk = bulk;
    this.#indices = indices;
    this.#names = names;
    this.#options = options;
  }

  async read(): Promise<Read | null> {
    const found = await this.#requests.document<{
      _seq_no: number;
      _primary_term: number;
      _source: { lease: LeaseDoc };
    }>(`/${this.#names.ledger}/_doc/${leaseId}`);
    return found && { doc: found._source.lease, at: { seqNo: found._seq_no, primaryTerm: found._primary_term } };
  }

  /** @returns the position, or null when another was first or nobody knows; @throws StoreError when the server refuses */
  async #put(doc: LeaseDoc, over: Position | null): Promise<Position | null> {
    const [outcome] = await this.#bulk.run([
      {
        action: over ? 'index' : 'create',
        index: this.#names.ledger,
        id: leaseId,
        source: JSON.stringify({ lease: doc }),
        ...(over ? { at: over } : {}),
      },
    ]);
    if (outcome!.kind === 'done') return outcome!.at;
    if (outcome!.kind === 'failed') throw outcome!.error;
    return null;
  }

  /**
   * Waits until this process leads.
   * @param seen told of each leader met meanwhile, and of each failure to ask (null: nobody leads)
   * @throws the signal's reason when it aborts
   */
  async acquire(
    signal: AbortSignal,
    seen: (leader: LeaseDoc | null, trouble: StoreError | null) => void,
  ): Promise<void> {
    const { holder } = this.#options;
    let last: Read | null = null;
    let since = new Elapsed();
    let failures = 0;
    /** Since when the ledger itself is not there. */
    let gone: Elapsed | null = null;
    for (;;) {
      signal.throwIfAborted();
      try {
        const found = await this.read();
        failures = 0;
        gone = null;
        // A lease that could not be looked at may have been renewed meanwhile: the time begins anew with each change seen.
        if (!last || found?.at.seqNo !== last.at.seqNo || found.at.primaryTerm !== last.at.primaryTerm)
          since = new Elapsed();
        last = found;
        const free = !found || found.doc.holder === null || found.doc.holder === holder || since.ms > found.doc.ttlMs;
        if (free && (await this.#take(found))) return;
        seen(found?.doc ?? null, null);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        last = null;
        failures += 1;
        // Who leads makes it again, and knows more of it. When nobody does, nobody leads.
        gone = error instanceof IndexGoneError ? (gone ?? new Elapsed()) : null;
        if (gone && gone.ms > this.#options.ttlMs) await this.#remake();
        seen(null, error);
      }
      const pause = failures > 0 ? pauseMs(failures) : Math.min(this.#options.ttlMs, last?.doc.ttlMs ?? Infinity) / 10;
      await sleep(pause, undefined, { signal }).catch(() => undefined); // aborted: the loop sees it
    }
  }

  async #remake(): Promise<void> {
    await this.#indices.ensure(this.#names.ledger).catch((error: unknown) => {
      if (!(error instanceof StoreError)) throw error; // it tries again, as for whatever else fails
    });
  }

  async #take(found: Read | null): Promise<boolean> {
    const { holder, address, ttlMs } = this.#options;
    const asked = new Elapsed();
    const doc: LeaseDoc = { holder, address, epoch: (found?.doc.epoch ?? 0) + 1, beats: 0, ttlMs, at: Date.now() };
    const at = await this.#put(doc, found?.at ?? null);
    if (!at) return false; // when it was ours all the same, the next look finds our name
    this.#held = { doc, at };
    this.#renewedAt = asked;
    this.lost = new Promise((resolve) => {
      this.#tellLost = resolve;
    });
    // A renewal that fails is made good by the next one, or by who confirms.
    const standstill = (this.#standstill = new Standstill(ttlMs, () => this.#wake()));
    this.#timer = setInterval(() => {
      const { lapsed } = this;
      standstill.tick();
      if (this.#renewing && lapsed) this.onRenewal(lapsed);
      void this.#renew().then(
        () => this.onRenewal(null),
        (error: unknown) => this.onRenewal(error),
      );
    }, ttlMs / 3).unref();
    return true;
  }

  /** @returns whether it is still ours; @throws StoreError when that cannot be found out now */
  #renew(): Promise<boolean> {
    this.#renewing ??= this.#renewNow().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #renewNow(): Promise<boolean> {
    const mine = this.#held;
    if (!mine) return false;
    const asked = new Elapsed();
    const doc = { ...mine.doc, beats: mine.doc.beats + 1, at: Date.now() };
    let at = await this.#put(doc, mine.at);
    if (!at) {
      const found = await this.read();
      if (found && (found.doc.holder !== doc.holder || found.doc.epoch !== doc.epoch)) {
        this.drop(
          found.doc.holder ? `the master at ${found.doc.address} leads since its lease lapsed` : 'its lease is gone',
        );
        return false;
      }
      // An earlier renewal without an answer was done; or somebody took the document away: who makes it again leads.
      at = found ? found.at : await this.#put(doc, null);
      if (!at) throw new OutrankedError();
    }
    if (this.#held !== mine) return false;
    this.#held = { doc, at };
    this.#renewedAt = asked;
    return true;
  }

  /** It has not been renewed for as long as it counts, and another may lead: why; null: it is held, or known to be lost. */
  get lapsed(): StoreError | null {
    return this.#held && this.#renewedAt.ms > this.#options.ttlMs ? unanswered(this.#requests.where) : null;
  }

  get held(): boolean {
    return this.#held !== null;
  }

  /**
   * Why nothing may be written now: another leads, or this process stood still and may be overtaken; null: it may. Asked when a write is
   * sent, after all waiting. While only Elasticsearch is away, a write is tried.
   */
  get refusal(): StoreError | null {
    if (!this.#held) return new OutrankedError();
    return this.waking && this.lapsed;
  }

  /** After a standstill: resolves when it was asked who leads. An Elasticsearch that is away is something else: then nobody else leads. */
  get waking(): Promise<void> | null {
    return this.#held && (this.#standstill?.waking ?? null);
  }

  async #wake(): Promise<void> {
    await this.#renew();
    if (this.lapsed) await this.#renew(); // that was a renewal of before
  }

  /** Steps down without giving it back: whoever holds it by its name may take it up at once. */
  drop(why: string): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    this.#held = null;
    this.#tellLost(why);
  }

  /**
   * Was the lease held at a moment after this call began? Costs nothing while the last renewal is young.
   * @throws StoreError store-unavailable when another leads, or when that cannot be found out
   */
  async confirm(): Promise<void> {
    if (!this.#held) throw new OutrankedError();
    if (this.#renewedAt.ms < this.#options.ttlMs * 0.8) return;
    if (!(await this.#renew())) throw new OutrankedError();
  }

  /** Into a ledger that is made again and that nobody else can write to yet. */
  async putBack(): Promise<void> {
    const mine = this.#held;
    if (!mine) throw new OutrankedError();
    const source = JSON.stringify({ lease: mine.doc });
    await this.#bulk.settle([{ action: 'create', index: this.#names.ledger, id: leaseId, source, direct: true }]);
  }

  /** Gives it back, so that another need not wait. */
  async release(): Promise<void> {
    const mine = this.#held;
    if (!mine) return;
    await this.#renewing?.catch(() => undefined); // whether it was renewed does not matter any more
    const { doc, at } = this.#held ?? mine;
    this.drop('it was given back');
    await this.#put({ ...doc, holder: null, at: Date.now() }, at);
  }
}
