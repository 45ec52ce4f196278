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
  options: WalkOptions = {},
): Generator<Entry[], void> {
  const compare = options.compare ?? Buffer.compare;
  const { pageSize } = meta;
  const stack: Pending[] = tree.root < 0 ? [] : [{ page: tree.root, level: 1, low: null, high: null }];
  let pages = 0;
  let entries = 0;

  const overflow = (page: number, count: number, length: number): Buffer => {
    if (count !== Math.floor((headerBytes - 1 + length) / pageSize) + 1)
      throw new Damage(`a value of ${length} bytes lies on ${count} pages`);
    used.take(page, count);
    const bytes = file.read(page * pageSize, headerBytes + length);
    if (
      Number(bytes.readBigUInt64LE(0)) !== page ||
      (bytes.readUInt16LE(18) & pageKind) !== overflowPage ||
      bytes.readUInt32LE(20) !== count
    ) {
      throw new Damage(`page ${page} is not what it should be`);
    }
    pages += count;
    return bytes.subarray(headerBytes);
  };

  const readLeaf = (bytes: Buffer, offset: number): Entry => {
    const flags = bytes.readUInt16LE(offset + 4);
    const keySize = bytes.readUInt16LE(offset + 6);
    const size = bytes.readUInt32LE(offset);
    const at = offset + nodeBytes + keySize;
    const inPage = flags & bigNode ? 24 : size;
    if (flags & duplicatesNode || flags > 7 || keySize === 0 || at + inPage > pageSize)
      throw new Damage('an entry reaches out of its page');
    const key = bytes.subarray(offset + nodeBytes, at);
    if (!(flags & bigNode))
      return { key, tree: (flags & subtreeNode) !== 0, value: () => bytes.subarray(at, at + size) };
    return {
      key,
      tree: false,
      value: () => overflow(Number(bytes.readBigUInt64LE(at)), Number(bytes.readBigUInt64LE(at + 16)), size),
    };
  };

  const open = ({ page, level, low, high }: Pending): Entry[] | Pending[] => {
    used.take(page, 1);
    const bytes = file.read(page * pageSize, pageSize);
    const kind = bytes.readUInt16LE(18) & pageKind;
    const lower = bytes.readUInt16LE(20);
    const upper = bytes.readUInt16LE(22);
    const count = lower >> 1;
    const leaf = level === tree.depth;
    const bounded = (lower & 1) === 0 && lower <= upper && headerBytes + upper <= pageSize && count >= (leaf ? 1 : 2);
    if (Number(bytes.readBigUInt64LE(0)) !== page || kind !== (leaf ? leafPage : branchPage) || !bounded) {
      throw new Damage(`page ${page} is not what it should be`);
    }
    pages++;
    const found: Entry[] = [];
    const below: Pending[] = [];
    let before: Buffer | null = null;
    for (let index = 0; index < count; index++) {
      const offset = headerBytes + bytes.readUInt16LE(headerBytes + 2 * index);
      if (offset < headerBytes + upper || offset + nodeBytes > pageSize)
        throw new Damage(`page ${page} has an entry outside of it`);
      const keySize = bytes.readUInt16LE(offset + 6);
      if (offset + nodeBytes + keySize > pageSize) throw new Damage(`page ${page} has a key that reaches out of it`);
      const key = bytes.subarray(offset + nodeBytes, offset + nodeBytes + keySize);
      const first = index === 0 && !leaf; // its key is not used
      if (!first) {
        if (before !== null && compare(before, key) >= 0) throw new Damage(`page ${page} is out of order`);
        if ((low !== null && compare(key, low) < 0) || (high !== null && compare(key, high) >= 0)) {
          throw new Damage(`page ${page} holds keys of another`);
        }
        before = key;
      }
      if (leaf) found.push(readLeaf(bytes, offset));
      else
        below.push({
          page: bytes.readUInt32LE(offset) + bytes.readUInt16LE(offset + 4) * 2 ** 32,
          level: level + 1,
          low: first ? low : key,
          high,
        });
    }
    for (let index = 0; index < below.length - 1; index++) below[index]!.high = below[index + 1]!.low;
    return leaf ? found : below.reverse();
  };

  while (stack.length > 0) {
    const next = stack.pop()!;
    try {
      const inside = open(next);
      if (next.level === tree.depth) {
        entries += inside.length;
        yield inside as Entry[];
      } else stack.push(...(inside as Pending[]));
    } catch (error) {
      if (!(error instanceof Damage) || !options.onGap) throw error;
      options.onGap({ low: next.low, high: next.high, reason: error.message });
    }
  }
  if (!options.onGap && (entries !== tree.entries || pages !== tree.pages)) {
    throw new Damage(`a tree of ${tree.entries} entries on ${tree.pages} pages has ${entries} on ${pages}`);
  }
}
