// The working directory of each launch: a fresh one, filled from the cache, the next one while the program still runs; or the
// lasting one that the app names.
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentContext } from './context.ts';
import { fetchInto, type Fetched } from './effects/fetch.ts';
import type { Progress } from './effects/download.ts';
import type { InstanceRecord } from './records.ts';

export class WorkDirectory {
  readonly #context: AgentContext;
  readonly #next: string;
  readonly #record: () => InstanceRecord;
  #filled = false;
  #filling: Promise<boolean> | null = null;

  /** @param directory the instance's own */
  constructor(context: AgentContext, directory: string, record: () => InstanceRecord) {
    this.#context = context;
    this.#next = join(directory, 'next');
    this.#record = record;
  }

  /** The next launch need not wait for its files. */
  get ready(): boolean { return this.#filled || this.#record().spec.workingDirectory !== null || this.#record().spec.uris.length === 0; }

  /**
   * Fetches what the app names into the first work directory (or the lasting one).
   * @returns the hash of each URI, and sentences worth an event
   * @throws FetchError
   */
  async fetch(signal: AbortSignal, onProgress?: (progress: Progress) => void): Promise<Fetched> {
    const { spec, contents } = this.#record(), shared = spec.workingDirectory !== null;
    if (spec.uris.length === 0) return { contents: {}, notes: [] };
    await this.#filling;
    if (!shared) await rm(this.#next, { recursive: true, force: true });
    const fetched = await fetchInto({ uris: spec.uris, contents, directory: spec.workingDirectory ?? this.#next, shared, cache: this.#context.cache, signal, ...(onProgress ? { onProgress } : {}) });
    this.#filled = !shared;
    return fetched;
  }

  /** Fills the next work directory while nobody waits for it. */
  prepareNext(): void {
    if (!this.ready) void this.prepare();
  }

  /** @returns false when the content cannot be had now: it has to be fetched again */
  prepare(): Promise<boolean> {
    if (this.ready) return Promise.resolve(true);
    this.#filling ??= (async () => {
      try {
        await rm(this.#next, { recursive: true, force: true });
        const { spec, contents } = this.#record();
        await fetchInto({ uris: spec.uris, contents, directory: this.#next, shared: false, cache: this.#context.cache });
        this.#filled = true;
        return true;
      } catch (error) {
        this.#context.options.log('warn', `${this.#record().assignment.id}: the next work directory could not be filled: ${(error as Error).message}`);
        return false;
      } finally {
        this.#filling = null;
      }
    })();
    return this.#filling;
  }

  /** Makes the prepared directory the launch's own. */
  moveTo(path: string): void {
    const { spec } = this.#record();
    if (spec.workingDirectory !== null) {
      if (!existsSync(path)) mkdirSync(path, { recursive: true });
    } else if (this.#filled) {
      renameSync(this.#next, path);
      this.#filled = false;
    } else mkdirSync(path);
  }

  remove(): void { rmSync(this.#next, { recursive: true, force: true }); }
}
