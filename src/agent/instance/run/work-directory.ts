// The working directory of each launch: a fresh one, filled from the cache, the next one while the program still runs; or the
// lasting one that the app names.
import { chmodSync, chownSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AgentContext } from '../../context.ts';
import { fetchInto, type Fetched } from '../../effects/content/fetch.ts';
import type { Progress } from '../../effects/content/download.ts';
import { FetchError } from '../../effects/content/fetch-error.ts';
import { fullText, isFull } from '../../effects/disk/room.ts';
import { isThere } from '../../effects/file-look.ts';
import { giveTo } from '../../effects/users/switch-user.ts';
import type { RoomAndUser } from './room-and-user.ts';
import type { InstanceRecord } from '../records.ts';

/** How long its file system has to answer, ms. */
const answerMs = 3000;

export class WorkDirectory {
  readonly #context: AgentContext;
  readonly #next: string;
  readonly #record: () => InstanceRecord;
  readonly #share: RoomAndUser;
  /** The next one is filled, for this user (null: the agent's own); undefined: it is not. */
  #filledFor: number | null | undefined;
  #filling: Promise<boolean> | null = null;

  /** @param directory the instance's own; @param share says whose the files are */
  constructor(context: AgentContext, directory: string, record: () => InstanceRecord, share: RoomAndUser) {
    this.#context = context;
    this.#next = join(directory, 'next');
    this.#record = record;
    this.#share = share;
  }

  get #user(): number | null {
    return this.#share.user?.uid ?? null;
  }

  /** The next launch need not wait for its files. */
  get ready(): boolean {
    return (
      this.#filledFor === this.#user ||
      this.#record().spec.workingDirectory !== null ||
      this.#record().spec.uris.length === 0
    );
  }

  /** The app names it: it is made and looked at by us, but may lie on any file system. */
  get lasting(): boolean {
    return this.#record().spec.workingDirectory !== null;
  }

  /** Waits until it is known that what follows cannot hang. @throws FetchError, a sentence, where a lasting directory's mount is dead */
  async answers(): Promise<void> {
    const { workingDirectory } = this.#record().spec;
    if (workingDirectory === null || (await isThere(workingDirectory, answerMs)) !== null) return;
    const text = `the working directory ${workingDirectory} does not answer: the mount that it lies on hangs`;
    throw new FetchError('unreachable', text, 'have a look at that mount on the node', false);
  }

  /**
   * Fetches what the app names into the first work directory (or the lasting one).
   * @returns the hash of each URI, and sentences worth an event
   * @throws FetchError
   */
  async fetch(signal: AbortSignal, onProgress?: (progress: Progress) => void): Promise<Fetched> {
    const { spec, contents } = this.#record();
    const shared = spec.workingDirectory !== null;
    if (spec.uris.length === 0) return { contents: {}, notes: [] };
    if (shared) await this.answers();
    await this.#share.acquire().catch(() => undefined); // what is in the way is told when the program is to start
    await this.#filling;
    if (shared) this.#makeShared(spec.workingDirectory!);
    else await rm(this.#next, { recursive: true, force: true });
    const fetched = await this.#fetchInto({
      uris: spec.uris,
      contents,
      directory: spec.workingDirectory ?? this.#next,
      shared,
      cache: this.#context.cache,
      signal,
      ...(onProgress ? { onProgress } : {}),
    });
    if (!shared) await this.#filled();
    return fetched;
  }

  /** @throws FetchError */
  #fetchInto(request: Parameters<typeof fetchInto>[0]): Promise<Fetched> {
    return fetchInto(request).catch((error: unknown) => {
      if (!isFull(error)) throw error;
      throw new FetchError(
        'disk-full',
        fullText(error, dirname(request.directory)),
        'free disk space on the node',
        false,
      );
    });
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
        await fetchInto({
          uris: spec.uris,
          contents,
          directory: this.#next,
          shared: false,
          cache: this.#context.cache,
        });
        await this.#filled();
        return true;
      } catch (error) {
        this.#context.options.log(
          'warn',
          `${this.#record().assignment.id}: the next work directory could not be filled: ${(error as Error).message}`,
        );
        return false;
      } finally {
        this.#filling = null;
      }
    })();
    return this.#filling;
  }

  async #filled(): Promise<void> {
    const { user } = this.#share;
    if (user) await giveTo(this.#next, user);
    this.#filledFor = user?.uid ?? null;
  }

  /** Makes the prepared directory the launch's own. */
  moveTo(path: string): void {
    const { user } = this.#share;
    if (this.#record().spec.workingDirectory !== null) return this.#makeShared(path);
    if (this.#filledFor === undefined) mkdirSync(path);
    else {
      renameSync(this.#next, path);
      this.#filledFor = undefined;
    }
    if (!user) return;
    chmodSync(path, 0o700); // nobody else's business
    chownSync(path, user.uid, user.gid);
  }

  /** A lasting directory that is not there yet belongs to who works in it first; one that is there is left as it is. */
  #makeShared(path: string): void {
    if (existsSync(path)) return;
    mkdirSync(path, { recursive: true });
    const { user } = this.#share;
    if (user) chownSync(path, user.uid, user.gid);
  }

  remove(): void {
    rmSync(this.#next, { recursive: true, force: true });
  }
}
