// A settled app costs one look at each of its slots and no more.
import type { NodeTable } from '../choosing/node-table.ts';
import type { SnapshotApp } from '../snapshot.ts';

/** Nothing can be to do for this app, whatever the rest of the cluster does. When in doubt it is not quiet. */
export function isQuiet(app: SnapshotApp, table: NodeTable): boolean {
  const { record, spec, hash, seen } = app;
  if (!record.start || record.deleting) return app.slots.length === 0 && app.tombstones.length === 0;
  if (spec.type === 'system' || spec.type === 'cron' || app.tombstones.length > 0 || app.held.size > 0) return false;
  if (app.slots.length !== record.scale) return false;
  for (const { a, b } of app.slots) {
    const held = a ?? b;
    if (!held || (a && b) || held.goal !== 'run' || held.hash !== hash || held.revision !== record.revision)
      return false;
    if (record.restartedAt !== null && held.at < record.restartedAt && held.nudge < record.restartedAt) return false;
    const status = table.get(held.node)?.status;
    if (status === undefined || status === 'lost' || status === 'draining') return false;
    if (seen.get(held.id)?.escalated) return false;
  }
  return true;
}
