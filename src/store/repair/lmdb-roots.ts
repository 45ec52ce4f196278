// Finds the trees of an lmdb file whose heads are gone (its first pages were overwritten). Each commit writes anew the page that
// names the tables, and each page says by which commit it was written: of those pages the newest is what the last head pointed
// to. Older ones lie among the free pages and are not believed, but for the one before it (the newest may be of a commit that
// was cut off).
import { Damage, readTree, type LmdbFile, type Meta } from './lmdb-file.ts';
import { tableNames } from '../embedded/tables.ts';

const headerBytes = 24;
const nodeBytes = 8;
const leafPage = 0x02;
const pageKind = 0x0f;
const subtreeNode = 0x02;
const knownNames = new Set<string>(tableNames);
/** Pages read in one go. */
const pagesAtOnce = 256;
const emptyTree = { flags: 0, depth: 0, pages: 0, entries: 0, root: -1 };

/** Does this page name tables of ours, and nothing else? @returns how many; 0: it is another page */
function namesOn(page: Buffer, number: number): number {
  if (page.readBigUInt64LE(0) !== BigInt(number) || (page.readUInt16LE(18) & pageKind) !== leafPage) return 0;
  const lower = page.readUInt16LE(20);
  const upper = page.readUInt16LE(22);
  const count = lower >> 1;
  if ((lower & 1) !== 0 || lower > upper || headerBytes + upper > page.length || count === 0 || count > knownNames.size)
    return 0;
  for (let index = 0; index < count; index++) {
    const offset = headerBytes + page.readUInt16LE(headerBytes + 2 * index);
    if (offset < headerBytes + upper || offset + nodeBytes > page.length) return 0;
    const size = page.readUInt32LE(offset);
    const flags = page.readUInt16LE(offset + 4);
    const key = offset + nodeBytes;
    const at = key + page.readUInt16LE(offset + 6);
    if (
      flags !== subtreeNode ||
      at + size > page.length ||
      !knownNames.has(page.toString('utf8', key, at).replace(/\0$/, ''))
    )
      return 0;
    try {
      readTree(page.subarray(at, at + size));
    } catch (error) {
      if (error instanceof Damage) return 0;
      throw error;
    }
  }
  return count;
}

function findWith(file: LmdbFile, pageSize: number): Meta[] {
  const pages = Math.floor(file.bytes / pageSize);
  const found: Meta[] = [];
  for (let first = 0; first < pages; first += pagesAtOnce) {
    const bytes = file.read(first * pageSize, Math.min(pagesAtOnce, pages - first) * pageSize);
    for (let number = first; number * pageSize < first * pageSize + bytes.length; number++) {
      const page = bytes.subarray((number - first) * pageSize, (number - first + 1) * pageSize);
      const entries = namesOn(page, number);
      if (entries === 0) continue;
      const txn = Number(page.readBigUInt64LE(8));
      found.push({
        index: -1,
        pageSize,
        lastPage: pages - 1,
        txn,
        free: emptyTree,
        main: { flags: 0, depth: 1, pages: 1, entries, root: number },
      });
      found.sort((a, b) => b.txn - a.txn);
      found.length = Math.min(2, found.length);
    }
  }
  return found;
}

/** What stands in for the heads: the newest first, at most two. Reads the whole file. */
export function findRoots(file: LmdbFile): Meta[] {
  for (const pageSize of [4096, 16_384, 65_536]) {
    const found = findWith(file, pageSize);
    if (found.length > 0) return found;
  }
  return [];
}
