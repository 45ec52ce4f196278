// The tables of the embedded store and how lmdb is opened.
import { open } from 'lmdb';
import type { Database, RootDatabase, RootDatabaseOptionsWithPath } from 'lmdb';
import { numberKey, readNumber, seal, unseal } from './encoding.ts';

export type Table = Database<Buffer, Buffer>;

/** ledger: numbers by name; records: by collection and key; events: by number; event-times: by time, number; points: by minute, subject. */
export const tableNames = ['ledger', 'records', 'events', 'event-times', 'points'] as const;
export type TableName = (typeof tableNames)[number];

/** The layout of what is stored, in the ledger under this name. A file with a higher one is not touched. */
export const formatKey = 'format';
export const storeFormat = 1;

/** The ledger's number below which no counter gives: after damage the counters themselves may be lost. */
export const floorKey = 'floor';

export interface Tables {
  root: RootDatabase<Buffer, Buffer>;
  of: Record<TableName, Table>;
}

/** A number of the ledger, or null. */
export function ledgerNumber(ledger: Table, name: string): number | null {
  const key = Buffer.from(name);
  const value = ledger.get(key);
  return value === undefined ? null : readNumber(unseal(key, value));
}

/** To be called inside a transaction. */
export function setLedgerNumber(ledger: Table, name: string, value: number): void {
  const key = Buffer.from(name);
  ledger.put(key, seal(key, numberKey(value)));
}

/**
 * Opens a file with lmdb, makes what is missing. Only for a file that `examine` has found sound: lmdb crashes on others.
 * @throws what lmdb throws
 */
export async function openTables(path: string): Promise<Tables> {
  // overlappingSync off: a commit is acknowledged after its sync, not before. eventTurnBatching off: `Commits` groups, and
  // lmdb's own batches have a promise that nobody sees, whose rejection (a full disk) would end the process.
  const root = open<Buffer, Buffer>({
    path,
    overlappingSync: false,
    eventTurnBatching: false,
    maxDbs: tableNames.length + 1,
    encoding: 'binary',
    keyEncoding: 'binary',
    permissionsMode: 0o600, // it holds the environments of apps
  } as RootDatabaseOptionsWithPath & { permissionsMode: number });
  try {
    const of = Object.fromEntries(
      tableNames.map((name) => [
        name,
        root.openDB<Buffer, Buffer>({ name, encoding: 'binary', keyEncoding: 'binary' }),
      ]),
    ) as Record<TableName, Table>;
    if (ledgerNumber(of.ledger, formatKey) === null)
      await root.transaction(() => setLedgerNumber(of.ledger, formatKey, storeFormat));
    return { root, of };
  } catch (error) {
    await root.close();
    throw error;
  }
}
