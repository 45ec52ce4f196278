// One instance as it is measured: its gauge, its history, its memory quota.
import type { AppSpec } from '../../model/app/app.ts';
import type { Usage } from '../../model/instance/instance.ts';
import type { SeriesPoint } from '../../store/store.ts';
import { freshQuotaWatch, judgeMemory, type QuotaVerdict, type QuotaWatch } from '../../model/instance/quota.ts';
import type { Entry } from '../instance/entry.ts';
import type { Tree } from '../effects/processes/tree.ts';
import { monoMs } from '../moment.ts';
import { Gauge, type Figures } from './gauge.ts';
import { History } from './history.ts';

const exact = (value: number): number => Math.round(value * 1e4) / 1e4;

export class Meter {
  readonly entry: Entry;
  readonly history = new History();
  #gauge: Gauge;
  #quota: QuotaWatch = freshQuotaWatch();
  /** Bytes of memory that nobody but this agent holds it to; null: nothing, or the kernel does. */
  #limit: number | null = null;
  #limitOf: number | null | undefined;
  /** The spec that the shown shares are of. */
  #specOf: AppSpec | null = null;
  #before: { mono: number; ioRead: number | null; ioWrite: number | null } | null = null;
  /** Of the last sample, monotonic ms; 0: none. */
  mono = 0;
  /** Samples of this launch. */
  taken = 0;
  /** Nothing of it ran between the last two samples: it shows what it showed before, and has printed nothing. */
  resting = false;

  constructor(entry: Entry, tree: Tree) {
    this.entry = entry;
    this.#gauge = new Gauge(tree, entry.program.run);
  }

  /** It still measures what runs now. */
  measures(tree: Tree): boolean {
    return this.#gauge.tree === tree;
  }

  /** Another launch of it began. */
  turnTo(tree: Tree): void {
    this.#gauge.rest();
    this.#gauge = new Gauge(tree, this.entry.program.run);
    this.#quota = freshQuotaWatch();
    this.#limitOf = undefined;
    this.#before = null;
    this.mono = 0;
    this.taken = 0;
    this.resting = false;
  }

  /** Its limits must be looked at by somebody: it is sampled often, whoever watches. */
  get polled(): boolean {
    const { mem } = this.entry.record.spec.resAlloc;
    if (mem !== this.#limitOf) {
      this.#limitOf = mem;
      this.#limit = mem === null || this.#gauge.enforces(mem) ? null : mem;
    }
    return this.#limit !== null;
  }

  /**
   * Measures now and puts it where it is shown.
   * @param keen it is watched; else one that rests is not measured anew
   * @returns the minute that is over by it, if one is
   */
  take(keen: boolean): SeriesPoint | null {
    const { entry } = this;
    const mono = monoMs();
    const at = Date.now();
    this.taken++;
    this.resting = !keen && this.#showsWhatIs() && this.#gauge.rests(mono);
    if (this.resting) return this.#again(mono, at);
    const figures = this.#gauge.sample(mono, keen);
    this.mono = mono;
    if (!figures) return null;
    const { peak, ...usage } = figures;
    entry.usage = this.#usageOf(usage, at);
    entry.view = null;
    entry.program.sawMemory(peak);
    return this.history.add(at, { ...usage, disk: entry.usage.disk, ...this.#rates(figures, mono) });
  }

  /** The sample before holds on. */
  #again(mono: number, at: number): SeriesPoint | null {
    this.mono = mono;
    if (this.#before) this.#before.mono = mono;
    const { cpu, mem, fds, processes, disk, ioRead, ioWrite } = this.entry.usage!;
    const still = (total: number | null): 0 | null => (total === null ? null : 0);
    const rates = { ioRead: still(ioRead), ioWrite: still(ioWrite) };
    return this.history.add(at, { cpu, mem, fds, processes, disk, ...rates });
  }

  /** The sample before was made of the disk and the spec that are in force. */
  #showsWhatIs(): boolean {
    const { usage, disk, record } = this.entry;
    return usage !== null && usage.disk === disk && this.#specOf === record.spec;
  }

  #usageOf(figures: Omit<Figures, 'peak'>, at: number): Usage {
    const { disk, record } = this.entry;
    const { resAlloc, limits } = record.spec;
    const cpus = limits.cpus ?? resAlloc.cpus;
    const { cpu, mem } = figures;
    this.#specOf = record.spec;
    return {
      at,
      ...figures,
      disk,
      cpuShare: cpu === null || !cpus ? null : exact(cpu / cpus),
      memShare: mem === null || !resAlloc.mem ? null : exact(mem / resAlloc.mem),
    };
  }

  #rates({ ioRead, ioWrite }: Figures, mono: number): { ioRead: number | null; ioWrite: number | null } {
    const before = this.#before;
    this.#before = { mono, ioRead, ioWrite };
    const rate = (now: number | null, then: number | null | undefined): number | null =>
      now === null || then == null ? null : Math.max(0, (now - then) / ((mono - before!.mono) / 1000));
    return { ioRead: rate(ioRead, before?.ioRead), ioWrite: rate(ioWrite, before?.ioWrite) };
  }

  /** Judges the newest sample by the memory that the app is allotted; where it seems to be over, by an exact one. */
  judge(): { verdict: QuotaVerdict; used: number; limit: number } | null {
    const limit = this.polled ? this.#limit : null;
    const used = this.entry.usage?.mem ?? null;
    if (limit === null || used === null) return null;
    const sure = used > limit ? (this.#gauge.exactMemory() ?? used) : used;
    this.entry.program.sawMemory(sure);
    const { watch, verdict } = judgeMemory(this.#quota, sure, limit);
    this.#quota = watch;
    return { verdict, used: sure, limit };
  }

  /** Nobody watches: nothing stays open. */
  rest(): void {
    this.#gauge.rest();
  }
}
