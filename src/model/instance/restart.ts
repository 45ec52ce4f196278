// What follows when a program has ended. Pure: the clock (`mono`, ms of CLOCK_MONOTONIC) and
// chance (0..1) are arguments; the history goes in and comes out. The app-supervisor owns one history a slot.
import type { AppType, RestartSpec } from '../app/app.ts';
import type { ExitReason } from './instance.ts';
import type { Siblings } from './rolling.ts';
import { restartsAreRolled } from './rolling.ts';

/** What is remembered of a slot on its node. Plain JSON. */
export interface RestartHistory {
  /** mono of each counted death, oldest first; kept as long as the window. */
  deaths: number[];
  /** Delayed restarts since the last reset: the exponent of the next delay. */
  delayed: number;
  /** The one immediate restart since the last reset was used. */
  immediate: boolean;
  /** Launches in a row that found their port taken. */
  portTaken: number;
  /** Starts in a row for which the node's disk had no room. */
  fullDisk: number;
  /** The launch at which the window was full. While it is set the slot goes on in place: a crash loop. */
  full: { launch: number; deaths: number } | null;
}

/** How the launch ended, as far as the decision needs it. */
export interface EndedLaunch {
  launch: number;
  reason: ExitReason;
  code: number | null;
  /** ms between ready and the end; null: it was never ready. */
  readyMs: number | null;
}

export interface RestartPolicy {
  restart: RestartSpec;
  type: AppType;
  /** The app has a fixed port: another one cannot be tried. */
  fixedPort: boolean;
}

export type RestartDecision =
  /** Starts again after `delayMs`. */
  | { kind: 'granted'; delayMs: number; crashLoop: boolean }
  /** Siblings first (see rolling.ts); then as granted. The death is counted: do not ask a second time. */
  | { kind: 'held'; delayMs: number; crashLoop: boolean }
  /** The window is full: ask the parent; `goOnInPlace` is for its answer `stay`, or for no answer within 10 s. */
  | { kind: 'escalate'; launch: number; deaths: number }
  /** Ended for good, and not well. */
  | { kind: 'failed'; code: 'policy-never' | 'end-unknown' | 'gave-up'; text: string }
  /** Ended for good, its work done. */
  | { kind: 'done' };

/** A slot's history before its first death, and after an operator's start or restart. */
export const clearedHistory = (): RestartHistory => ({
  deaths: [],
  delayed: 0,
  immediate: false,
  portTaken: 0,
  fullDisk: 0,
  full: null,
});

/** Least ready uptime that earns an immediate restart. */
const earnsImmediateMs = 1000;
/** Launches whose port was taken that are tried again at once before back-off. */
const portAttempts = 3;
/** Longest delay until it is looked again whether the disk has room, ms. */
const roomMs = 10_000;

/** `delaySeconds` x `factor`^n, spread by +-`jitter`, never above `maxDelaySeconds`; whole ms. */
export function backOffMs(restart: RestartSpec, n: number, chance: number): number {
  const cap = restart.maxDelaySeconds * 1000;
  const base = Math.min(cap, restart.delaySeconds * 1000 * restart.factor ** Math.min(n, 1000));
  return Math.round(Math.min(cap, base * (1 + restart.jitter * (2 * chance - 1))));
}

interface Decided {
  decision: RestartDecision;
  history: RestartHistory;
}

const granted = (history: RestartHistory, delayMs: number): Decided => ({
  decision: { kind: 'granted', delayMs, crashLoop: history.full !== null },
  history,
});

/** What has gone by does not count: the back-off from before a long ready time, and deaths older than the window. */
function aged(history: RestartHistory, restart: RestartSpec, { readyMs }: EndedLaunch, mono: number): RestartHistory {
  const reset = readyMs !== null && readyMs >= restart.resetAfterSeconds * 1000;
  return {
    ...history,
    ...(reset ? { delayed: 0, immediate: false, full: null } : {}),
    deaths: history.deaths.filter((at) => mono - at < restart.periodSeconds * 1000),
  };
}

function delay(
  restart: RestartSpec,
  history: RestartHistory,
  earned: boolean,
  chance: number,
): { delayMs: number; history: RestartHistory } {
  if (earned && !history.immediate && history.full === null)
    return { delayMs: 0, history: { ...history, immediate: true } };
  return {
    delayMs: backOffMs(restart, history.delayed, chance),
    history: { ...history, delayed: history.delayed + 1 },
  };
}

function afterPortTaken(policy: RestartPolicy, before: RestartHistory, chance: number): Decided {
  const portTaken = before.portTaken + 1;
  const history = { ...before, portTaken };
  if (!policy.fixedPort && portTaken <= portAttempts) return granted(history, 0);
  const n = policy.fixedPort ? portTaken - 1 : portTaken - portAttempts - 1;
  return granted(history, backOffMs(policy.restart, n, chance));
}

/** Ends that are no deaths of the program: its node was cut off, or had no room or port for it. null: it is none of these. */
function endedByItsNode(
  policy: RestartPolicy,
  history: RestartHistory,
  { reason }: EndedLaunch,
  chance: number,
): Decided | null {
  const { restart } = policy;
  const { fullDisk } = history;
  if (reason === 'partition') return granted(history, 0);
  if (reason === 'disk-full')
    return granted({ ...history, fullDisk: fullDisk + 1 }, Math.min(roomMs, backOffMs(restart, fullDisk, chance)));
  const hadDisk = { ...history, fullDisk: 0 };
  if (reason === 'port-taken') return afterPortTaken(policy, hadDisk, chance);
  // What found no room has not failed: it is asked where to go on like a crash, but never given up for it.
  if (reason === 'no-room' && (restart.policy === 'never' || restart.giveUp))
    return afterPortTaken({ ...policy, fixedPort: true }, hadDisk, chance);
  return null;
}

const unknownEnd = (why: string): RestartDecision => ({
  kind: 'failed',
  code: 'end-unknown',
  text: `how it ended is not known, and ${why}`,
});

/** A program that is to run once, and did not end well. */
const neverAgain = ({ reason }: EndedLaunch): RestartDecision =>
  reason === 'unknown'
    ? unknownEnd('restart.policy is "never": it is not run a second time by itself')
    : { kind: 'failed', code: 'policy-never', text: 'it failed, and restart.policy is "never"' };

/** Why an end is the last one, whatever the window says; null: it is started again. */
function notAgain({ restart, type }: RestartPolicy, exit: EndedLaunch): RestartDecision | null {
  const well = exit.reason === 'exited' && exit.code === 0;
  if (well && restart.policy !== 'always') return { kind: 'done' };
  if (restart.policy === 'never') return neverAgain(exit);
  return exit.reason === 'unknown' && restart.policy === 'on-failure' && type === 'batch'
    ? unknownEnd('a job that may have done its work is not run a second time by itself')
    : null;
}

/** The window is full with this death. */
function windowFull(restart: RestartSpec, history: RestartHistory, launch: number): Decided {
  const deaths = history.deaths.length;
  if (!restart.giveUp)
    return { decision: { kind: 'escalate', launch, deaths }, history: { ...history, full: { launch, deaths } } };
  const text = `it ended ${deaths} times within ${restart.periodSeconds} s, and restart.giveUp is set`;
  return { decision: { kind: 'failed', code: 'gave-up', text }, history };
}

/**
 * Decides what follows on the end of a launch, and counts its death.
 * - `always` starts again whatever the end; `on-failure` is done after exit 0; `never` is done after exit 0, else failed.
 * - An end that is not known may have been a good one: what runs once, and a job (`batch`) on failure, is not run again for it.
 * - The first restart since the last reset is immediate after at least 1 s of ready uptime; else back-off. Reset by
 *   `resetAfterSeconds` of ready uptime, by an operator (`clearedHistory`), never by mere time.
 * - `attempts` restarts are granted within any `periodSeconds`; the death that finds the window full escalates, or with
 *   `giveUp` fails. `port-taken`, `partition` and `disk-full` are no deaths. Once full, the slot goes on in place with
 *   growing delays until a reset.
 * @param siblings the app's other slots on this node; null: never held
 */
export function decideRestart(
  policy: RestartPolicy,
  before: RestartHistory,
  exit: EndedLaunch,
  mono: number,
  chance: number,
  siblings: Siblings | null = null,
): Decided {
  const { restart } = policy;
  if (exit.reason === 'stop' || exit.reason === 'update') return { decision: { kind: 'done' }, history: before };
  const known = aged(before, restart, exit, mono);
  const byNode = endedByItsNode(policy, known, exit, chance);
  if (byNode) return byNode;
  const begun = { ...known, fullDisk: 0, portTaken: 0 };
  const last = notAgain(policy, exit);
  if (last) return { decision: last, history: begun };

  const history = { ...begun, deaths: [...begun.deaths, mono] };
  if (history.deaths.length > restart.attempts && history.full === null)
    return windowFull(restart, history, exit.launch);
  const next = delay(restart, history, exit.readyMs !== null && exit.readyMs >= earnsImmediateMs, chance);
  const kind = siblings !== null && exit.reason === 'unhealthy' && restartsAreRolled(siblings) ? 'held' : 'granted';
  return {
    decision: { kind, delayMs: next.delayMs, crashLoop: history.full !== null },
    history: trimmed(next.history, restart),
  };
}

/** Deaths within the window that are counted for people; a crash loop of days must not grow its history. */
export const mostDeaths = 100;

/** The window itself needs no more than one death above `attempts`. */
const trimmed = (history: RestartHistory, restart: RestartSpec): RestartHistory =>
  history.deaths.length > Math.max(mostDeaths, restart.attempts + 1)
    ? { ...history, deaths: history.deaths.slice(-Math.max(mostDeaths, restart.attempts + 1)) }
    : history;

/** The answer to an escalation was `stay` (or none came): on in place, after the next delay. */
export function goOnInPlace(
  policy: RestartPolicy,
  before: RestartHistory,
  chance: number,
): { decision: Extract<RestartDecision, { kind: 'granted' }>; history: RestartHistory } {
  const next = delay(policy.restart, before, false, chance);
  return { decision: { kind: 'granted', delayMs: next.delayMs, crashLoop: true }, history: next.history };
}

/** A launch that is over, as its files tell. */
export interface PastLaunch extends EndedLaunch {
  /** ms since its end. */ agoMs: number;
}

/**
 * Window and back-off after an agent's restart, from the launches of the slot since the last clearing, oldest first.
 * A launch that was escalated stays escalated, so that the answer to it still counts.
 */
export function rebuildHistory(policy: RestartPolicy, launches: readonly PastLaunch[], mono: number): RestartHistory {
  return launches.reduce<RestartHistory>((history, launch) => {
    const step = decideRestart(policy, history, launch, mono - launch.agoMs, 0.5);
    return step.decision.kind === 'escalate' ? goOnInPlace(policy, step.history, 0.5).history : step.history;
  }, clearedHistory());
}
