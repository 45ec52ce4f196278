// Reads the file of an lmdb environment without lmdb. lmdb maps the file and believes what it finds: a truncated, zeroed or
// foreign file ends the process (SIGBUS, SIGSEGV; tried), so nothing is opened before this has found it sound.
// Layout: dependencies/lmdb/libraries/liblmdb/mdb.c of lmdb 3.5 (data version 2, 64 bit, little-endian).
import { fstatSync, readSync } from 'node:fs';

/** What is wrong with a file. Never thrown for a file that lmdb has written and nobody has touched. */
export class Damage extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Damage';
  }
}

/** One B-tree of the file. */
export interface Tree {
  flags: number;
  depth: number;
  pages: number;
  entries: number;
  root: number;
}

export interface Meta {
  index: number;
  pageSize: number;
  lastPage: number;
  txn: number;
  free: Tree;
  main: Tree;
}

const pageHeaderBytes = 24;
const treeBytes = 48;
const magic = 0xbeefc0de;
const dataVersion = 2;
const isMeta = 0x08;
const noRoot = 0xffffffffffffffffn;
const metaBytes = pageHeaderBytes + 24 + 2 * treeBytes + 24;
/** NOSUBDIR and INTEGERKEY: with any other flag lmdb would read the file in another way. */
const freeFlags = 0x4008;
/** A file ends before its last page only when the pages at its end are free; never by more than this and its own length. */
const unwrittenBytes = 64 * 1024 * 1024;
/** Bigger trees cannot exist: lmdb's cursors have as many levels. */
const deepestTree = 32;

/** A 64-bit number, or Infinity where it is no number that a real file could hold. */
function number(bytes: Buffer, offset: number): number {
  const value = bytes.readBigUInt64LE(offset);
  return value > 0xffffffffffffn ? Infinity : Number(value);
}

/** @throws Damage when it cannot be a tree */
export function readTree(bytes: Buffer, offset = 0): Tree {
  if (bytes.length < offset + treeBytes) throw new Damage('a tree is cut short');
  const rootless = bytes.readBigUInt64LE(offset + 40) === noRoot;
  const tree = {
    flags: bytes.readUInt16LE(offset + 4),
    depth: bytes.readUInt16LE(offset + 6),
    pages: number(bytes, offset + 8) + number(bytes, offset + 16) + number(bytes, offset + 24),
    entries: number(bytes, offset + 32),
    root: rootless ? -1 : number(bytes, offset + 40),
  };
  if (tree.depth > deepestTree || rootless !== (tree.depth === 0) || (rootless && tree.entries !== 0)) {
    throw new Damage('a tree contradicts itself');
  }
  return tree;
}

function readMeta(bytes: Buffer, index: number): Meta {
  if ((bytes.readUInt16LE(18) & isMeta) === 0 || bytes.readUInt32LE(pageHeaderBytes) !== magic) {
    throw new Damage(`its head (page ${index}) is not that of a store`);
  }
  const version = bytes.readUInt32LE(pageHeaderBytes + 4) & 0xffff;
  if (version !== dataVersion) throw new Damage(`its head (page ${index}) has version ${version}, not ${dataVersion}`);
  const trees = pageHeaderBytes + 24;
  const tail = trees + 2 * treeBytes;
  const pageSize = bytes.readUInt32LE(trees);
  if (pageSize < 512 || pageSize > 65536 || (pageSize & (pageSize - 1)) !== 0)
    throw new Damage(`its page size is ${pageSize}`);
  const meta = {
    index,
    pageSize,
    lastPage: number(bytes, tail),
    txn: number(bytes, tail + 8),
    free: readTree(bytes, trees),
    main: readTree(bytes, trees + treeBytes),
  };
  if (meta.txn === Infinity || meta.lastPage < 1 || (meta.free.flags & ~freeFlags) !== 0 || meta.main.flags !== 0) {
    throw new Damage(`its head (page ${index}) contradicts itself`);
  }
  return meta;
}

export class LmdbFile {
  readonly fd: number;
  readonly bytes: number;
  /** Readable heads: the one in force first. */
  readonly metas: Meta[] = [];
  /** What is wrong with the heads; null when both are as lmdb leaves them. */
  readonly headDamage: string | null;

  constructor(fd: number) {
    this.fd = fd;
    this.bytes = fstatSync(fd).size;
    const damage = this.#readHeads();
    // A commit rewrites the root: a head whose root is of another commit is no head of this file.
    const genuine = new Map(this.metas.map((meta) => [meta, this.#rootTxn(meta) === meta.txn]));
    this.metas.sort((a, b) => Number(genuine.get(b)) - Number(genuine.get(a)) || b.txn - a.txn);
    const short = this.metas.some((meta) => meta.main.root * meta.pageSize >= this.bytes);
    const unfit = short ? `it is cut short: ${this.bytes} bytes` : 'a head does not fit the pages';
    this.headDamage = damage ?? ([...genuine.values()].every(Boolean) ? null : unfit);
  }

  /** The commit that wrote the root of a head; that of the head itself where there is none yet. */
  #rootTxn(meta: Meta): number {
    if (meta.main.root < 0) return meta.txn;
    try {
      return number(this.read(meta.main.root * meta.pageSize + 8, 8), 0);
    } catch (error) {
      if (error instanceof Damage) return -1;
      throw error;
    }
  }

  #readHeads(): string | null {
    let damage: string | null = null;
    // The second head lies one page on; where the first does not say how long a page is, every usual length is tried.
    const tryAt = (offset: number, index: number): void => {
      try {
        const meta = readMeta(this.read(offset, metaBytes), index);
        if (meta.lastPage * meta.pageSize > 2 * this.bytes + unwrittenBytes) {
          throw new Damage(`it is cut short: ${this.bytes} bytes of ${meta.lastPage + 1} pages`);
        }
        this.metas.push(meta);
      } catch (error) {
        if (!(error instanceof Damage)) throw error;
        damage ??= error.message;
      }
    };
    tryAt(0, 0);
    for (const size of this.metas[0] ? [this.metas[0].pageSize] : [4096, 16384, 65536]) {
      if (this.metas.every((meta) => meta.index === 0)) tryAt(size, 1);
    }
    const [first, second] = this.metas;
    if (damage !== null || !first || !second) return damage ?? 'it has no head';
    // Each commit writes the other head: they are one apart, the even one first. A new file has 0 and 0.
    const expected =
      first.txn === second.txn ? first.txn === 0 : Math.abs(first.txn - second.txn) === 1 && first.txn % 2 === 0;
    if (!expected || first.pageSize !== second.pageSize) {
      return `its two heads do not fit together (commits ${first.txn} and ${second.txn})`;
    }
    return null;
  }

  /** @throws Damage where the file ends before that */
  read(offset: number, length: number): Buffer {
    if (!(offset >= 0 && offset + length <= this.bytes)) {
      throw new Damage(`it is cut short: ${this.bytes} bytes, byte ${offset + length} is missing`);
    }
    const bytes = Buffer.allocUnsafe(length);
    for (let done = 0; done < length;) {
      const count = readSync(this.fd, bytes, done, length - done, offset + done);
      if (count === 0) throw new Damage(`it is cut short at byte ${offset + done}`);
      done += count;
    }
    return bytes;
  }
}
