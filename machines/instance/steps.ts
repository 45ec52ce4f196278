// Steps of an instance's context from one event to the next that are more than an assignment; pure.
import { freshChecks, type CheckState } from '../../src/model/instance/health.ts';
import type { InstanceContext, InstancePolicy } from './facts.ts';
import { endsForGood, exitWithCause } from './killing.ts';
import type { ProbeInput } from '../probe.ts';

/** ms to the next try, after so many failures: 1 s, doubling to a minute. */
export const fetchBackOff = (failures: number): number => Math.min(60_000, 1000 * 2 ** Math.min(failures, 6));
/** The checks with one of them as it is now. */
export const fold = (checks: CheckState[], change: CheckState): CheckState[] =>
  checks.map((old) => (old.index === change.index ? change : old));
/** One probe a check. */
export const probeInputs = ({ id, policy, checks, launch, chance }: InstanceContext): ProbeInput[] =>
  policy.checks.map((check, index) => ({
    instance: id,
    index,
    check,
    launchedMono: launch?.mono ?? 0,
    passed: checks[index]?.passedOnce ?? false,
    chance,
  }));
/** All checks without a verdict; what has passed once (`before`) is remembered. */
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
