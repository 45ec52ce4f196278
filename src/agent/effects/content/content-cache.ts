// The node's content-addressed cache: `blobs/<sha256>` as fetched, `trees/<sha256>` unpacked, `origins/<hash of uri>.json`
// what an origin last served. Everything arrives beside and is renamed into place, so what is there is whole.
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FetchByHash } from './by-hash.ts';
import { download, type Progress, type Validators } from './download.ts';
import { OneAtATimeByName } from '../../../model/one-at-a-time.ts';
import { FetchError, withoutCredentials } from './fetch-error.ts';
import { JointWork } from './joint-work.ts';
import { unpack, type UnpackLimits } from './unpack.ts';

interface Blob {
  sha256: string;
  size: number;
  path: string;
  /** A sentence where it is not simply fresh from its origin. */ note: string | null;
}
interface Origin extends Validators {
  uri: string;
  sha256: string;
  size: number;
  at: number;
}

export interface CacheOptions {
  attempts?: number;
  pauseMs?: number;
  maxBytes?: number;
  unpackLimits?: UnpackLimits;
  /** Where else bytes of a known hash may be had; absent: nowhere. */
  byHash?: FetchByHash;
}

export class ContentCache {
  readonly #directory: string;
  readonly #options: CacheOptions;
  /** One download, or unpacking, for concurrent askers. */
  readonly #joint = new JointWork<Progress>();
  /** A part is written by one download: of a URI different bytes may be wanted at the same time. */
  readonly #parts = new OneAtATimeByName();
  constructor(directory: string, options: CacheOptions = {}) {
    this.#directory = directory;
    this.#options = options;
  }

  /**
   * The bytes of `uri`.
   * @param wanted their sha256 where the revision knows it: then the origin is asked only when they are not here
   * @throws FetchError: 'content-gone' when the origin does not give the wanted bytes (any more) and nobody else has them
   */
  blob(
    uri: string,
    wanted: string | null,
    onProgress?: (progress: Progress) => void,
    signal?: AbortSignal,
  ): Promise<Blob> {
    return this.#joint.run(
      `blob ${uri} ${wanted}`,
      (tell, over) => this.#parts.run(keyOf(uri), () => this.#blob(uri, wanted, tell, over)),
      { onProgress, signal },
    );
  }

  async #blob(
    uri: string,
    wanted: string | null,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<Blob> {
    signal.throwIfAborted();
    const shown = withoutCredentials(uri);
    if (wanted) {
      const here = await this.have(wanted);
      if (here) return { ...here, note: null };
    }
    const origin = await this.#origin(uri);
    const cached = origin && (await this.have(origin.sha256));
    await mkdir(join(this.#directory, 'parts'), { recursive: true });
    const part = join(this.#directory, 'parts', keyOf(uri));
    try {
      const got = await download(uri, part, {
        ...this.#options,
        have: cached && !wanted ? origin : null,
        onProgress,
        signal,
      });
      if (got === 'not-modified') return { ...cached!, note: null };
      if (wanted && got.sha256 !== wanted) {
        await rm(part, { force: true });
        throw new FetchError(
          'content-gone',
          `${shown} now serves ${got.sha256}, the revision needs ${wanted}`,
          'deploy the app again to take the new content',
        );
      }
      const path = await this.#keep(part, got.sha256);
      await this.#remember({ uri: shown, at: Date.now(), ...got }, uri);
      return { sha256: got.sha256, size: got.size, path, note: null };
    } catch (error) {
      if (cached && !wanted && error instanceof FetchError && error.code === 'unreachable') {
        return { ...cached, note: `${error.message}; the copy of ${new Date(origin.at).toISOString()} is used` };
      }
      if (!wanted || !(error instanceof FetchError) || !elsewhere.has(error.code) || signal.aborted) throw error;
      return this.#parts.run(wanted, () => this.#elsewhere(wanted, error, onProgress, signal));
    }
  }

  /** The wanted bytes from another node. @throws FetchError why the origin does not give them, and that nobody else does */
  async #elsewhere(
    wanted: string,
    why: FetchError,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<Blob> {
    const here = await this.have(wanted); // another URI may have had the same bytes meanwhile
    if (here) return { ...here, note: null };
    const part = join(this.#directory, 'parts', wanted);
    const got = await this.#options.byHash?.(wanted, part, onProgress, signal);
    if (!got) {
      if (why.code === 'unreachable') throw why; // the origin may come back
      const text = why.message.includes(wanted) ? why.message : `${why.message}; the revision needs ${wanted}`;
      throw new FetchError(
        'content-gone',
        `${text}${this.#options.byHash ? ', which no node has' : ''}`,
        'deploy the app again to take what its origin gives now',
        false,
      );
    }
    const path = await this.#keep(part, wanted);
    return { sha256: wanted, size: got.size, path, note: `${why.message}; the copy of another node is used` };
  }

  async #keep(part: string, sha256: string): Promise<string> {
    await mkdir(join(this.#directory, 'blobs'), { recursive: true });
    const path = join(this.#directory, 'blobs', sha256);
    await rename(part, path);
    return path;
  }

  /** The unpacked tree of a blob: a directory nobody may write to, made once. */
  tree(blob: Blob, kind: 'zip' | 'tar' | 'tar.gz'): Promise<string> {
    return this.#joint.run(`tree ${blob.sha256}`, async () => {
      const path = join(this.#directory, 'trees', blob.sha256);
      if (await stat(path).catch(() => null)) return path;
      const staging = join(this.#directory, 'trees', `.${blob.sha256}.${randomBytes(4).toString('hex')}`);
      await mkdir(staging, { recursive: true });
      try {
        await unpack(kind, blob.path, blob.size, staging, this.#options.unpackLimits);
        await rename(staging, path);
      } catch (error) {
        await rm(staging, { recursive: true, force: true });
        throw error;
      }
      return path;
    });
  }

  /**
   * Removes the least recently used until at most `maxBytes` of blobs are left (their trees go with them); keeps `inUse`.
   * Gives what was removed.
   */
  async trim(maxBytes: number, inUse: ReadonlySet<string>): Promise<string[]> {
    const folder = join(this.#directory, 'blobs');
    const names = await readdir(folder).catch(() => [] as string[]);
    const found = await Promise.all(
      names.map(async (name) => {
        const stats = await stat(join(folder, name)).catch(() => null); // gone meanwhile, or not to be read: no reason to keep others
        return stats && { name, size: stats.size, atimeMs: stats.atimeMs };
      }),
    );
    const blobs = found.filter((blob) => blob !== null);
    let total = blobs.reduce((n, b) => n + b.size, 0);
    const removed: string[] = [];
    for (const blob of blobs.sort((a, b) => a.atimeMs - b.atimeMs)) {
      if (total <= maxBytes) break;
      if (inUse.has(blob.name)) continue;
      await rm(join(this.#directory, 'trees', blob.name), { recursive: true, force: true });
      await rm(join(folder, blob.name), { force: true });
      total -= blob.size;
      removed.push(blob.name);
    }
    return removed;
  }

  /** The blob of a hash, where it is here. */
  async have(sha256: string): Promise<{ sha256: string; size: number; path: string } | null> {
    if (!/^[0-9a-f]{64}$/.test(sha256)) return null;
    const path = join(this.#directory, 'blobs', sha256);
    const found = await stat(path).catch(() => null);
    if (!found) return null;
    await utimes(path, new Date(), found.mtime);
    return { sha256, size: found.size, path };
  }

  async #origin(uri: string): Promise<Origin | null> {
    const text = await readFile(join(this.#directory, 'origins', `${keyOf(uri)}.json`), 'utf8').catch(() => null);
    if (text === null) return null;
    try {
      const origin = JSON.parse(text) as Origin;
      return typeof origin?.sha256 === 'string' ? origin : null;
    } catch {
      return null; // a torn note costs one download, nothing else
    }
  }

  async #remember(origin: Origin, uri: string): Promise<void> {
    const folder = join(this.#directory, 'origins');
    await mkdir(folder, { recursive: true });
    const beside = join(folder, `.${keyOf(uri)}.${randomBytes(4).toString('hex')}`);
    await writeFile(beside, JSON.stringify(origin), { mode: 0o600 });
    await rename(beside, join(folder, `${keyOf(uri)}.json`));
  }
}

/** Failures of an origin after which another node is asked. */
const elsewhere = new Set<FetchError['code']>(['content-gone', 'not-found', 'unreachable', 'refused']);

const keyOf = (uri: string) => createHash('sha256').update(uri).digest('hex').slice(0, 32);
