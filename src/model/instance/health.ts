// Folding of probe results into the health of an instance. Times are mono ms; `at` is epoch ms
// for display only.
import type { AppSpec, HealthCheckSpec } from '../app/app.ts';
import type { HealthView } from './instance.ts';

export interface CheckState extends HealthView {
  /** Has passed in this launch. */ passedOnce: boolean;
}
export interface ProbeResult {
  ok: boolean;
  detail: string;
  at: number;
  mono: number;
}

/** No checks: started when alive this long. */
export const aliveMs = 1000;
const leastStartTimeoutSeconds = 60;

/** The states at the begin of a launch. */
export const freshChecks = (checks: readonly HealthCheckSpec[], at: number): CheckState[] =>
  checks.map((check, index) => ({
    index,
    role: check.role,
    status: 'waiting',
    failures: 0,
    at,
    detail: '',
    passedOnce: false,
  }));

/**
 * The state after a probe. Failures within `initialDelaySeconds` of the launch are forgiven: they are not counted. Before the
 * first pass they leave the check waiting; after it the check shows failing, so that nothing is routed there.
 * @param launchedMono when the launch began
 */
export function foldProbe(
  check: HealthCheckSpec,
  state: CheckState,
  result: ProbeResult,
  launchedMono: number,
): CheckState {
  const seen = { at: result.at, detail: result.detail };
  if (result.ok) return { ...state, ...seen, status: 'passing', failures: 0, passedOnce: true };
  const forgiven = result.mono - launchedMono < check.initialDelaySeconds * 1000;
  if (forgiven) return { ...state, ...seen, status: state.passedOnce ? 'failing' : 'waiting', failures: 0 };
  return { ...state, ...seen, status: 'failing', failures: state.failures + 1 };
}

/** `starting` is over: every check, of any role, has passed once. (No checks: alive for `aliveMs`.) */
export const hasStarted = (states: readonly CheckState[]): boolean => states.every((state) => state.passedOnce);

/** A live check is beyond its limit: the index of the first, or null. Only asked of an instance that has started. */
export function failedLive(checks: readonly HealthCheckSpec[], states: readonly CheckState[]): number | null {
  const found = states.find(
    (state) => state.role === 'live' && state.failures >= checks[state.index]!.maxConsecutiveFailures,
  );
  return found ? found.index : null;
}

/** Takes part in discovery and counts for a rollout: started, and neither a live nor a ready check is failing. */
export const isReady = (states: readonly CheckState[]): boolean =>
  hasStarted(states) && states.every((state) => state.status !== 'failing');

/** ms from the begin of one probe to the begin of the next; null: never again (a startup check that has passed). */
export function probePeriodMs(check: HealthCheckSpec, state: CheckState): number | null {
  if (state.passedOnce && check.role === 'startup') return null;
  const interval = check.intervalSeconds * 1000;
  return state.passedOnce ? interval : Math.min(1000, interval);
}

/** ms to wait now that a probe has ended that began at `beganMono`: the period counts from begin to begin. */
export function nextProbeMs(check: HealthCheckSpec, state: CheckState, beganMono: number, mono: number): number | null {
  const period = probePeriodMs(check, state);
  return period === null ? null : Math.max(0, beganMono + period - mono);
}

/** ms after which a launch that has not started is ended as failed. */
export function startTimeoutMs(spec: Pick<AppSpec, 'startTimeoutSeconds' | 'healthChecks'>): number {
  if (spec.startTimeoutSeconds !== null) return spec.startTimeoutSeconds * 1000;
  return (
    1000 *
    Math.max(
      leastStartTimeoutSeconds,
      ...spec.healthChecks.map((c) => c.initialDelaySeconds + c.intervalSeconds * c.maxConsecutiveFailures),
    )
  );
}
