// Measures all instances at their pace: seldom and one after the other while nobody looks, often those that somebody watches
// (often-sampled.ts). Nothing is done for an instance between two of its samples.
import { toRow, type UsageAnswer, type UsageRow } from '../../model/instance/usage.ts';
import type { SeriesPoint } from '../../store/store.ts';
import type { Entry } from '../instance/entry.ts';
import type { Instances } from '../instances.ts';
import { monoMs } from '../moment.ts';
import type { AgentTimes } from '../settings.ts';
import { Meter } from './meter.ts';
import { OftenSampled } from './often-sampled.ts';

export interface Point extends SeriesPoint {
  subject: string;
}

export interface SamplerOptions {
  instances: Instances;
  times: AgentTimes;
  /** Hears each minute of each instance, once it is over. */
  onPoints: (points: Point[]) => void;
  /** Hears new samples: at once where somebody watches, else gathered. */
  onRows: (rows: Record<string, UsageRow>) => void;
  /** Hears whether anything of an instance ran since the look before. */
  onLook: (directory: string, resting: boolean) => void;
  /** An instance that only this agent holds to its memory was sampled. */
  onPolled: (meter: Meter) => void;
}

/** One reading of the usage by somebody counts as watching for this long, ms. */
const lookMs = 10_000;
/** A launch is sampled for the first time after this: many that start at once need the time themselves. */
const freshMs = 2000;
/** First samples in one go, and the pause between two goes. */
const slice = 10;
const sliceMs = 100;

export class UsageSampler {
  readonly #options: SamplerOptions;
  readonly #meters = new Map<string, Meter>();
  readonly #often: OftenSampled;
  /** Launches that have begun and are not sampled yet: when they are due, oldest first. */
  readonly #fresh = new Map<string, number>();
  #round: Iterator<Meter> | null = null;
  /** Measured anew, and not told yet. */
  readonly #untold = new Set<string>();
  #flushedAt = 0;
  #idle: NodeJS.Timeout | null = null;
  #meeting: NodeJS.Timeout | null = null;
  #unsubscribe: (() => void) | null = null;
  readonly #listeners = new Set<(ids: string[]) => void>();

  constructor(options: SamplerOptions) {
    this.#options = options;
    this.#often = new OftenSampled({
      everyMs: options.times.usageWatchedMs,
      meters: this.#meters,
      take: (meter) => {
        if (!this.#meterOf(meter.entry)) return;
        this.#take(meter, true);
        if (meter.polled) options.onPolled(meter);
      },
      taken: () => this.#flush(),
    });
  }

  start(): void {
    const { instances } = this.#options;
    this.#unsubscribe ??= instances.onChange((ids) => this.#changed(ids));
    this.#changed(instances.entries.keys());
  }

  stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    for (const timer of [this.#idle, this.#meeting]) if (timer) clearTimeout(timer);
    this.#idle = this.#meeting = null;
    this.#often.stop();
    for (const meter of this.#meters.values()) meter.rest();
    this.#over([...this.#meters.values()]);
  }

  /** Somebody watches these (null: all of this node) for so long, ms. */
  watch(ids: readonly string[] | null, forMs: number): void {
    this.#often.watch(ids, forMs);
  }

  /** What an instance uses now; whoever asks is watching for a while. */
  answer(entry: Entry): UsageAnswer {
    const running = this.#meterOf(entry),
      meter = running ?? this.#meters.get(entry.id);
    if (!meter) return { now: null, recent: null };
    if (!running) return { now: null, recent: meter.history.recent(Date.now()) }; // what led to its end
    if (monoMs() - meter.mono >= Math.min(1000, this.#options.times.usageWatchedMs)) this.#take(meter, true);
    this.watch([entry.id], lookMs);
    return { now: entry.usage, recent: meter.history.recent(Date.now()) };
  }

  /** Calls back with the ids of new samples, as they are told. @returns ends it */
  onSampled(listener: (ids: string[]) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #changed(ids: Iterable<string>): void {
    for (const id of ids) {
      const entry = this.#options.instances.entries.get(id),
        meter = this.#meters.get(id),
        tree = entry?.program.tree;
      if (entry?.program.phase === 'running' && tree?.program) {
        if (meter?.measures(tree)) this.#often.settle(meter);
        else if (!this.#fresh.has(id))
          this.#fresh.set(id, monoMs() + Math.min(freshMs, this.#options.times.usageWatchedMs));
      } else if (meter && entry?.program.phase !== 'launched') {
        if (entry) this.#ended(entry, meter);
        else this.#forget(id, meter);
      }
    }
    if (this.#fresh.size > 0) this.#meeting ??= setTimeout(() => this.#meet(), sliceMs).unref();
  }

  /** First samples of launches that have begun. */
  #meet(): void {
    this.#meeting = null;
    const now = monoMs();
    let taken = 0,
      next = 0;
    for (const [id, due] of this.#fresh) {
      if (due > now || taken++ >= slice) {
        next = due;
        break;
      }
      this.#fresh.delete(id);
      const entry = this.#options.instances.entries.get(id),
        meter = entry && this.#meterOf(entry);
      if (!meter) continue;
      this.#take(meter, false);
      this.#often.settle(meter);
      if (meter.taken === 1 && entry.usage?.cpu === null) this.#fresh.set(id, now + freshMs); // of an adopted one cpu needs a second look
    }
    this.#flush();
    if (this.#fresh.size > 0) this.#meeting = setTimeout(() => this.#meet(), Math.max(sliceMs, next - now)).unref();
    this.#idleLater();
  }

  /** The meter of what runs of it; null: nothing does. */
  #meterOf(entry: Entry): Meter | null {
    const { tree, phase } = entry.program;
    if (phase !== 'running' || !tree?.program) return null;
    const known = this.#meters.get(entry.id);
    if (!known) {
      const made = new Meter(entry, tree);
      this.#meters.set(entry.id, made);
      this.#idleLater();
      return made;
    }
    if (!known.measures(tree)) known.turnTo(tree);
    return known;
  }

  /** Its program has ended: what it used is no longer so. The history stays for its next launch. */
  #ended(entry: Entry, meter: Meter): void {
    if (entry.usage) {
      entry.usage = null;
      entry.view = null;
    }
    this.#often.drop(meter);
    meter.rest();
  }

  #forget(id: string, meter: Meter): void {
    this.#meters.delete(id);
    this.#often.drop(meter);
    meter.rest();
    this.#over([meter]);
  }

  /** The minute that was not over. */
  #over(meters: Meter[]): void {
    const points = meters.flatMap((meter) => {
      const point = meter.history.point();
      return point ? [{ subject: `instance/${meter.entry.id}`, ...point }] : [];
    });
    if (points.length > 0) this.#options.onPoints(points);
  }

  /** The slow round over all: so many at a time that each has its turn once in `usageIdleMs`. */
  #idleLater(): void {
    if (this.#idle || this.#meters.size === 0 || !this.#unsubscribe) return;
    const { usageIdleMs } = this.#options.times,
      pause = Math.max(Math.min(1000, usageIdleMs), usageIdleMs / this.#meters.size);
    this.#idle = setTimeout(() => {
      this.#idle = null;
      this.#idleTick(Math.ceil((this.#meters.size * pause) / usageIdleMs));
      this.#idleLater();
    }, pause).unref();
  }

  #idleTick(turns: number): void {
    const now = monoMs(),
      { usageIdleMs } = this.#options.times;
    for (let n = 0; n < turns; n++) {
      this.#round ??= this.#meters.values();
      const { value: meter, done } = this.#round.next();
      if (done) {
        this.#round = null;
        continue;
      }
      if (this.#often.has(meter, now) || now - meter.mono < usageIdleMs / 3 || !this.#meterOf(meter.entry)) continue;
      this.#take(meter, false);
    }
    if (now - this.#flushedAt >= usageIdleMs) this.#flush();
  }

  #take(meter: Meter, keen: boolean): void {
    const { id, directory } = meter.entry;
    const point = meter.take(keen);
    if (!meter.resting) this.#untold.add(id);
    this.#options.onLook(directory, meter.resting);
    if (point) this.#options.onPoints([{ subject: `instance/${id}`, ...point }]);
  }

  /** Tells what is new. Rows are made only now: what waits for half a minute would be garbage of the dear kind. */
  #flush(): void {
    this.#flushedAt = monoMs();
    const rows: Record<string, UsageRow> = {};
    for (const id of this.#untold) {
      const usage = this.#options.instances.entries.get(id)?.usage;
      if (usage) rows[id] = toRow(usage);
    }
    this.#untold.clear();
    const ids = Object.keys(rows);
    if (ids.length === 0) return;
    this.#options.onRows(rows);
    for (const listener of this.#listeners) listener(ids);
  }
}
