// The parts of a master that answer the API, and whether it answers at all.
import { Refusal } from '../../model/errors.ts';
import type { Roster } from '../../live/roster.ts';
import type { StoreTrouble } from '../../store/trouble.ts';
import type { Apps } from '../apps/apps.ts';
import type { Attention } from '../instances/attention.ts';
import type { MasterContext } from '../context.ts';
import type { InstanceActions } from '../instances/instance-actions.ts';
import type { Commands } from '../link/commands.ts';
import type { NodeActions } from '../nodes/node-actions.ts';
import type { Planner } from '../planning/planner.ts';

export interface ClusterParts {
  context: MasterContext;
  roster: Roster;
  commands: Commands;
  attention: Attention;
  apps: Apps;
  nodeActions: NodeActions;
  instanceActions: InstanceActions;
  storeAbout: { kind: string; detail: string };
  trouble: StoreTrouble;
  /** State of the master's machine. */
  phase(): string;
  frozenUntil(): number | null;
  planner: Planner;
  startedAt: number;
}

/** Why nothing can be asked for now; null: this master leads. */
export function notReady(parts: ClusterParts): string | null {
  const phase = parts.phase();
  if (phase === 'serving') return null;
  return phase === 'recovering' ? 'The master is reading its store' : 'The master is stopping';
}

/** @throws Refusal starting, while this master does not lead */
export function requireServing(parts: ClusterParts): void {
  const why = notReady(parts);
  if (why) throw new Refusal('starting', why, 'Try again in a moment.');
}
