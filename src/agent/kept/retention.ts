// What outlives its use, and for how long: the work directory of the newest crashed launch (for the file viewer), the small files
// of launches (window and back-off are rebuilt from them), and what is left of instances that are gone (their output).
import { lstatSync, readdirSync, statSync } from 'node:fs';
import { mkdir, rename, rm, rmdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { AgentContext } from '../context.ts';
import { crashOf, isShort, keepNewest, type Crash } from './crashes.ts';
import { launchDirectory, launchNumbers, readRecord } from '../effects/launch/launch-records.ts';
import { compressPieces } from '../effects/output/compress-pieces.ts';
import type { Entry } from '../instance/entry.ts';
import type { Instances } from '../instances.ts';
import { isInstanceRecord } from '../instance/records.ts';
import { mostOldLaunches, slotOf, tidyLaunches } from './old-launches.ts';

/** Fetched content beyond what instances use; the least recently used goes first. */
const mostCacheBytes = 10 * 1024 ** 3;
const sweepMs = 60_000;
const dayMs = 86_400_000;

export class Retention {
  readonly #context: AgentContext;
  readonly #instances: Instances;
  /** What is left of instances that are gone. */
  readonly #kept: string;
  readonly #due = new Set<string>();
  /** Crashes that are kept, by the instance's id; also of instances that are gone. */
  readonly #crashes = new Map<string, Crash>();
  /** The newest launch when those before it were looked at. */
  readonly #tidied = new WeakMap<Entry, number>();
  /** Gone since the last sweep: what is left of their output is compressed. */
  readonly #fresh = new Set<string>();
  readonly #over = new AbortController();
  /** What could not be done, and why, as told: each is told once until it is done or fails otherwise. */
  readonly #told = new Map<string, string>();
  #timer: NodeJS.Timeout | null = null;
  #working: Promise<void> = Promise.resolve();

  constructor(context: AgentContext, instances: Instances, kept: string) {
    this.#context = context;
    this.#instances = instances;
    this.#kept = kept;
  }

  start(): void {
    for (const id of this.#instances.entries.keys()) this.changed(id);
    for (const id of keptIn(this.#kept)) this.#lookForCrash(join(this.#kept, id), id);
    this.#timer ??= setInterval(() => void this.sweep(), sweepMs).unref();
    setTimeout(() => void this.sweep(), 5000).unref();
  }

  /** It changed: its older launches, where it has any, are looked at with the next sweep; at once where they have become many. */
  changed(id: string): void {
    const entry = this.#instances.entries.get(id);
    const launch = entry?.program.run?.launch ?? 1;
    if (!entry || launch <= 1) return;
    this.#due.add(id);
    const tidied = this.#tidied.get(entry);
    if (tidied === undefined) this.#tidied.set(entry, launch);
    else if (launch - tidied >= mostOldLaunches) {
      this.#tidied.set(entry, launch);
      void this.#inTurn(() => this.#old(entry));
    }
  }

  /** Where the output of an instance that is gone lies, or null. */
  keptDirectory(id: string): string | null {
    const path = join(this.#kept, id);
    try {
      return statSync(path).isDirectory() ? path : null;
    } catch {
      return null;
    }
  }

  /** Where output lies, of instances that are here and that are gone. */
  *outputs(): Generator<{ id: string; app: string; slot: number; directory: string; over: boolean }> {
    for (const {
      id,
      directory,
      record: {
        assignment: { app, slot },
      },
    } of this.#instances.entries.values())
      yield { id, app, slot, directory, over: false };
    for (const id of keptIn(this.#kept)) {
      const [, app, slot] = /^(.+)\.(\d+)\.[^.]+$/.exec(id) ?? [];
      if (app !== undefined) yield { id, app, slot: Number(slot), directory: join(this.#kept, id), over: true };
    }
  }

  /** An instance is gone: its output is kept for as long as its app says. */
  async gone(entry: Entry): Promise<void> {
    this.#due.delete(entry.id);
    this.#told.delete(launchesOf(entry.id));
    if (entry.record.spec.logs.keepDays <= 0)
      return rm(entry.directory, { recursive: true, force: true, maxRetries: 3 });
    const launches = launchNumbers(entry.directory);
    let crash: Crash | null = null;
    for (const n of launches.toReversed()) {
      const work = join(launchDirectory(entry.directory, n), 'work');
      crash ??= crashOf(entry.directory, slotOf(entry.id), n);
      if (crash?.work !== work) await removeDirectory(work);
    }
    const path = join(this.#kept, entry.id);
    await this.#keep(entry.directory, path);
    if (crash) this.#crashes.set(entry.id, { ...crash, work: join(path, relative(entry.directory, crash.work)) });
    else this.#crashes.delete(entry.id);
    this.#fresh.add(entry.id);
  }

  /** Beside all others that are gone. */
  async #keep(from: string, to: string): Promise<void> {
    try {
      await rename(from, to);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await mkdir(this.#kept, { recursive: true, mode: 0o711 }); // the first one
      await rename(from, to);
    }
  }

  #lookForCrash(directory: string, id: string): void {
    this.#crashes.delete(id);
    for (const n of launchNumbers(directory)) {
      const crash = crashOf(directory, slotOf(id), n);
      if (crash) this.#crashes.set(id, crash);
    }
  }

  /** Removes now what has had its time. Never throws: what cannot be removed is told and tried again with the next sweep. */
  sweep(): Promise<void> {
    return this.#inTurn(() => this.#all());
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    return (this.#working = this.#working.then(work));
  }

  /** Each for itself: what cannot be looked at or removed must not keep all others. */
  async #each(what: string, work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      this.#told.delete(what);
      return true;
    } catch (error) {
      const { message } = error as Error;
      if (this.#told.get(what) !== message)
        this.#context.options.log('warn', `${what} could not be tidied: ${message}`);
      this.#told.set(what, message);
      return false;
    }
  }

  async #all(): Promise<void> {
    const ids = [...this.#due];
    this.#due.clear();
    for (const [index, id] of ids.entries()) {
      if (index % 20 === 19) await new Promise((resolve) => setImmediate(resolve)); // a thousand directories must not hold up a restart
      const entry = this.#instances.entries.get(id);
      if (entry) await this.#old(entry);
    }
    await this.#each('fetched content', () => this.#trim());
    await this.#each('the files of crashes', () => this.#crashed());
    for (const id of this.#fresh) {
      this.#fresh.delete(id);
      await this.#each(`the output of ${id}`, () => this.#compress(id));
    }
    for (const id of keptIn(this.#kept))
      await this.#each(`what is left of ${id}`, () => this.#left(join(this.#kept, id)));
  }

  #trim(): Promise<string[]> {
    const inUse = new Set(
      [...this.#instances.entries.values()].flatMap((entry) =>
        Object.values(entry.record.contents).map(({ sha256 }) => sha256),
      ),
    );
    return this.#context.cache.trim(mostCacheBytes, inUse);
  }

  async #crashed(): Promise<void> {
    if (this.#crashes.size === 0) return;
    const kept = new Set(
      await keepNewest([...this.#crashes.values()], this.#context.options.keepCrashedMs, Date.now(), () =>
        isShort(this.#context.instancesDirectory),
      ),
    );
    for (const [id, crash] of this.#crashes) if (!kept.has(crash)) this.#crashes.delete(id);
  }

  async #compress(id: string): Promise<void> {
    await compressPieces(join(this.#kept, id), this.#over.signal).catch((error: unknown) => {
      if (!this.#over.signal.aborted) throw error;
    });
  }

  /** Those that could not be tidied are looked at again with the next sweep. */
  async #old(entry: Entry): Promise<void> {
    if (!(await this.#each(launchesOf(entry.id), () => this.#launches(entry)))) this.#due.add(entry.id);
  }

  async #launches(entry: Entry): Promise<void> {
    this.#tidied.set(entry, entry.program.run?.launch ?? 0);
    const { crash, more } = await tidyLaunches(entry, this.#context.options.keepCrashedMs);
    if (crash) this.#crashes.set(entry.id, crash);
    if (more) this.#due.add(entry.id);
  }

  async #left(path: string): Promise<void> {
    const found = lstatSync(path); // a link that leads nowhere has its time too
    const record = found.isDirectory() ? readRecord(path, isInstanceRecord).record : null;
    if (Date.now() - found.mtimeMs > (record?.spec.logs.keepDays ?? 7) * dayMs)
      await rm(path, { recursive: true, force: true, maxRetries: 3 });
  }

  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    this.#over.abort();
    await this.#working;
  }
}

const launchesOf = (id: string): string => `what earlier launches of ${id} left`;

/** Mostly there is nothing in it, and one hand-over to a thread does instead of five. */
const removeDirectory = (path: string): Promise<void> =>
  rmdir(path).catch(() => rm(path, { recursive: true, force: true }));

function keptIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  } // nothing was ever kept
}
