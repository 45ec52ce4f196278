// What was measured of one instance: the last five minutes sample by sample, and the running minute as least, average and most.
// Numbers in typed arrays: with a thousand instances this is most of what usage costs in memory.
import type { SeriesPoint } from '../../store/store.ts';
import type { RecentUsage } from '../../model/instance/usage.ts';

/** What goes into the series of an instance. io is in bytes a second. */
const names = ['cpu', 'mem', 'fds', 'processes', 'disk', 'ioRead', 'ioWrite'] as const;
export type Measured = Record<(typeof names)[number], number | null>;

const keptMs = 300_000;
const longestMs = 1e9;
/** Of a sample: seconds since `base`, then cpu, memory, io. */
const columns = ['cpu', 'mem', 'ioRead', 'ioWrite'] as const;
const width = 1 + columns.length;
/** Samples kept at the pace of nobody watching; grown while they come faster. */
const fewest = 12;
const most = 160;

export class History {
  /** A ring of samples; null until the first. */
  #samples: Float32Array | null = null;
  #next = 0;
  #count = 0;
  #base = 0;
  #minute = 0;
  /** Least, sum, most and number of each name in this minute. */
  readonly #sums = new Float64Array(4 * names.length);

  /**
   * Takes a sample in. @param at epoch ms
   * @returns the minute that is over by it, as a point; null: none
   */
  add(at: number, measured: Measured): SeriesPoint | null {
    const minute = Math.floor(at / 60_000);
    const over = minute > this.#minute && this.#minute > 0 ? this.point() : null;
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#sums.fill(0);
    }
    for (let index = 0; index < names.length; index++) {
      const value = measured[names[index]!];
      if (value !== null) this.#take(index * 4, value);
    }
    this.#remember(at, measured);
    return over;
  }

  #take(k: number, value: number): void {
    const sums = this.#sums;
    const first = sums[k + 3] === 0;
    sums[k] = first ? value : Math.min(sums[k]!, value);
    sums[k + 1]! += value;
    sums[k + 2] = first ? value : Math.max(sums[k + 2]!, value);
    sums[k + 3]!++;
  }

  /** The running minute so far; null while nothing was measured in it. */
  point(): SeriesPoint | null {
    const values: SeriesPoint['values'] = {};
    const sums = this.#sums;
    let known = false;
    for (const [index, name] of names.entries()) {
      const k = index * 4;
      const n = sums[k + 3]!;
      if (n === 0) continue;
      const exact = name === 'cpu' ? 1e4 : 1;
      const shown = (value: number): number => Math.round(value * exact) / exact;
      values[name] = [shown(sums[k]!), shown(sums[k + 1]! / n), shown(sums[k + 2]!)];
      known = true;
    }
    return known ? { minute: this.#minute, values } : null;
  }

  #remember(at: number, measured: Measured): void {
    if (this.#count === 0 || at < this.#base || at - this.#base > longestMs) {
      this.#base = at;
      this.#count = this.#next = 0;
    } // the clock was set, or Float32 gets coarse
    const samples = this.#room(at);
    const k = this.#next * width;
    samples[k] = (at - this.#base) / 1000;
    for (let index = 0; index < columns.length; index++) samples[k + 1 + index] = measured[columns[index]!] ?? NaN;
    this.#next = (this.#next + 1) % (samples.length / width);
    this.#count = Math.min(this.#count + 1, samples.length / width);
  }

  /** The ring, larger where it is full of what is not old yet, small again when the fast samples are old. */
  #room(at: number): Float32Array {
    const capacity = (this.#samples?.length ?? 0) / width;
    const oldest = (at - this.#base) / 1000 - keptMs / 1000;
    const full = this.#count === capacity;
    const needed = full && (capacity === 0 || this.#at(0) > oldest);
    if (needed && capacity < most) return this.#resize(capacity === 0 ? fewest : Math.min(most, capacity * 4));
    if (capacity > fewest && this.#next === 0) {
      let young = 0;
      for (let i = 0; i < this.#count; i++) if (this.#at(i) > oldest) young++;
      if (young < fewest) return this.#resize(fewest);
    }
    return this.#samples!;
  }

  /** Seconds since the base of the i-th sample, oldest first. */
  #at(i: number): number {
    return this.#samples![this.#place(i) * width]!;
  }
  #place(i: number): number {
    const capacity = this.#samples!.length / width;
    return (this.#next - this.#count + i + 2 * capacity) % capacity;
  }

  #resize(capacity: number): Float32Array {
    const wider = new Float32Array(capacity * width);
    const kept = Math.min(this.#count, capacity);
    for (let i = 0; i < kept; i++) {
      const from = this.#place(this.#count - kept + i) * width;
      wider.set(this.#samples!.subarray(from, from + width), i * width);
    }
    this.#count = kept;
    this.#next = kept % capacity;
    return (this.#samples = wider);
  }

  /** The last five minutes. @param now epoch ms */
  recent(now: number): RecentUsage {
    const found: RecentUsage = { at: [], cpu: [], mem: [], ioRead: [], ioWrite: [] };
    for (let i = 0; i < this.#count; i++) {
      const at = Math.round(this.#base + this.#at(i) * 1000);
      if (at < now - keptMs) continue;
      found.at.push(at);
      for (const [index, name] of columns.entries()) {
        const value = this.#samples![this.#place(i) * width + 1 + index]!;
        found[name].push(Number.isNaN(value) ? null : value);
      }
    }
    return found;
  }
}
