// What the agent writes down of an instance (instances/<id>/record.<k>.json) and of a launch (launch.json).
import type { AppSpec } from '../../model/app/app.ts';
import type { Assignment } from '../../model/assignment.ts';
import type { Account } from '../effects/users/accounts.ts';
import type { Membership } from '../effects/cgroups/cgroup.ts';
import type { AppliedLimits } from '../effects/cgroups/limit-groups.ts';

/** All that is needed to guard an instance without asking anybody. */
export interface InstanceRecord {
  assignment: Assignment;
  spec: AppSpec;
  /** sha256 by URI: the bytes that every launch uses. */
  contents: Record<string, { sha256: string; size: number }>;
  /** Environment of the node that the hub set. */
  nodeEnvs: Record<string, string>;
  /** Restarts and deaths before this time (epoch ms) do not count: an operator cleared them. */
  clearedAt: number;
}

/** launch.json, written before the program begins. */
export interface LaunchRecord {
  launch: number;
  boot: string;
  at: number;
  mono: number;
  /** STAT_EPOCH. */
  epoch: string;
  revision: number;
  ports: number[];
  debugPort: number | null;
  consolePort: number | null;
  cgroup: Membership;
  /** What the kernel holds it to; absent in launches of agents before 0.2. */
  limits?: AppliedLimits;
  /** Who it runs as; absent or null: the agent's own user. */
  user?: Account | null;
  restarts: number;
  /** Cursors of the streams when it began. */
  output?: [stdout: number, stderr: number];
  workDirectory: string;
}

const lasting = ({
  goal: _goal,
  onFull: _onFull,
  because: _because,
  stopping: _stopping,
  ...assignment
}: Assignment): string => JSON.stringify(assignment);

/** Whether two records of an instance differ in what guarding needs. Goals and answers are kept in the desired set. */
export function lastingDiffers(
  { assignment: was, ...before }: InstanceRecord,
  { assignment, ...after }: InstanceRecord,
): boolean {
  if (lasting(was) !== lasting(assignment)) return true;
  const isSame = (key: keyof typeof after): boolean => before[key] === after[key];
  // Mostly all is the very same: then no text is made of a whole spec.
  const same = (Object.keys(after) as (keyof typeof after)[]).every(isSame);
  return !same && JSON.stringify(before) !== JSON.stringify(after);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Tells a record from any other JSON: what guarding needs is there and has the right shape. */
export function isInstanceRecord(value: unknown): value is InstanceRecord {
  if (!isObject(value) || !isObject(value['assignment']) || !isObject(value['spec']) || !isObject(value['contents']))
    return false;
  const { assignment, spec } = value as { assignment: Record<string, unknown>; spec: Record<string, unknown> };
  return (
    typeof assignment['id'] === 'string' &&
    typeof assignment['app'] === 'string' &&
    Number.isInteger(assignment['slot']) &&
    (assignment['place'] === 'a' || assignment['place'] === 'b') &&
    Number.isInteger(assignment['epoch']) &&
    typeof spec['toProcess'] === 'string' &&
    Array.isArray(spec['args']) &&
    isObject(spec['restart']) &&
    Array.isArray(spec['healthChecks'])
  );
}

export function isLaunchRecord(value: unknown): value is LaunchRecord {
  return (
    isObject(value) &&
    Number.isInteger(value['launch']) &&
    typeof value['boot'] === 'string' &&
    typeof value['mono'] === 'number' &&
    Array.isArray(value['ports']) &&
    isObject(value['cgroup']) &&
    typeof value['epoch'] === 'string'
  );
}
