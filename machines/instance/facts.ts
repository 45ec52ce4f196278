// What an instance's machine knows. All plain JSON; every time comes in with an event (`at` epoch ms, shown; `mono`
// CLOCK_MONOTONIC ms, decided by).
import type { HealthCheckSpec } from '../../src/model/app/app.ts';
import type { CheckState } from '../../src/model/instance/health.ts';
import type { Exit } from '../../src/model/instance/instance.ts';
import type { Killing } from './killing.ts';

/** The part of a spec that the machine itself decides by; an adjustment replaces it without a restart. */
export interface InstancePolicy {
  checks: HealthCheckSpec[];
  startTimeoutMs: number;
  killTimeoutMs: number;
  /** Alive for this long, where there are no checks. */
  aliveMs: number;
  /** It has content that must be fetched before its first start. */
  fetches: boolean;
}

/** One launch of the program as it is known. */
export interface LaunchFacts {
  launch: number;
  pid: number;
  at: number;
  mono: number;
  ports: number[];
  debugPort: number | null;
  consolePort: number | null;
  restarts: number;
}
interface ReadyFacts {
  at: number;
  mono: number;
}
/** Time and chance (0..1), as an event brings them in. */
export interface Moment {
  at: number;
  mono: number;
  chance: number;
}

/** Facts found on disk after an agent restart (or a crash of this actor); the first that applies decides (machines/README.md, instance). */
export interface Adoption {
  launch: LaunchFacts | null;
  /** `ended` null: not known when. */
  exit: Exit | null;
  ended: Moment | null;
  stopping: (Killing & { leftMs: number }) | null;
  ready: ReadyFacts | null;
  /** What is left of the start deadline, ms. */
  startLeftMs: number;
  /** Its node is cut off: ms until it must be gone. */
  severedMs?: number;
}

export interface InstanceInput {
  id: string;
  policy: InstancePolicy;
  adopt: Adoption | null;
  /** 0..1, fixed for this instance: spreads its probes. */
  chance: number;
  /** The exit of an earlier launch, shown until the next. */
  exit: Exit | null;
  /** Its node has been cut off from its master for too long: nothing of it may run, after at most this time. */
  severed?: { graceMs: number } | null;
}

/** A granted restart, as it is shown. */
export interface RestartPlan {
  at: number;
  delayMs: number;
  crashLoop: boolean;
  deaths: number;
  held: boolean;
  periodSeconds: number;
  /** The escalation is over (window reset or an operator's word). */
  closed: boolean;
}

export interface InstanceContext {
  id: string;
  policy: InstancePolicy;
  adopt: Adoption | null;
  chance: number;
  /** The newest launch, null before the first. */
  launch: LaunchFacts | null;
  /** The program's, null when it does not run. */
  pid: number | null;
  ready: ReadyFacts | null;
  /** How the newest ended launch ended. */
  exit: Exit | null;
  /** When it was known to be over. */
  ended: Moment;
  killing: Killing | null;
  /** What is left of a deadline begun before an agent restart; null: the whole. */
  leftMs: number | null;
  checks: CheckState[];
  /** How many probe actors there are, `probe.0` and on. */
  probes: number;
  plan: RestartPlan | null;
  /** Its end has been told since it was last asked to start. */
  over: boolean;
  /** Its window is full and asked about until then (epoch ms). */
  askingUntil: number | null;
  /** Its window was full at that launch, and the parent has not answered. */
  escalated: { launch: number; deaths: number } | null;
  fetch: { code: string; detail: string; failures: number; delayMs: number } | null;
  failed: { code: string; text: string } | null;
  /** A process of it does not even end by SIGKILL. */
  stuck: boolean;
  /** The program actor is there: spawned once, stopped only when its tree is empty for good. */
  hasProgram: boolean;
  /** severed: it may not run. over: it may again, and has not started yet. */
  partition: 'severed' | 'over' | null;
}

/** The context at the start: the facts, or blanks where the library asks without input. */
export function freshInstance(input: InstanceInput | undefined): InstanceContext {
  const policy = input?.policy ?? {
    checks: [],
    startTimeoutMs: 60_000,
    killTimeoutMs: 10_000,
    aliveMs: 1000,
    fetches: true,
  };
  return {
    id: input?.id ?? '',
    policy,
    adopt: input?.adopt ? { ...input.adopt, ...(input.severed ? { severedMs: input.severed.graceMs } : {}) } : null,
    chance: input?.chance ?? 0.5,
    launch: null,
    pid: null,
    ready: null,
    exit: input?.exit ?? null,
    ended: { at: 0, mono: 0, chance: 0.5 },
    killing: null,
    leftMs: null,
    checks: [],
    probes: 0,
    plan: null,
    over: true,
    askingUntil: null,
    escalated: null,
    fetch: null,
    failed: null,
    stuck: false,
    hasProgram: false,
    partition: input?.severed ? 'severed' : null,
  };
}
