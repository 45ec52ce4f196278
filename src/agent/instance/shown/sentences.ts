// What an instance tells of itself, one sentence a change: each says what, because what, and what comes next.
import type { InstanceContext } from '../../../../machines/instance/facts.ts';
import type { NewEvent } from '../../../model/event.ts';
import { deathsText, endText, exitText, sentenceOf } from '../../../model/instance/exit-text.ts';
import { doesNotEnd, leftBehind } from '../../../model/instance/reason.ts';
import { showSpan } from '../../../model/sizes.ts';

export type Line = Pick<NewEvent, 'kind' | 'message' | 'loudness'> & { detail?: Record<string, unknown> };

const by = (who: string | null): string => (who === null ? '' : `, asked by ${who}`);
const kills: Record<string, string> = {
  stop: 'is being stopped',
  update: 'is being replaced',
  restart: 'is being restarted',
  unhealthy: 'is being stopped because it is unhealthy',
  'start-timeout': 'is being stopped because it did not become ready',
  disk: 'is being stopped because it used more disk than it may',
  oom: 'is being stopped because it ran out of memory',
  partition: 'stops itself',
};

function endOf({ exit, killing }: InstanceContext, name: string): Line {
  const wanted =
    killing !== null && (killing.reason === 'stop' || killing.reason === 'update' || killing.reason === 'restart');
  const fine = wanted || (exit!.reason === 'exited' && exit!.code === 0);
  return {
    kind: 'instance.exited',
    loudness: fine ? 'quiet' : 'attention',
    message: `${name} ${endText(exit!)}${exit!.by === null ? '' : `, asked by ${exit!.by}`}`,
    detail: {
      launch: exit!.launch,
      code: exit!.code,
      signal: exit!.signal,
      reason: exit!.reason,
      tail: exit!.tail.slice(-5),
    },
  };
}

function planned({ plan, exit }: InstanceContext, name: string): Line {
  const { delayMs, crashLoop, deaths, periodSeconds, held } = plan!;
  const why = exit ? ` because it ${exitText(exit)}` : '';
  const when = delayMs <= 0 ? 'at once' : `in ${showSpan(delayMs)}`;
  if (held)
    return {
      kind: 'instance.held',
      loudness: 'attention',
      message: `${name} is unhealthy and waits for its siblings, because others of the app here failed, too, and are restarted in turns`,
    };
  if (crashLoop)
    return {
      kind: 'instance.crashLooping',
      loudness: 'attention',
      message: `${name} starts again ${when}: ${deathsText(exit, deaths, periodSeconds)} and goes on here with growing delays`,
      detail: { delayMs, deaths },
    };
  return {
    kind: 'instance.restarting',
    loudness: 'moving',
    message: `${name} starts again ${when}${why}`,
    detail: { delayMs, deaths },
  };
}

/** Behind "is stopped": by whom, why, or how it had ended. */
function stoppedWhy({ killing, exit }: InstanceContext): string {
  if (killing?.by) return by(killing.by);
  if (killing?.text) return `: ${killing.text}`;
  return exit ? `: it ${exitText(exit)}` : '';
}

/** What differs between two snapshots. `was` null: its actor has just begun. */
export interface Change {
  name: string;
  was: InstanceContext | null;
  now: InstanceContext;
  /** The state before; null: there was none. */
  from: string | null;
  /** It is in this state, or one within it, and was not. */
  entered: (state: string) => boolean;
  /** epoch ms */
  at: number;
}
/** Says its part of a change; null: nothing to say. */
type Sentence = (change: Change) => Line | null;

const adopted: Sentence = ({ name, was, now }) =>
  was !== null || now.pid === null
    ? null
    : {
        kind: 'instance.adopted',
        loudness: 'quiet',
        message: `${name} was found running with pid ${now.pid} and is guarded on`,
        detail: { pid: now.pid },
      };

const fetchFailed: Sentence = ({ name, was, now }) =>
  !now.fetch || now.fetch.detail === was?.fetch?.detail
    ? null
    : {
        kind: 'instance.fetchFailed',
        loudness: 'attention',
        message: `${name} cannot start yet: ${sentenceOf(now.fetch.detail)} It tries again in ${showSpan(now.fetch.delayMs)}`,
        detail: { code: now.fetch.code },
      };

const started: Sentence = ({ name, was, now: { launch, pid } }) =>
  !was || !launch || pid === null || (was.pid !== null && was.launch?.launch === launch.launch)
    ? null
    : {
        kind: 'instance.started',
        loudness: 'moving',
        message: `${name} started with pid ${pid}${launch.restarts > 0 ? ` (restart ${launch.restarts})` : ''}`,
        detail: { pid, launch: launch.launch, ports: launch.ports },
      };

const ready: Sentence = ({ name, was, now, from, entered }) => {
  if (!was || !entered('running')) return null;
  const because = now.checks.length > 0 ? 'every health check passed' : 'it has been alive for a moment';
  return {
    kind: was.killing === null && from === 'unhealthy' ? 'instance.recovered' : 'instance.ready',
    loudness: 'quiet',
    message: from === 'unhealthy' ? `${name} is healthy again` : `${name} is running: ${because}`,
  };
};

const unhealthy: Sentence = ({ name, now, entered }) => {
  if (!entered('unhealthy')) return null;
  const failing = now.checks.find((check) => check.status === 'failing');
  return {
    kind: 'instance.unhealthy',
    loudness: 'attention',
    message:
      `${name} is unhealthy because health check ${failing?.index ?? 0} failed ${failing?.failures ?? 0} times ` +
      `in a row (${failing?.detail ?? ''})`,
  };
};

const stopping: Sentence = ({ name, was, now: { killing }, entered }) =>
  !was || !killing || !entered('killing')
    ? null
    : {
        kind: 'instance.stopping',
        loudness: 'moving',
        message: `${name} ${kills[killing.reason]}${killing.text ? `: ${killing.text}` : ''}${by(killing.by)}`,
        detail: { reason: killing.reason },
      };

const killed: Sentence = ({ name, now, entered, at }) => {
  if (!entered('killing.forcing')) return null;
  const { killTimeoutMs } = now.policy;
  const inTime = now.killing !== null && at - now.killing.at < killTimeoutMs * 0.9;
  const why = inTime
    ? 'is killed without waiting for it any longer'
    : `did not end within ${showSpan(killTimeoutMs)} and is killed`;
  return { kind: 'instance.killed', loudness: 'moving', message: `${name} ${why}` };
};

const stuck: Sentence = ({ name, was, now }) =>
  !now.stuck || was?.stuck
    ? null
    : {
        kind: 'instance.stuck',
        loudness: 'attention',
        message: `A process of ${name} ${doesNotEnd}`,
      };

/** A full disk is told once, not at every look whether there is room again. */
const ended: Sentence = ({ name, was, now }) => {
  const stillFull = now.exit?.reason === 'disk-full' && was?.exit?.reason === 'disk-full';
  return now.exit && now.exit !== was?.exit && (was !== null || now.over) && !stillFull ? endOf(now, name) : null;
};

const leftOver: Sentence = ({ name, was, now, entered }) =>
  !was || !entered('restarting.clearing')
    ? null
    : {
        kind: 'instance.leftBehind',
        loudness: 'attention',
        message: `${name} ${exitText(now.exit!)}; ${leftBehind(now.exit)}`,
      };

const restarting: Sentence = ({ name, was, now }) =>
  now.plan && now.plan !== was?.plan && !(now.plan.held && was?.plan?.held) && now.exit?.reason !== 'disk-full'
    ? planned(now, name)
    : null;

const escalated: Sentence = ({ name, was, now }) =>
  now.askingUntil === null || (was && was.askingUntil !== null)
    ? null
    : {
        kind: 'instance.escalated',
        loudness: 'attention',
        message: `${name} ended ${now.escalated?.deaths ?? 0} times too soon; the master is asked whether it shall go on elsewhere`,
        detail: { ...now.escalated },
      };

const failed: Sentence = ({ name, now, entered }) =>
  !entered('failed')
    ? null
    : {
        kind: 'instance.failed',
        loudness: 'attention',
        message: `${name} is given up: ${now.failed?.text ?? 'it failed'}. An operator can start it again`,
      };

const stopped: Sentence = ({ name, now, entered }) =>
  !entered('stopped')
    ? null
    : { kind: 'instance.stopped', loudness: 'quiet', message: `${name} is stopped${stoppedWhy(now)}` };

/** In the order in which such things happen. */
export const sentences: readonly Sentence[] = [
  adopted,
  fetchFailed,
  started,
  ready,
  unhealthy,
  stopping,
  killed,
  stuck,
  ended,
  leftOver,
  restarting,
  escalated,
  failed,
  stopped,
];
