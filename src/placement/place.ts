import type { Plan, Snapshot } from './snapshot.ts';

/** Desired + observed + nodes -> plan (DESIGN section 7). Pure and deterministic; see snapshot.ts for how to commit it. */
export function place(snapshot: Snapshot): Plan {
  void snapshot;
  return { changes: [], tombstones: [], waiting: [], wakeAt: null, decisions: [], late: [] };
}
