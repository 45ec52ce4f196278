// Is a store file what lmdb can be given? Reads all of it: the structure that lmdb follows, and the checksum of each value.
import { closeSync, openSync } from 'node:fs';
import { isSound, readNumber, unseal } from '../embedded/encoding.ts';
import { Damage, LmdbFile, readTree } from './lmdb-file.ts';
import type { Meta, Tree } from './lmdb-file.ts';
import { PageSet, leaves } from './lmdb-tree.ts';
import { storeFormat, formatKey, tableNames } from '../embedded/tables.ts';
import type { TableName } from '../embedded/tables.ts';

type Finding =
  /** No file, or one that was made and never written to. */
  | { state: 'absent' }
  | { state: 'sound' }
  | { state: 'damaged'; reason: string }
  /** Sound, but not of stathub. */
  | { state: 'foreign'; reason: string }
  /** Of a later stathub. */
  | { state: 'newer'; format: number };

/** Leaves read in one go: about 10 ms of them. */
const leavesATurn = 100;
const ourTables = new Set<string>(tableNames);

const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const byNumber = (a: Buffer, b: Buffer): number => {
  const left = a.readBigUInt64LE();
  const right = b.readBigUInt64LE();
  return left < right ? -1 : left > right ? 1 : 0;
};

/** lmdb's names of tables end in a zero. */
export const tableName = (key: Buffer): string => key.toString('utf8').replace(/\0$/, '');

/** A value beside the tables: not ours, whatever it is. */
const noTree: Tree = { flags: 0, depth: 0, pages: 0, entries: 0, root: -1 };

/** The tables of a file. @throws Damage */
function readTables(file: LmdbFile, meta: Meta, used: PageSet): Map<string, Tree> {
  const tables = new Map<string, Tree>();
  for (const leaf of leaves(file, meta, meta.main, used)) {
    for (const entry of leaf) tables.set(tableName(entry.key), entry.tree ? readTree(entry.value()) : noTree);
  }
  return tables;
}

async function readValues(file: LmdbFile, meta: Meta, tree: Tree, used: PageSet): Promise<void> {
  let pages = 0;
  for (const leaf of leaves(file, meta, tree, used)) {
    for (const { key, tree: nested, value } of leaf) {
      if (nested || !isSound(key, value())) throw new Damage('a value does not fit its checksum');
    }
    if (++pages % leavesATurn === 0) await breathe();
  }
}

/** Free pages must not be in use: lmdb would write over them. */
function readFree(file: LmdbFile, meta: Meta, used: PageSet): void {
  const values: Buffer[] = [];
  for (const leaf of leaves(file, meta, meta.free, used, { compare: byNumber }))
    for (const entry of leaf) values.push(entry.value());
  for (const list of values) {
    const count = list.length < 8 ? Infinity : Number(list.readBigInt64LE(0));
    if (!(count >= 0 && 8 * (count + 1) <= list.length)) throw new Damage('a list of free pages is cut short');
    for (let index = 1; index <= count; index++) {
      const item = Number(list.readBigInt64LE(8 * index));
      if (item === 0) continue;
      if (item > 0) used.take(item, 1);
      else if (index < count) used.take(Number(list.readBigInt64LE(8 * ++index)), -item); // a run: its length, then its first page
      else throw new Damage('a list of free pages is cut short');
    }
  }
}

function formatOf(file: LmdbFile, meta: Meta, ledger: Tree): number | null {
  for (const leaf of leaves(file, meta, ledger, new PageSet(meta.lastPage))) {
    for (const { key, value } of leaf) if (key.toString() === formatKey) return readNumber(unseal(key, value()));
  }
  return null;
}

async function examineFile(file: LmdbFile): Promise<Finding> {
  if (file.bytes === 0) return { state: 'damaged', reason: 'it is empty' };
  const meta = file.metas[0];
  if (!meta || file.headDamage !== null) return { state: 'damaged', reason: file.headDamage ?? 'it has no head' };
  const used = new PageSet(meta.lastPage);
  const tables = readTables(file, meta, used);
  const strange = [...tables.keys()].find((name) => !ourTables.has(name));
  if (strange !== undefined)
    return { state: 'foreign', reason: `it holds '${strange.slice(0, 40)}', which stathub does not know` };
  if ([...tables.values()].some((tree) => tree.flags !== 0))
    return { state: 'damaged', reason: 'a table is not laid out as it was made' };
  const ledger = tables.get('ledger');
  if (ledger) await readValues(file, meta, ledger, used);
  const format = ledger ? formatOf(file, meta, ledger) : null;
  if (format !== null && format > storeFormat) return { state: 'newer', format };
  if (format === null && [...tables.values()].some((tree) => tree.entries > 0)) {
    return { state: 'foreign', reason: 'it does not say that it is a store of stathub' };
  }
  for (const [name, tree] of tables) if (name !== 'ledger') await readValues(file, meta, tree, used);
  const entries = (name: TableName): number => tables.get(name)?.entries ?? 0;
  if (entries('events') !== entries('event-times'))
    return { state: 'damaged', reason: 'the times of its events do not fit the events' };
  readFree(file, meta, used);
  return { state: 'sound' };
}

/**
 * Reads a whole store file, about 300 MB a second, with the main loop free every few milliseconds.
 * @throws what the file system throws (EACCES, EIO); damage is a finding
 */
export async function examine(path: string): Promise<Finding> {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { state: 'absent' };
    throw error;
  }
  try {
    return await examineFile(new LmdbFile(fd));
  } catch (error) {
    if (error instanceof Damage) return { state: 'damaged', reason: error.message };
    throw error;
  } finally {
    closeSync(fd);
  }
}
