// Instances that are measured every two seconds: those that somebody watches, and those whose memory only this agent holds to its
// limit. A round goes over them slice by slice; the rounds end when there are none.
import { monoMs } from '../moment.ts';
import type { Meter } from './meter.ts';

interface OftenSampledOptions {
  /** A round lasts so long, ms. */
  everyMs: number;
  /** All there are, by instance. */
  meters: ReadonlyMap<string, Meter>;
  take: (meter: Meter) => void;
  /** A slice has been taken. */
  taken: () => void;
}

/** Samples in one go: about 1 ms, so that the loop is free for what is urgent. */
const slice = 20;
/** The shortest pause between two goes, ms. */
const sliceMs = 100;

export class OftenSampled {
  readonly #options: OftenSampledOptions;
  /** Monotonic ms. */
  readonly #watchedUntil = new Map<string, number>();
  #allUntil = 0;
  /** Held to its memory by this agent alone. */
  readonly #polled = new Set<Meter>();
  /** Of this round; their files are open. */
  #round: Meter[] = [];
  #next = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: OftenSampledOptions) {
    this.#options = options;
  }

  /** Somebody watches these (null: all) for so long, ms. */
  watch(ids: readonly string[] | null, forMs: number): void {
    const until = monoMs() + forMs;
    if (ids === null) this.#allUntil = Math.max(this.#allUntil, until);
    else for (const id of ids) this.#watchedUntil.set(id, Math.max(this.#watchedUntil.get(id) ?? 0, until));
    this.#hurry();
  }

  /** Whether it is polled may have changed. */
  settle(meter: Meter): void {
    if (meter.polled === this.#polled.has(meter)) return;
    if (!meter.polled) {
      this.#polled.delete(meter);
      return;
    }
    this.#polled.add(meter);
    this.#hurry();
  }

  drop(meter: Meter): void {
    this.#polled.delete(meter);
  }

  has(meter: Meter, now: number): boolean {
    if (this.#allUntil > now || this.#polled.has(meter)) return true;
    return (this.#watchedUntil.get(meter.entry.id) ?? 0) > now;
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Begins the rounds; nothing where they run already. */
  #hurry(): void {
    this.#timer ??= setTimeout(() => this.#go(), 0).unref();
  }

  #go(): void {
    this.#timer = null;
    const now = monoMs();
    const { everyMs, take, taken } = this.#options;
    if (this.#next >= this.#round.length) this.#begin(now);
    if (this.#round.length === 0) return;
    const slices = Math.min(Math.ceil(this.#round.length / slice), Math.ceil(everyMs / sliceMs));
    const size = Math.ceil(this.#round.length / slices);
    for (const meter of this.#round.slice(this.#next, this.#next + size))
      if (now - meter.mono >= everyMs / 2) take(meter);
    this.#next += size;
    taken();
    this.#timer = setTimeout(() => this.#go(), everyMs / slices).unref();
  }

  #begin(now: number): void {
    const before = this.#round;
    const { meters } = this.#options;
    for (const [id, until] of this.#watchedUntil) if (until <= now) this.#watchedUntil.delete(id);
    const round = new Set(this.#allUntil > now ? meters.values() : this.#polled);
    for (const id of this.#watchedUntil.keys()) {
      const meter = meters.get(id);
      if (meter) round.add(meter);
    }
    this.#round = [...round];
    this.#next = 0;
    for (const meter of before) if (!round.has(meter)) meter.rest();
  }
}
