// What the embedded store knows of its size without reading it: numbers of the ledger, and pages of its tables.
import { Ledger } from './commits.ts';
import type { CollectionSize } from '../store.ts';
import { floorKey } from './tables.ts';
import type { Table } from './tables.ts';

/** Names below a part of the ledger. */
const namesBelow = (ledger: Table, part: 'count' | 'draw'): string[] =>
  [...ledger.getKeys({ start: Buffer.from(`${part}/`), end: Buffer.from(`${part}0`) })].map((key) =>
    key.toString().slice(part.length + 1),
  );

/** Collections of records: counted with every write. */
export function recordSizes(table: Table): CollectionSize[] {
  const ledger = new Ledger(table);
  return namesBelow(table, 'count')
    .map((name) => ({ name, count: ledger.get(`count/${name}`), bytes: ledger.get(`bytes/${name}`) }))
    .filter(({ count }) => count > 0);
}

/** Every counter, with the next number that it gives. */
export function drawnNumbers(table: Table): { name: string; next: number }[] {
  const ledger = new Ledger(table);
  const floor = ledger.get(floorKey);
  return namesBelow(table, 'draw').map((name) => ({ name, next: Math.max(ledger.get(`draw/${name}`), floor) + 1 }));
}

interface TableStats {
  entryCount: number;
  pageSize: number;
  treeBranchPageCount: number;
  treeLeafPageCount: number;
  overflowPages: number;
}

/** @param tables the first one holds the entries, others are indexes of them. Whole pages: an estimate */
export function tableSize(name: string, tables: [Table, ...Table[]]): CollectionSize {
  const stats = tables.map((table) => table.getStats() as TableStats);
  const bytes = stats.reduce(
    (sum, { pageSize, treeBranchPageCount, treeLeafPageCount, overflowPages }) =>
      sum + pageSize * (treeBranchPageCount + treeLeafPageCount + overflowPages),
    0,
  );
  return { name, count: stats[0]!.entryCount, bytes, about: true };
}
