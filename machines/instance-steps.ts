// Steps of an instance's context from one event to the next that are more than an assignment; pure.
import { freshChecks, type CheckState } from '../src/model/instance/health.ts';
import {
  endsForGood,
  exitWithCause,
  type InstanceContext,
  type InstanceEvent,
  type InstancePolicy,
  type Killing,
} from './instance-facts.ts';
import type { ProbeInput } from './probe.ts';

const causes = { 'instance.stop': 'stop', 'instance.restart': 'restart', 'limit.exceeded': 'disk' } as const;

export function killingOf(event: InstanceEvent, before: Killing | null): Killing | null {
  if (endsForGood(before)) return before; // a stop stays a stop
  switch (event.type) {
    case 'instance.stop':
      return { reason: event.reason, by: event.by, text: event.text, at: event.at };
    case 'instance.restart':
      return { reason: causes[event.type], by: event.by, text: event.text, at: event.at };
    case 'limit.exceeded':
      return { reason: event.what, by: null, text: event.text, at: event.at, quota: event.quota ?? null };
    default:
      return before;
  }
}
export const fetchBackOff = (failures: number): number => Math.min(60_000, 1000 * 2 ** Math.min(failures, 6));
export const fold = (checks: CheckState[], change: CheckState): CheckState[] =>
  checks.map((old) => (old.index === change.index ? change : old));
export const probeInputs = ({ id, policy, checks, launch, chance }: InstanceContext): ProbeInput[] =>
  policy.checks.map((check, index) => ({
    instance: id,
    index,
    check,
    launchedMono: launch?.mono ?? 0,
    passed: checks[index]?.passedOnce ?? false,
    chance,
  }));
export const waiting = (policy: InstancePolicy, before: CheckState[] = []): CheckState[] =>
  freshChecks(policy.checks, 0).map((check, index) => ({ ...check, passedOnce: before[index]?.passedOnce ?? false }));

/** What a cut-off node's silence does to it: nothing of it may run after `graceMs`, and nothing starts. */
export function severing(
  { killing }: InstanceContext,
  { graceMs, at }: { graceMs: number; at: number },
): Pick<InstanceContext, 'partition' | 'killing' | 'leftMs' | 'plan' | 'askingUntil' | 'fetch'> {
  const text = 'its node has lost its master, and placement.onPartition is "stop-self"';
  return {
    partition: 'severed',
    killing: endsForGood(killing) ? killing : { reason: 'partition', by: null, text, at },
    leftMs: graceMs,
    plan: null,
    askingUntil: null,
    fetch: null,
  };
}

/** The facts that were found on disk become the context's. */
export function takenUp({ adopt, policy, exit }: InstanceContext): Partial<InstanceContext> {
  const { launch, stopping, ready, exit: found, ended, startLeftMs } = adopt!;
  return {
    launch,
    over: found !== null,
    pid: found ? null : launch!.pid,
    ready,
    exit: found ? exitWithCause(found, stopping) : exit,
    ended: ended ?? { at: 0, mono: 0, chance: 0.5 },
    killing: stopping,
    leftMs: stopping?.leftMs ?? (ready || found ? null : startLeftMs),
    checks: waiting(policy).map((check) => ({ ...check, passedOnce: ready !== null })),
    adopt: null,
  };
}
