// Walks a B-tree of an lmdb file page by page, checking all that lmdb would rely on: page numbers, kinds, bounds, order.
import { Damage } from './lmdb-file.ts';
import type { LmdbFile, Meta, Tree } from './lmdb-file.ts';

const headerBytes = 24;
const nodeBytes = 8;
const branchPage = 0x01;
const leafPage = 0x02;
const overflowPage = 0x04;
const pageKind = 0x0f;
const bigNode = 0x01;
const subtreeNode = 0x02;
const duplicatesNode = 0x04;

export interface Entry {
  key: Buffer;
  /** Is the value a tree (of a named table)? */
  tree: boolean;
  /** @throws Damage when it lies on pages that are not there */
  value(): Buffer;
}

/** Keys that could not be reached: from `low` (included) to `high` (not); null is open. */
export interface Gap {
  low: Buffer | null;
  high: Buffer | null;
  reason: string;
}

/** Which pages of a file are in use: one that is in use twice is damage. */
export class PageSet {
  readonly #bits: Uint8Array;
  readonly #limit: number;
  constructor(lastPage: number) {
    this.#limit = lastPage + 1;
    this.#bits = new Uint8Array(Math.ceil(this.#limit / 8));
  }

  /** @throws Damage when a page does not exist or is in use already */
  take(first: number, count: number): void {
    if (!(first >= 2 && count >= 1 && first + count <= this.#limit)) throw new Damage(`page ${first} does not exist`);
    for (let page = first; page < first + count; page++) {
      const bit = 1 << (page & 7);
      if (this.#bits[page >> 3]! & bit) throw new Damage(`page ${page} is in use twice`);
      this.#bits[page >> 3]! |= bit;
    }
  }
}

interface Pending {
  page: number;
  level: number;
  low: Buffer | null;
  high: Buffer | null;
}

interface WalkOptions {
  /** Order of keys, default by byte. */
  compare?: (a: Buffer, b: Buffer) => number;
  /** Gives what could not be read, and goes on without it. Without this, the first damage is thrown. */
  onGap?: (gap: Gap) => void;
}

/** The entries of one leaf after the other, in order. */
export function* leaves(
  file: LmdbFile,
  meta: Meta,
  tree: Tree,
  used: PageSet,
  { compare, onGap }: WalkOptions = {},
): Generator<Entry[], void> {
  const pages = new TreePages(file, meta.pageSize, used, compare);
  const stack: Pending[] = tree.root < 0 ? [] : [{ page: tree.root, level: 1, low: null, high: null }];
  let entries = 0;
  while (stack.length > 0) {
    const next = stack.pop()!;
    try {
      if (next.level === tree.depth) {
        const found = pages.leaf(next);
        entries += found.length;
        yield found;
      } else stack.push(...pages.branch(next).reverse());
    } catch (error) {
      if (!(error instanceof Damage) || !onGap) throw error;
      onGap({ low: next.low, high: next.high, reason: error.message });
    }
  }
  if (!onGap && (entries !== tree.entries || pages.count !== tree.pages)) {
    throw new Damage(`a tree of ${tree.entries} entries on ${tree.pages} pages has ${entries} on ${pages.count}`);
  }
}

/** Where an entry of a page begins, and its key. */
interface Place {
  offset: number;
  key: Buffer;
}

/** The pages of one tree, each checked as it is read. What is wrong is thrown as Damage. */
class TreePages {
  readonly #file: LmdbFile;
  readonly #pageSize: number;
  readonly #used: PageSet;
  readonly #compare: (a: Buffer, b: Buffer) => number;
  /** Read so far. */
  count = 0;

  constructor(file: LmdbFile, pageSize: number, used: PageSet, compare: WalkOptions['compare'] = Buffer.compare) {
    this.#file = file;
    this.#pageSize = pageSize;
    this.#used = used;
    this.#compare = compare;
  }

  leaf(pending: Pending): Entry[] {
    const { bytes, places } = this.#open(pending, leafPage);
    return places.map(({ offset }) => this.#entry(bytes, offset));
  }

  /** The pages below, in the order of their keys. */
  branch(pending: Pending): Pending[] {
    const { bytes, places } = this.#open(pending, branchPage);
    return places.map(({ offset, key }, index) => ({
      page: bytes.readUInt32LE(offset) + bytes.readUInt16LE(offset + 4) * 2 ** 32,
      level: pending.level + 1,
      low: index === 0 ? pending.low : key,
      high: places[index + 1]?.key ?? pending.high,
    }));
  }

  #open(pending: Pending, kind: typeof leafPage | typeof branchPage): { bytes: Buffer; places: Place[] } {
    const { page } = pending;
    this.#used.take(page, 1);
    const bytes = this.#file.read(page * this.#pageSize, this.#pageSize);
    const lower = bytes.readUInt16LE(20);
    const upper = bytes.readUInt16LE(22);
    const count = lower >> 1;
    const isInOrder = (lower & 1) === 0 && lower <= upper && headerBytes + upper <= this.#pageSize;
    const isFilled = count >= (kind === leafPage ? 1 : 2);
    if (!isPage(bytes, page, kind) || !isInOrder || !isFilled)
      throw new Damage(`page ${page} is not what it should be`);
    this.count++;
    const places = Array.from({ length: count }, (_, index) => this.#place(bytes, page, index, upper));
    // The first key of a branch is not used.
    this.#checkOrder(kind === leafPage ? places : places.slice(1), pending);
    return { bytes, places };
  }

  #place(bytes: Buffer, page: number, index: number, upper: number): Place {
    const offset = headerBytes + bytes.readUInt16LE(headerBytes + 2 * index);
    if (offset < headerBytes + upper || offset + nodeBytes > this.#pageSize)
      throw new Damage(`page ${page} has an entry outside of it`);
    const end = offset + nodeBytes + bytes.readUInt16LE(offset + 6);
    if (end > this.#pageSize) throw new Damage(`page ${page} has a key that reaches out of it`);
    return { offset, key: bytes.subarray(offset + nodeBytes, end) };
  }

  #checkOrder(places: Place[], { page, low, high }: Pending): void {
    let before: Buffer | null = null;
    for (const { key } of places) {
      if (before !== null && this.#compare(before, key) >= 0) throw new Damage(`page ${page} is out of order`);
      if ((low !== null && this.#compare(key, low) < 0) || (high !== null && this.#compare(key, high) >= 0))
        throw new Damage(`page ${page} holds keys of another`);
      before = key;
    }
  }

  #entry(bytes: Buffer, offset: number): Entry {
    const flags = bytes.readUInt16LE(offset + 4);
    const keySize = bytes.readUInt16LE(offset + 6);
    const size = bytes.readUInt32LE(offset);
    const at = offset + nodeBytes + keySize;
    const inPage = flags & bigNode ? 24 : size;
    if (flags & duplicatesNode || flags > 7 || keySize === 0 || at + inPage > this.#pageSize)
      throw new Damage('an entry reaches out of its page');
    const key = bytes.subarray(offset + nodeBytes, at);
    if (!(flags & bigNode))
      return { key, tree: (flags & subtreeNode) !== 0, value: () => bytes.subarray(at, at + size) };
    const first = Number(bytes.readBigUInt64LE(at));
    const pages = Number(bytes.readBigUInt64LE(at + 16));
    return { key, tree: false, value: () => this.#overflow(first, pages, size) };
  }

  /** A value that is too large for a leaf lies on pages of its own. */
  #overflow(page: number, pages: number, length: number): Buffer {
    if (pages !== Math.floor((headerBytes - 1 + length) / this.#pageSize) + 1)
      throw new Damage(`a value of ${length} bytes lies on ${pages} pages`);
    this.#used.take(page, pages);
    const bytes = this.#file.read(page * this.#pageSize, headerBytes + length);
    if (!isPage(bytes, page, overflowPage) || bytes.readUInt32LE(20) !== pages)
      throw new Damage(`page ${page} is not what it should be`);
    this.count += pages;
    return bytes.subarray(headerBytes);
  }
}

const isPage = (bytes: Buffer, page: number, kind: number): boolean =>
  Number(bytes.readBigUInt64LE(0)) === page && (bytes.readUInt16LE(18) & pageKind) === kind;
