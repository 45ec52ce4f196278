// What a person is shown of an instance: its status, from the state of its statechart, and why it is so.
import type { Reason } from '../app/app.ts';
import type { Exit, HealthView, InstanceStatus } from './instance.ts';
import { mostDeaths } from './restart.ts';
import { signalName } from './signals.ts';
import { showSize, showSpan } from '../sizes.ts';

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

/** What a shell said of a program that it could not find (127) or not run (126); '' where the program itself chose that code. */
function notBegun({ code, tail }: { code: number | null; tail?: string[] }): string {
  const said =
    code === 127 || code === 126
      ? /(?:^|: )(?:exec: )?([^:]+): (not found|Permission denied|Exec format error|No such file or directory|Is a directory)$/i.exec(
          tail?.at(-1)?.trim() ?? '',
        )
      : null;
  return said ? `: ${said[1]}: ${said[2]!.toLowerCase()}` : '';
}

/** How a launch ended, as the end of a sentence: "exited with code 1", "was killed by SIGKILL". */
export function exitText(
  exit: Pick<Exit, 'reason' | 'code' | 'signal' | 'peakMem'> & Partial<Pick<Exit, 'tail' | 'text' | 'quota' | 'core'>>,
): string {
  const how =
    exit.signal !== null ? `by ${signalName(exit.signal)}` : exit.code !== null ? `with code ${exit.code}` : null;
  switch (exit.reason) {
    case 'oom':
      return `ran out of memory${exit.text ? `: ${exit.text}` : `${exit.peakMem === null ? '' : ` at ${showSize(exit.peakMem)}`}${exit.quota ? ` (allowed: ${showSize(exit.quota.limit)})` : ''}`}`;
    case 'disk':
      return `was stopped: ${exit.text ?? (exit.quota ? `it used ${showSize(exit.quota.used)} of disk; ${showSize(exit.quota.limit)} are allowed` : 'it used more disk than it may')}`;
    case 'unhealthy':
      return `was stopped: ${exit.text ?? 'its health check kept failing'}`;
    case 'start-timeout':
      return `was stopped: ${exit.text ?? 'it did not become healthy in time'}`;
    case 'port-taken':
      return 'found its port taken';
    case 'partition':
      return 'was stopped: its node had lost its master';
    case 'no-room':
      return `found no room${exit.tail?.length ? `: ${exit.tail.at(-1)}` : ''}`;
    case 'disk-full':
      return `could not be started: ${exit.tail?.at(-1) ?? 'the disk is full'}`;
    case 'not-started':
      return `could not be started${exit.tail?.length ? `: ${exit.tail.at(-1)}` : ''}`;
    case 'stop':
      return `was stopped${how ? ` (${how})` : ''}`;
    case 'update':
      return `was replaced${how ? ` (${how})` : ''}`;
    case 'signal':
      return `was killed ${how ?? 'by a signal'}${exit.core ? ' and left a core dump' : ''}`;
    case 'exited':
      return `exited ${how ?? ''}`.trimEnd() + notBegun(exit);
    case 'unknown':
      return 'ended while nobody watched: how is not known';
  }
}

/** As `exitText`, with how long the launch lived: right behind what was done to it, before the details. Nothing of what never began. */
export function endText(exit: Parameters<typeof exitText>[0] & Pick<Exit, 'durationMs'>): string {
  const text = exitText(exit);
  if (neverBegan(exit)) return text;
  const after = ` after ${showSpan(exit.durationMs)}`,
    cut = text.search(/: | \(allowed/);
  return cut < 0 ? text + after : text.slice(0, cut) + after + text.slice(cut);
}

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
  /** `starting`: epoch ms of the start timeout. */
  deadlineAt?: number | null;
  health?: readonly HealthView[];
  failed?: { code: string; text: string } | null;
}

const stopped: Record<NonNullable<ReasonFacts['stop']>['because'], string> = {
  stop: 'is being stopped',
  unhealthy: 'is being stopped: its health check kept failing',
  quota: 'is being stopped: it used more than it may',
  update: 'is being replaced',
  'start-timeout': 'is being stopped: it did not become healthy in time',
  restart: 'is being restarted',
  partition: 'is being stopped: its node has lost its master, and placement.onPartition is "stop-self"',
};

const timesText = (deaths: number): string => `${deaths >= mostDeaths ? 'at least ' : ''}${deaths} times`;
export const neverBegan = (exit: Pick<Exit, 'reason'> | null | undefined): boolean =>
  exit?.reason === 'disk-full' || exit?.reason === 'not-started' || exit?.reason === 'no-room';

/** How often, as the rest of a sentence: "it ended 4 times within 10 min". */
export const deathsText = (exit: Exit | null | undefined, deaths: number, periodSeconds: number): string =>
  `${neverBegan(exit) ? `${timesText(deaths)} it could not be started` : `it ended ${timesText(deaths)}`} within ${showSpan(periodSeconds * 1000)}`;

function restarting(facts: ReasonFacts): Reason {
  if (facts.severed)
    return {
      code: 'partition',
      text: 'It stands still: its node has lost its master, and placement.onPartition is "stop-self".',
      next: { what: 'starts again when the master is back and still wants it here', at: null },
    };
  const ended = facts.exit ? `The program ${exitText(facts.exit)}` : 'The program ended';
  if (facts.asking)
    return {
      code: 'escalated',
      text: `${ended}; its restarts in place are used up and the master is asked where to go on.`,
      next: { what: 'starts again here unless it is moved', at: facts.asking.until },
    };
  const plan = facts.restart;
  if (!plan) return { code: 'restarting', text: sentenceOf(ended), next: { what: 'starts again', at: null } };
  if (plan.held)
    return {
      code: 'held',
      text: `${ended}; others of the app on this node failed, too, so they start in turns.`,
      next: { what: 'starts after its siblings', at: null },
    };
  if (plan.crashLoop)
    return {
      code: 'crash-loop',
      text: `${ended}; ${deathsText(facts.exit, plan.deaths, plan.periodSeconds)} and goes on here with growing delays.`,
      next: { what: `starts again after ${showSpan(plan.delayMs)}`, at: plan.at },
    };
  return {
    code: facts.exit?.reason ?? 'exited',
    text: sentenceOf(ended),
    next: {
      what:
        facts.exit?.reason === 'disk-full'
          ? 'is tried again: it starts when there is room'
          : plan.delayMs === 0
            ? 'starts again at once'
            : `starts again after ${showSpan(plan.delayMs)}`,
      at: plan.at,
    },
  };
}

/** A text of others as a sentence: with one full stop. */
export const sentenceOf = (text: string): string =>
  /[.!?…]$/.test(text.trimEnd()) ? text.trimEnd() : `${text.trimEnd()}.`;

const nextTry = ({ retryAt, delayMs }: NonNullable<ReasonFacts['fetch']>): Reason['next'] =>
  retryAt === null && delayMs === undefined
    ? null
    : { what: delayMs === undefined ? 'tries again' : `tries again after ${showSpan(delayMs)}`, at: retryAt };

/** Because what, and what happens next; null where there is nothing to explain. */
export function reasonFor(facts: ReasonFacts): Reason | null {
  const failing = (facts.health ?? []).filter((h) => h.status === 'failing');
  switch (facts.status) {
    case 'fetching':
      return facts.fetch
        ? {
            code: facts.fetch.code ?? 'fetching',
            text: sentenceOf(
              facts.fetch.uri.split(', ').some((uri) => facts.fetch!.detail.includes(uri))
                ? facts.fetch.detail
                : `${facts.fetch.uri}: ${facts.fetch.detail}`,
            ),
            next: nextTry(facts.fetch),
          }
        : null;
    case 'starting': {
      const waiting = (facts.health ?? []).filter((h) => h.status !== 'passing');
      const text =
        waiting.length > 0
          ? `Waits for health check ${waiting.map((h) => h.index).join(', ')} to pass${waiting[0]!.detail ? ` (last: ${waiting[0]!.detail})` : ''}.`
          : 'Waits until it has been alive for a second.';
      return {
        code: 'starting',
        text,
        next: facts.deadlineAt == null ? null : { what: 'is given up', at: facts.deadlineAt },
      };
    }
    case 'running':
      return failing.length > 0
        ? {
            code: 'failing',
            text: `Health check ${failing.map((h) => h.index).join(', ')} is failing (${failing[0]!.detail}).`,
            next: null,
          }
        : null;
    case 'unhealthy':
      return {
        code: 'unhealthy',
        text: `Health check ${failing.map((h) => h.index).join(', ')} failed ${Math.max(0, ...failing.map((h) => h.failures))} times in a row${failing[0]?.detail ? ` (${failing[0].detail})` : ''}.`,
        next: { what: 'is stopped and started again', at: null },
      };
    case 'killing':
      return facts.stop
        ? {
            code: facts.stop.because,
            text: `It ${stopped[facts.stop.because]}${facts.stop.by ? ` (asked by ${facts.stop.by})` : ''}.`,
            next: { what: 'is killed if it still runs', at: facts.stop.killAt },
          }
        : null;
    case 'restarting':
      return restarting(facts);
    case 'failed':
      return facts.failed
        ? {
            code: facts.failed.code,
            text: sentenceOf(
              `Given up: ${facts.failed.text}${facts.exit ? `; the program ${exitText(facts.exit)}` : ''}`,
            ),
            next: { what: 'an operator starts it again', at: null },
          }
        : null;
    case 'stopped':
      return facts.exit && facts.exit.reason === 'exited' && facts.exit.code === 0
        ? { code: 'completed', text: 'It did its work and exited with code 0.', next: null }
        : facts.exit
          ? { code: facts.exit.reason, text: sentenceOf(`The program ${exitText(facts.exit)}`), next: null }
          : null;
    case 'pending':
      return { code: 'pending', text: 'Its node has not taken it up yet.', next: null };
    case 'lost':
      return { code: 'node-lost', text: 'Its node is lost; whether it still runs is not known.', next: null };
    case 'unknown':
      return {
        code: 'unknown',
        text: 'It runs, but the hub does not know why: it runs on until somebody adopts or stops it.',
        next: { what: 'an operator adopts or stops it', at: null },
      };
  }
}
