// Measures all instances at their pace: seldom and one after the other while nobody looks, often those that somebody watches
// (often-sampled.ts). Nothing is done for an instance between two of its samples.
import { toRow, type UsageAnswer, type UsageRow } from '../../model/instance/usage.ts';
import type { SeriesPoint } from '../../store/store.ts';
import type { Entry } from '../instance/entry.ts';
import type { Instances } from '../instances.ts';
import { monoMs } from '../moment.ts';
import type { AgentTimes } from '../settings.ts';
import { FirstSamples } from './first-samples.ts';
import { Meter } from './meter.ts';
import { OftenSampled } from './often-sampled.ts';

export interface Point extends SeriesPoint {
  subject: string;
}

interface SamplerOptions {
  instances: Instances;
  times: AgentTimes;
  /** Hears each minute of each instance, once it is over. */
  onPoints: (points: Point[]) => void;
  /** Hears new samples: at once where somebody watches, else gathered. */
  onRows: (rows: Record<string, UsageRow>) => void;
  /** Hears whether anything of an instance ran since the look before. */
  onLook: (entry: Entry, resting: boolean) => void;
  /** An instance that only this agent holds to its memory was sampled. */
  onPolled: (meter: Meter) => void;
}

/** One reading of the usage by somebody counts as watching for this long, ms. */
const lookMs = 10_000;

export class UsageSampler {
  readonly #options: SamplerOptions;
  readonly #meters = new Map<string, Meter>();
  readonly #often: OftenSampled;
  readonly #first: FirstSamples;
  #round: Iterator<Meter> | null = null;
  /** Measured anew, and not told yet. */
  readonly #untold = new Set<string>();
  #flushedAt = 0;
  #idle: NodeJS.Timeout | null = null;
  #unsubscribe: (() => void) | null = null;
  readonly #listeners = new Set<(ids: string[]) => void>();

  constructor(options: SamplerOptions) {
    this.#options = options;
    this.#first = new FirstSamples({
      afterMs: options.times.usageWatchedMs,
      take: (id) => this.#meet(id),
      taken: () => {
        this.#flush();
        this.#idleLater();
      },
    });
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
    if (this.#idle) clearTimeout(this.#idle);
    this.#idle = null;
    this.#first.stop();
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
    const running = this.#meterOf(entry);
    const meter = running ?? this.#meters.get(entry.id);
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
      const entry = this.#options.instances.entries.get(id);
      const meter = this.#meters.get(id);
      const tree = entry?.program.tree;
      if (entry?.program.phase === 'running' && tree?.program) {
        if (meter?.measures(tree)) this.#often.settle(meter);
        else this.#first.begun(id, monoMs());
      } else if (meter && entry?.program.phase !== 'launched') {
        if (entry) this.#ended(entry, meter);
        else this.#forget(id, meter);
      }
    }
  }

  /** @returns true: of an adopted one cpu needs a second look */
  #meet(id: string): boolean {
    const entry = this.#options.instances.entries.get(id);
    const meter = entry && this.#meterOf(entry);
    if (!meter) return false;
    this.#take(meter, false);
    this.#often.settle(meter);
    return meter.taken === 1 && entry.usage?.cpu === null;
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
    const { usageIdleMs } = this.#options.times;
    const pause = Math.max(Math.min(1000, usageIdleMs), usageIdleMs / this.#meters.size);
    this.#idle = setTimeout(() => {
      this.#idle = null;
      this.#idleTick(Math.ceil((this.#meters.size * pause) / usageIdleMs));
      this.#idleLater();
    }, pause).unref();
  }

  #idleTick(turns: number): void {
    const now = monoMs();
    const { usageIdleMs } = this.#options.times;
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
    const { id } = meter.entry;
    const point = meter.take(keen);
    if (!meter.resting) this.#untold.add(id);
    this.#options.onLook(meter.entry, meter.resting);
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
