// What of each node is in use when a plan begins: the ledger that it then goes on with.
import type { Assignment } from '../../model/assignment.ts';
import { demandOf } from './demand.ts';
import { isEmpty } from '../draft.ts';
import { Ledger } from './ledger.ts';
import type { NodeTable } from './node-table.ts';
import type { Snapshot, SnapshotApp } from '../snapshot.ts';

/** Counts what every place of every slot holds, and what tombstones still do. */
export function ledgerOf(snapshot: Snapshot, table: NodeTable): Ledger {
  const ledger = new Ledger(table, snapshot.otherUse);
  for (const app of snapshot.apps) {
    for (const { a, b } of app.slots) {
      if (a) count(ledger, table, app, a);
      if (b) count(ledger, table, app, b);
    }
    for (const { assignment } of app.tombstones) count(ledger, table, app, { ...assignment, goal: 'stop' });
  }
  return ledger;
}

function count(ledger: Ledger, table: NodeTable, app: SnapshotApp, held: Assignment): void {
  const node = table.numbers.get(held.node);
  if (node === undefined || isEmpty(app.seen.get(held.id)?.status)) return;
  const isNewest = held.revision === app.record.revision;
  const spec = isNewest ? app.spec : (app.older.get(held.revision) ?? app.spec);
  ledger.take(node, demandOf(spec));
}
