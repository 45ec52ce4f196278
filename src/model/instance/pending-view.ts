// An instance as the API shows it before anything is known of it but that it is wanted.
import type { Reason } from '../app/app.ts';
import type { Assignment } from '../assignment.ts';
import type { InstanceView } from './instance.ts';

/** @param at epoch ms; @param node the node's id */
export const pendingView = (
  { id, app, slot, place, revision, epoch, owner, goal }: Assignment,
  node: string,
  reason: Reason | null,
  at: number,
): InstanceView => ({
  id,
  app,
  slot,
  place,
  node,
  revision,
  epoch,
  owner,
  goal,
  status: 'pending',
  state: null,
  pid: null,
  user: null,
  ports: [],
  debugPort: null,
  consolePort: null,
  startedAt: null,
  readyAt: null,
  restarts: 0,
  launch: 0,
  exit: null,
  health: [],
  usage: null,
  reason,
  escalated: null,
  at,
});
