// The status of an instance as a person is shown it, from the state of its statechart. Why it is so: reason.ts.
import type { InstanceStatus } from './instance.ts';

/** A statechart's state value: 'running', or {killing: 'terminating'}. */
export type StateValue = string | { [state: string]: StateValue | undefined };

const shown: readonly InstanceStatus[] = [
  'fetching',
  'starting',
  'running',
  'unhealthy',
  'killing',
  'restarting',
  'stopped',
  'failed',
];

/** A state value as a dotted path: 'killing.terminating'. Parallel regions are joined by '+'. */
export function statePath(value: StateValue): string {
  if (typeof value === 'string') return value;
  return Object.entries(value)
    .map(([state, inner]) =>
      inner === undefined || (typeof inner === 'object' && Object.keys(inner).length === 0)
        ? state
        : `${state}.${statePath(inner)}`,
    )
    .join('+');
}

/**
 * Status of an instance from the state of its machine: the names of the top level are the statuses; null (no machine yet)
 * is `pending`. `lost` and `unknown` are not the machine's to say.
 */
export function toStatus(value: StateValue | null): InstanceStatus {
  if (value === null) return 'pending';
  const top = statePath(value).split(/[.+]/)[0];
  return shown.find((status) => status === top) ?? 'pending';
}
