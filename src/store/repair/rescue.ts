// Saves what is sound of a damaged store file into a new one. Every value that is kept fits its checksum; what cannot be
// reached from the head in force is looked for under the one before it (a disk that lost the last pages of a commit), and
// never among free pages: what was deleted must not come back. Where both heads are gone, the pages say which trees were in force.
import { closeSync, openSync } from 'node:fs';
import { splitRecordKey, decode, isSound, numberKey, readNumber, seal } from '../embedded/encoding.ts';
import { Damage, LmdbFile, readTree } from './lmdb-file.ts';
import type { Meta, Tree } from './lmdb-file.ts';
import { PageSet, leaves } from './lmdb-tree.ts';
import type { Entry, Gap } from './lmdb-tree.ts';
import { findRoots } from './lmdb-roots.ts';
import { tableName } from './examine.ts';
import { floorKey, storeFormat, formatKey, openTables, setLedgerNumber } from '../embedded/tables.ts';
import type { Table, TableName, Tables } from '../embedded/tables.ts';

/** What was kept of a damaged store, and what of it is lost. */
export type Rescued = {
  kept: { records: number; events: number; points: number };
  /** Ranges of keys that could not be read; each may have held one value or many. */
  gaps: number;
  /** A head of the file was not readable: the last commit may be lost, and nothing in the file tells. */
  uncertain: boolean;
};

const savedTables = ['ledger', 'records', 'events', 'points'] as const;
type Saved = (typeof savedTables)[number];
type Gaps = Record<Saved, Gap[]>;

const wholeGap: Gap = { low: null, high: null, reason: '' };
/**
 * Where numbers may have been lost, all go on this much above what is seen, and above the seconds since 2025: so none is
 * given twice, even when nothing is left to see.
 */
const numberLeap = 1_000_000;
const earliestSeconds = Date.UTC(2025, 0) / 1000;
const batchSize = 1000;

const within = (key: Buffer, { low, high }: Gap): boolean =>
  (low === null || Buffer.compare(key, low) >= 0) && (high === null || Buffer.compare(key, high) < 0);

/** The trees of the tables, as far as they can be found; the others are gaps. */
function findTrees(file: LmdbFile, meta: Meta, used: PageSet, gaps: Gaps): Map<string, Tree> {
  const trees = new Map<string, Tree>();
  for (const leaf of leaves(file, meta, meta.main, used, { onGap: () => undefined })) {
    for (const entry of leaf) {
      try {
        if (entry.tree) trees.set(tableName(entry.key), readTree(entry.value()));
      } catch (error) {
        if (!(error instanceof Damage)) throw error;
      }
    }
  }
  for (const name of savedTables) if (!trees.has(name)) gaps[name].push(wholeGap);
  return trees;
}

function soundValue(entry: Entry, onGap: (gap: Gap) => void): Buffer | null {
  let reason = 'a value does not fit its checksum';
  try {
    const value = entry.value();
    if (!entry.tree && isSound(entry.key, value)) return value;
  } catch (error) {
    if (!(error instanceof Damage)) throw error;
    reason = error.message;
  }
  onGap({ low: entry.key, high: Buffer.concat([entry.key, Buffer.from([0])]), reason });
  return null;
}

/** Copies the sound values of one head that lie in `wanted`; gives what is still missing. */
async function copy(file: LmdbFile, meta: Meta, wanted: Gaps, to: Tables): Promise<Gaps> {
  const missing: Gaps = { ledger: [], records: [], events: [], points: [] };
  const used = new PageSet(meta.lastPage);
  const trees = findTrees(file, meta, used, missing);
  for (const name of savedTables) {
    const tree = trees.get(name);
    if (!tree || wanted[name].length === 0) continue;
    const onGap = (gap: Gap): void => void missing[name].push(gap);
    let batch: [Buffer, Buffer][] = [];
    const save = async (): Promise<void> => {
      const part = batch;
      batch = [];
      await to.root.transaction(() => part.forEach(([key, value]) => to.of[name].put(key, value)));
    };
    for (const leaf of leaves(file, meta, tree, used, { onGap })) {
      for (const entry of leaf) {
        if (!wanted[name].some((gap) => within(entry.key, gap))) continue;
        const value = soundValue(entry, onGap);
        if (value && !to.of[name].doesExist(entry.key)) batch.push([entry.key, value]);
      }
      if (batch.length >= batchSize) await save();
    }
    await save();
  }
  return missing;
}

/** Runs `each` over a table inside transactions of a bounded size. */
async function inBatches(
  root: Tables['root'],
  table: Table,
  each: (key: Buffer, value: Buffer) => void,
): Promise<number> {
  let count = 0;
  for (let after: Buffer | null = null; ;) {
    const items: { key: Buffer; value: Buffer }[] = [
      ...table.getRange(after ? { start: after, exclusiveStart: true, limit: batchSize } : { limit: batchSize }),
    ];
    await root.transaction(() => items.forEach(({ key, value }) => each(key, value)));
    count += items.length;
    if (items.length < batchSize) return count;
    after = items.at(-1)!.key;
  }
}

/** Makes what follows from the values: the index by time, the counts, and counters above every number that is seen. */
async function derive({ root, of }: Tables, uncertain: boolean): Promise<Rescued['kept']> {
  const numbers = new Map<string, number>();
  const add = (name: string, count: number): void => void numbers.set(name, (numbers.get(name) ?? 0) + count);
  const atLeast = (name: string, value: number): void =>
    void numbers.set(name, Math.max(numbers.get(name) ?? 0, value));
  await inBatches(root, of.ledger, (key, value) => {
    const name = key.toString();
    if (name !== formatKey && !name.startsWith('count/') && !name.startsWith('bytes/'))
      atLeast(name, readNumber(value, 4));
  });
  const records = await inBatches(root, of.records, (key, value) => {
    const { collection } = splitRecordKey(key);
    add(`count/${collection}`, 1);
    add(`bytes/${collection}`, key.length + value.length);
    atLeast('version', decode(key, value).version);
  });
  const events = await inBatches(root, of.events, (key, value) => {
    atLeast('log/newest', readNumber(key));
    const time = numberKey((decode(key, value).json() as { at: number }).at, readNumber(key));
    of['event-times'].put(time, seal(time, new Uint8Array(0)));
  });
  if (uncertain) {
    const seen = Math.max(
      0,
      ...[...numbers].filter(([name]) => !/^(count|bytes)\//.test(name)).map(([, number]) => number),
    );
    const floor = Math.max(seen + numberLeap, Math.floor(Date.now() / 1000 - earliestSeconds));
    for (const name of ['version', 'log/newest', floorKey]) atLeast(name, floor);
  }
  await root.transaction(() => {
    for (const key of Array.from(of.ledger.getKeys())) of.ledger.remove(key);
    setLedgerNumber(of.ledger, formatKey, storeFormat);
    for (const [name, value] of numbers) setLedgerNumber(of.ledger, name, value);
  });
  return { records, events, points: (of.points.getStats() as { entryCount: number }).entryCount };
}

/**
 * Writes a new store file with all that is sound in a damaged one, which stays as it is.
 * @param target must not exist
 * @throws what lmdb and the file system throw (a full disk)
 */
export async function rescue(damaged: string, target: string): Promise<Rescued> {
  const fd = openSync(damaged, 'r');
  let tables: Tables | null = null;
  try {
    const file = new LmdbFile(fd);
    tables = await openTables(target);
    let gaps: Gaps = { ledger: [wholeGap], records: [wholeGap], events: [wholeGap], points: [wholeGap] };
    const [first, second] = file.metas.length > 0 ? file.metas : findRoots(file);
    if (first) gaps = await copy(file, first, gaps, tables);
    const lost: Gaps = gaps;
    if (second && savedTables.some((name) => gaps[name].length > 0)) await copy(file, second, gaps, tables);
    const uncertain = file.headDamage !== null;
    const kept = await derive(tables, uncertain || lost.ledger.length > 0);
    return { kept, uncertain, gaps: savedTables.reduce((sum, name: Saved & TableName) => sum + lost[name].length, 0) };
  } finally {
    closeSync(fd);
    await tables?.root.close();
  }
}
