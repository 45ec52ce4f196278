// Why an instance is as it is, and what happens next: one sentence with its code, from facts that others gathered.
import type { Reason } from '../app/app.ts';
import { deathsText, exitText, sentenceOf } from './exit-text.ts';
import type { Exit, HealthView, InstanceStatus } from './instance.ts';
import { showSpan } from '../sizes.ts';

/** What the reason of an instance is made of; absent facts are not known or do not matter. */
export interface ReasonFacts {
  status: InstanceStatus;
  exit?: Exit | null;
  /** `restarting`: epoch ms of the next start; crashLoop: the window is full. */
  restart?: {
    at: number;
    delayMs: number;
    crashLoop: boolean;
    deaths: number;
    held: boolean;
    periodSeconds: number;
  } | null;
  /** Escalated, and no answer yet: epoch ms when it goes on in place. */
  asking?: { until: number } | null;
  /** Stands still because its node has no master. */
  severed?: boolean;
  /** `killing`: why, and when it is killed. */
  stop?: {
    because: 'stop' | 'unhealthy' | 'quota' | 'update' | 'start-timeout' | 'restart' | 'partition';
    by: string | null;
    killAt: number;
  } | null;
  /** The last try failed: so, and tried again after `delayMs`. */
  fetch?: { uri: string; detail: string; code?: string; retryAt: number | null; delayMs?: number } | null;
  /** What is being fetched and how far it is, in words; null: nothing, or it waits for another try. */
  fetching?: string | null;
  /** `starting`: epoch ms of the start timeout. */
  deadlineAt?: number | null;
  health?: readonly HealthView[];
  /** It runs, but has left its cgroups (what that means), or its working directory is gone (which). */
  astray?: { limits: string | null; directory: string | null } | null;
  /** It ended by itself, and what it left behind is being ended. */
  clearing?: boolean;
  failed?: { code: string; text: string } | null;
}

const endedFor: Record<NonNullable<ReasonFacts['stop']>['because'], string> = {
  stop: 'is being stopped',
  unhealthy: 'is being stopped: its health check kept failing',
  quota: 'is being stopped: it used more than it may',
  update: 'is being replaced',
  'start-timeout': 'is being stopped: it did not become healthy in time',
  restart: 'is being restarted',
  partition: 'is being stopped: its node has lost its master, and placement.onPartition is "stop-self"',
};

const because = (code: string, text: string, what: string | null = null, at: number | null = null): Reason => ({
  code,
  text,
  next: what === null ? null : { what, at },
});

function fetching({ fetch, fetching: now }: ReasonFacts): Reason | null {
  if (now) return because('fetching', sentenceOf(`Fetches ${now}`), 'starts when it is there');
  if (!fetch) return null;
  const { uri, detail, code = 'fetching', retryAt, delayMs } = fetch;
  const isNamed = uri.split(', ').some((one) => detail.includes(one));
  const text = sentenceOf(isNamed ? detail : `${uri}: ${detail}`);
  if (delayMs !== undefined) return because(code, text, `tries again after ${showSpan(delayMs)}`, retryAt);
  return because(code, text, retryAt === null ? null : 'tries again', retryAt);
}

function starting({ health = [], deadlineAt = null }: ReasonFacts): Reason {
  const waiting = health.filter(({ status }) => status !== 'passing');
  const what = deadlineAt === null ? null : 'is given up';
  if (waiting.length === 0) return because('starting', 'Waits until it has been alive for a second.', what, deadlineAt);
  const numbers = waiting.map(({ index }) => index).join(', ');
  const last = waiting[0]!.detail ? ` (last: ${waiting[0]!.detail})` : '';
  return because('starting', `Waits for health check ${numbers} to pass${last}.`, what, deadlineAt);
}

const failingIn = ({ health = [] }: ReasonFacts): HealthView[] => health.filter(({ status }) => status === 'failing');
const indexes = (checks: readonly HealthView[]): string => checks.map(({ index }) => index).join(', ');

function running(facts: ReasonFacts): Reason | null {
  const failing = failingIn(facts);
  if (failing.length === 0) return astray(facts);
  return because('failing', `Health check ${indexes(failing)} is failing (${failing[0]!.detail}).`);
}

function astray({ astray: found }: ReasonFacts): Reason | null {
  if (found?.limits) return because('left-cgroup', `It has left the cgroup that it was started in: ${found.limits}.`);
  if (found?.directory)
    return because(
      'directory-gone',
      `Its working directory ${found.directory} was removed.`,
      'has a new one when it is started again',
    );
  return null;
}

function unhealthy(facts: ReasonFacts): Reason {
  const failing = failingIn(facts);
  const times = Math.max(0, ...failing.map(({ failures }) => failures));
  const detail = failing[0]?.detail ? ` (${failing[0].detail})` : '';
  const text = `Health check ${indexes(failing)} failed ${times} times in a row${detail}.`;
  return because('unhealthy', text, 'is stopped and started again');
}

function killing({ stop }: ReasonFacts): Reason | null {
  if (!stop) return null;
  const asked = stop.by ? ` (asked by ${stop.by})` : '';
  return because(stop.because, `It ${endedFor[stop.because]}${asked}.`, 'is killed if it still runs', stop.killAt);
}

function restarting({ severed, exit, asking, clearing, restart: plan }: ReasonFacts): Reason {
  if (severed)
    return because(
      'partition',
      'It stands still: its node has lost its master, and placement.onPartition is "stop-self".',
      'starts again when the master is back and still wants it here',
    );
  const ended = exit ? `The program ${exitText(exit)}` : 'The program ended';
  if (asking)
    return because(
      'escalated',
      `${ended}; its restarts in place are used up and the master is asked where to go on.`,
      'starts again here unless it is moved',
      asking.until,
    );
  if (clearing)
    return because('left-behind', `${ended}; ${leftBehind(exit)}.`, 'starts again when none of them is left');
  if (!plan) return because('restarting', sentenceOf(ended), 'starts again');
  if (plan.held)
    return because(
      'held',
      `${ended}; others of the app on this node failed, too, so they start in turns.`,
      'starts after its siblings',
    );
  const later = whenRoom(exit, plan.delayMs) ?? `starts again after ${showSpan(plan.delayMs)}`;
  if (plan.crashLoop) {
    const often = deathsText(exit, plan.deaths, plan.periodSeconds);
    return because('crash-loop', `${ended}; ${often} and goes on here with growing delays.`, later, plan.at);
  }
  const next = plan.delayMs === 0 && exit?.reason !== 'disk-full' ? 'starts again at once' : later;
  return because(exit?.reason ?? 'exited', sentenceOf(ended), next, plan.at);
}

/** Of a process that SIGKILL has not ended. */
export const doesNotEnd =
  'does not end, not even by SIGKILL: it waits inside the kernel, or runs with rights that the agent has not';

/** Processes of a program that has ended by itself. */
export const leftBehind = (exit: Exit | null | undefined): string =>
  `it left processes behind, which are ended first${stayText(exit)}`;

/** What helps one that seems to have wanted that. */
export const stayText = (exit: Exit | null | undefined): string =>
  exit?.code === 0 ? ': one that puts itself into the background has to be told to stay in the foreground' : '';

/** What waits for room of its node starts with it; null: it waits for none. */
function whenRoom(exit: Exit | null | undefined, delayMs: number): string | null {
  if (exit?.reason === 'disk-full') return 'is tried again: it starts when there is room';
  if (exit?.reason === 'no-room') return `starts when there is room; looked at again after ${showSpan(delayMs)}`;
  return null;
}

function failed({ failed: why, exit }: ReasonFacts): Reason | null {
  if (!why) return null;
  const end = exit ? `; the program ${exitText(exit)}` : '';
  return because(why.code, sentenceOf(`Given up: ${why.text}${end}`), 'an operator starts it again');
}

function stopped({ exit }: ReasonFacts): Reason | null {
  if (!exit) return null;
  if (exit.reason === 'exited' && exit.code === 0)
    return because('completed', 'It did its work and exited with code 0.');
  return because(exit.reason, sentenceOf(`The program ${exitText(exit)}`));
}

const byStatus: Record<InstanceStatus, (facts: ReasonFacts) => Reason | null> = {
  fetching,
  starting,
  running,
  unhealthy,
  killing,
  restarting,
  failed,
  stopped,
  pending: () => because('pending', 'Its node has not taken it up yet.'),
  lost: () => because('node-lost', 'Its node is lost; whether it still runs is not known.'),
  unknown: () =>
    because(
      'unknown',
      'It runs, but the hub does not know why: it runs on until somebody adopts or stops it.',
      'an operator adopts or stops it',
    ),
};

/** Because what, and what happens next; null where there is nothing to explain. */
export const reasonFor = (facts: ReasonFacts): Reason | null => byStatus[facts.status](facts);
