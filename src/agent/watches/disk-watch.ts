// Holds instances to their disk: the working directory of each that has `resAlloc.disk` is measured now and then, one after the
// other, beside everything else the agent does. Output is not counted: it has bounds of its own (`logs`).
import { setTimeout as delay } from 'node:timers/promises';
import { judgeDisk, freshDiskWatch, type DiskWatchState } from '../../model/instance/disk-quota.ts';
import { atOncePart } from '../../model/instance/quota.ts';
import type { AgentContext } from '../context.ts';
import { diskUse, type DiskUse } from '../effects/disk/disk-use.ts';
import { everySecond } from '../effects/every-second.ts';
import { isThere } from '../effects/file-look.ts';
import type { Entry } from '../instance/entry.ts';
import type { Instances } from '../instances.ts';
import { monoMs } from '../moment.ts';
import { endForLimit } from '../usage/polled-quota.ts';

interface Watched {
  launch: number;
  due: number;
  state: DiskWatchState;
  ending: boolean;
}

/** After the begin of a launch; spread by the instance's own chance. */
const firstMs = 1000;
const spreadMs = 3000;
/** How long a file system has to say that the directory is there. */
const answerMs = 3000;

export class DiskWatch {
  readonly #context: AgentContext;
  readonly #instances: Instances;
  readonly #watched = new WeakMap<Entry, Watched>();
  #endSweeps: (() => void) | null = null;
  #stopped = new AbortController();
  #working: Promise<void> | null = null;

  constructor(context: AgentContext, instances: Instances) {
    this.#context = context;
    this.#instances = instances;
  }

  start(): void {
    this.#stopped = new AbortController();
    this.#endSweeps ??= everySecond(() => this.#sweep());
  }

  async stop(): Promise<void> {
    this.#endSweeps?.();
    this.#endSweeps = null;
    this.#stopped.abort();
    await this.#working;
  }

  #sweep(): void {
    if (this.#working) return; // one look at a time
    const now = monoMs();
    let next = null as Entry | null; // narrowed to null otherwise: it is set within a callback
    let longest = 0;
    // By forEach: what an iterator gives would be garbage, a thousand times a second.
    this.#instances.entries.forEach((entry) => {
      if (entry.record.spec.resAlloc.disk === null || entry.program.phase !== 'running') return;
      const waited = now - this.#of(entry, now).due;
      if (waited < longest) return;
      next = entry;
      longest = waited;
    });
    if (next)
      this.#working = this.#look(next).finally(() => {
        this.#working = null;
      });
  }

  #of(entry: Entry, now: number): Watched {
    const launch = entry.program.run?.launch ?? 0;
    let watched = this.#watched.get(entry);
    if (watched?.launch !== launch)
      this.#watched.set(
        entry,
        (watched = { launch, due: now + firstMs + entry.chance * spreadMs, state: freshDiskWatch(), ending: false }),
      );
    return watched;
  }

  async #look(entry: Entry): Promise<void> {
    const launch = entry.program.run!;
    const watched = this.#of(entry, monoMs());
    try {
      const measured = await this.#measure(launch.workDirectory);
      const limit = entry.record.spec.resAlloc.disk;
      entry.disk = measured.bytes;
      if (entry.usage) entry.usage = { ...entry.usage, disk: measured.bytes };
      entry.view = null;
      if (entry.program.run !== launch || entry.program.phase !== 'running' || limit === null) return;
      const { state, verdict, nextMs } = judgeDisk(watched.state, measured, limit);
      watched.state = state;
      watched.due = monoMs() + nextMs;
      if (verdict.kind === 'warn') this.#warn(entry, verdict.text, measured.bytes, limit);
      if (verdict.kind !== 'exceeded') return;
      if (!watched.ending)
        endForLimit(this.#instances, entry, { what: 'disk', used: measured.bytes, limit }, verdict.text);
      else if (measured.bytes > limit * atOncePart)
        this.#instances.say(entry, { type: 'instance.kill', by: null, at: Date.now() }); // asked to end, it writes on
      watched.ending = true;
    } catch (error) {
      watched.due = monoMs() + 30_000;
      if (!this.#stopped.signal.aborted)
        this.#context.options.log('warn', `${entry.id}: its disk could not be measured: ${(error as Error).message}`);
    }
  }

  /** One whose file system does not answer, or stops to, is given up: others wait for their look. @throws Error */
  async #measure(directory: string): Promise<DiskUse> {
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#stopped.signal]);
    const answers = async (): Promise<void> => {
      if ((await isThere(directory, answerMs)) === null)
        throw new Error(`the file system of ${directory} does not answer`);
    };
    const silence = async (): Promise<never> => {
      for (;;) {
        await delay(answerMs, undefined, { signal, ref: false });
        await answers();
      }
    };
    await answers();
    const silent = silence();
    silent.catch(() => undefined); // where the measure is there first
    try {
      return await Promise.race([diskUse(directory, signal), silent]);
    } finally {
      over.abort();
    }
  }

  #warn(entry: Entry, text: string, used: number, limit: number): void {
    const { app, slot } = entry.record.assignment;
    this.#context.tell({
      at: Date.now(),
      kind: 'instance.diskHigh',
      subject: { app, instance: entry.id, slot, node: this.#context.node },
      loudness: 'attention',
      message: `${app}.${slot} may soon be stopped: ${text}. Give it more with resAlloc.disk, or let it tidy up`,
      detail: { used, limit },
    });
  }
}
