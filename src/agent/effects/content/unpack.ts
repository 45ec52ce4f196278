// Unpacks zip, tar and tar.gz into a fresh directory. Traversal, links that leave the directory, device files and bombs are
// refused with the entry's name; unix modes are kept. The caller gives a staging directory and renames it, so that a
// half-unpacked tree is never run.
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, readlink, realpath, symlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, relative, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FetchError } from './fetch-error.ts';
import { latePart } from '../late-parts.ts';

export interface UnpackLimits {
  entries: number;
  bytes: number;
  /** unpacked : packed, looked at above 64 MiB */ ratio: number;
}
const defaultLimits: UnpackLimits = { entries: 100_000, bytes: 20 * 1024 ** 3, ratio: 500 };
const ratioFrom = 64 * 1024 ** 2;

/** By its name: what kind of archive a file is, or null. */
export function archiveKind(name: string): 'zip' | 'tar' | 'tar.gz' | null {
  if (/\.(zip|jar|war)$/i.test(name)) return /\.zip$/i.test(name) ? 'zip' : null; // a jar is run, not unpacked
  if (/\.(tar\.gz|tgz)$/i.test(name)) return 'tar.gz';
  return /\.tar$/i.test(name) ? 'tar' : null;
}

/**
 * Unpacks `archive` (of `packedSize` bytes) into the empty directory `into`.
 * @throws FetchError 'unsafe-archive' naming the entry; nothing outside `into` was touched
 */
export async function unpack(
  kind: 'zip' | 'tar' | 'tar.gz',
  archive: string,
  packedSize: number,
  into: string,
  limits: UnpackLimits = defaultLimits,
): Promise<void> {
  const tree = new Tree(into, packedSize, limits);
  try {
    await (kind === 'zip' ? unzip(archive, tree) : untar(archive, kind === 'tar.gz', tree));
    await tree.finish();
  } catch (error) {
    if (error instanceof FetchError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOSPC')
      throw new FetchError('disk-full', 'no room on this node to unpack', 'free disk space on the node', false);
    throw new FetchError(
      'unsafe-archive',
      `the archive cannot be unpacked: ${(error as Error).message}`,
      'make it anew and deploy again',
    );
  }
}

const refuse = (entry: string, why: string) =>
  new FetchError(
    'unsafe-archive',
    `entry ${JSON.stringify(entry)} ${why}`,
    'make the archive without it and deploy again',
  );

/** Its name is a file's and a directory's at once: the system's words would name a path of the cache. */
const orClash = (entry: string) => (error: NodeJS.ErrnoException) => {
  throw ['EEXIST', 'ENOTDIR', 'EISDIR'].includes(error.code ?? '')
    ? refuse(entry, 'meets another entry of its name: one is a file, the other a directory')
    : error;
};

/** The tree being built: every entry passes through here, so the rules hold for both kinds. */
class Tree {
  #entries = 0;
  #bytes = 0;
  readonly #links: { entry: string; path: string; target: string }[] = [];
  readonly #root: string;
  readonly #packed: number;
  readonly #limits: UnpackLimits;
  constructor(root: string, packed: number, limits: UnpackLimits) {
    this.#root = root;
    this.#packed = packed;
    this.#limits = limits;
  }

  /** @param named what a refusal names: a link's target is refused under the link's name */
  #path(entry: string, named = entry): string {
    if (entry.includes('\0')) throw refuse(named, 'has a NUL in its name');
    const clean = normalize(entry.replaceAll('\\', '/')).replace(/\/+$/, '');
    if (isAbsolute(entry) || /^[a-z]:/i.test(entry) || clean === '..' || clean.startsWith(`..${sep}`))
      throw refuse(
        named,
        named === entry ? 'leaves the directory' : `is a link to ${JSON.stringify(entry)}, which leaves the directory`,
      );
    return join(this.#root, clean);
  }

  #count(entry: string): void {
    if (++this.#entries > this.#limits.entries)
      throw refuse(entry, `is number ${this.#entries}: more than ${this.#limits.entries} entries`);
  }

  async directory(entry: string): Promise<void> {
    this.#count(entry);
    await mkdir(this.#path(entry), { recursive: true }).catch(orClash(entry));
  }

  /** @param open opens the content: only when somebody listens to it, since what is wrong with it may show at once */
  async file(entry: string, mode: number, open: () => Readable | Promise<Readable>): Promise<void> {
    this.#count(entry);
    const path = this.#path(entry);
    await mkdir(dirname(path), { recursive: true }).catch(orClash(entry));
    const { bytes: limit, ratio } = this.#limits;
    const measure = (chunk: Buffer): void => {
      this.#bytes += chunk.length;
      if (this.#bytes > limit) throw refuse(entry, `brings the archive above ${limit} bytes`);
      if (this.#bytes > ratioFrom && this.#bytes > this.#packed * ratio)
        throw refuse(entry, `unpacks to more than ${ratio} times its size`);
    };
    await pipeline(
      await open(),
      async function* (source: AsyncIterable<Buffer>) {
        for await (const chunk of source) {
          measure(chunk);
          yield chunk;
        }
      },
      createWriteStream(path, { flags: 'w', mode: 0o600 }),
    ).catch(orClash(entry));
    await chmod(path, mode & 0o777 || 0o644); // setuid and setgid bits are dropped
  }

  /** Links are made when all files are there: so nothing is ever written through one. */
  link(entry: string, target: string): void {
    this.#count(entry);
    const path = this.#path(entry);
    const resolved = relative(this.#root, join(dirname(path), target));
    if (isAbsolute(target) || resolved === '..' || resolved.startsWith(`..${sep}`))
      throw refuse(entry, `is a link to ${JSON.stringify(target)}, which leaves the directory`);
    this.#links.push({ entry, path, target });
  }

  async hardLink(entry: string, target: string): Promise<void> {
    this.#count(entry);
    const from = this.#path(target, entry);
    const to = this.#path(entry);
    if (!(await lstat(from).catch(() => null))?.isFile())
      throw refuse(entry, `is a link to ${JSON.stringify(target)}, which is not there`);
    await mkdir(dirname(to), { recursive: true }).catch(orClash(entry));
    await copyFile(from, to).catch(orClash(entry));
  }

  async finish(): Promise<void> {
    for (const { entry, path, target } of this.#links) {
      await mkdir(dirname(path), { recursive: true }).catch(orClash(entry));
      await symlink(target, path).catch((error: NodeJS.ErrnoException) => {
        throw error.code === 'EEXIST' ? refuse(entry, 'is there twice') : error;
      });
    }
    // A chain of links can leave the directory although each alone stays inside: look where they really lead.
    const root = await realpath(this.#root);
    for (const { entry, path } of this.#links) {
      const real = await realpath(path).catch(() => null);
      if (real && real !== root && !real.startsWith(root + sep))
        throw refuse(entry, `is a link to ${JSON.stringify(await readlink(path))}, which leaves the directory`);
    }
  }
}

const zipReader = latePart(() => import('yauzl'));
const tarReader = latePart(() => import('tar-stream'));

async function unzip(archive: string, tree: Tree): Promise<void> {
  const { openPromise } = await zipReader();
  const zip = await openPromise(archive, { strictFileNames: false });
  try {
    for await (const entry of zip.eachEntry()) {
      const mode = entry.externalFileAttributes >>> 16;
      const type = mode & 0o170000;
      if (entry.fileName.endsWith('/')) await tree.directory(entry.fileName);
      else if (type === 0o120000) {
        if (entry.uncompressedSize > 4096) throw refuse(entry.fileName, 'is a link with a target of over 4096 bytes');
        const target: Buffer[] = [];
        for await (const chunk of await zip.openReadStreamPromise(entry)) target.push(chunk as Buffer);
        tree.link(entry.fileName, Buffer.concat(target).toString('utf8'));
      } else if (type !== 0 && type !== 0o100000) throw refuse(entry.fileName, 'is neither file, directory nor link');
      else
        await tree
          .file(entry.fileName, mode, () => zip.openReadStreamPromise(entry))
          .catch((error: NodeJS.ErrnoException) => {
            // What its inflated bytes are is the archive's fault and names the entry; a disk's fault has its code.
            throw error instanceof FetchError || error.syscall
              ? error
              : refuse(entry.fileName, `is damaged: ${error.message}`);
          });
    }
  } finally {
    zip.close();
  }
}

async function untar(archive: string, gzipped: boolean, tree: Tree): Promise<void> {
  const tar = (await tarReader()).extract();
  const source = createReadStream(archive);
  const unzipped = gzipped ? [(await import('node:zlib')).createGunzip()] : [];
  const piped = pipeline([source, ...unzipped, tar] as never);
  const read = (async () => {
    for await (const entry of tar) {
      const { name, type, mode, linkname } = entry.header;
      if (type === 'directory') await tree.directory(name);
      else if (type === 'file' || type === 'contiguous-file')
        await tree.file(name, mode ?? 0o644, () => entry as unknown as Readable);
      else if (type === 'symlink') tree.link(name, linkname ?? '');
      else if (type === 'link') await tree.hardLink(name, linkname ?? '');
      else throw refuse(name, `is a ${type}: only files, directories and links are unpacked`);
      entry.resume();
    }
  })();
  // A refused entry breaks the pipe too: the refusal is the reason to give.
  const [unpacked, piping] = await Promise.allSettled([read, piped]);
  if (unpacked.status === 'rejected' && unpacked.reason instanceof FetchError) throw unpacked.reason;
  for (const part of [piping, unpacked]) if (part.status === 'rejected') throw part.reason;
}
