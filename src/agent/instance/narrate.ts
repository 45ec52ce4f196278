// The history of an instance in sentences: what differs between two snapshots of its machine, as events. Each says what, because
// what, and what comes next.
import type { InstanceContext } from '../../../machines/instance-facts.ts';
import type { Assignment } from '../../model/assignment.ts';
import type { NewEvent } from '../../model/event.ts';
import { deathsText, endText, exitText, sentenceOf } from '../../model/instance/exit-text.ts';
import { leftBehind } from '../../model/instance/reason.ts';
import { showSpan } from '../../model/sizes.ts';

export interface Told {
  state: string;
  context: InstanceContext;
}
interface Teller {
  app: string;
  slot: number;
  id: string;
  node: string;
}
type Line = Pick<NewEvent, 'kind' | 'message' | 'loudness'> & { detail?: Record<string, unknown> };

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

function ended({ exit, killing }: InstanceContext, name: string): Line {
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

/** The lines between two snapshots, oldest first. `before` null: its actor has just begun. */
function linesBetween(before: Told | null, after: Told, name: string): Line[] {
  const was = before?.context ?? null;
  const now = after.context;
  const lines: Line[] = [];
  const entered = (state: string): boolean =>
    after.state.startsWith(state) && !(before?.state.startsWith(state) ?? false);
  if (was === null && now.pid !== null)
    lines.push({
      kind: 'instance.adopted',
      loudness: 'quiet',
      message: `${name} was found running with pid ${now.pid} and is guarded on`,
      detail: { pid: now.pid },
    });
  if (now.fetch && now.fetch.detail !== was?.fetch?.detail)
    lines.push({
      kind: 'instance.fetchFailed',
      loudness: 'attention',
      message: `${name} cannot start yet: ${sentenceOf(now.fetch.detail)} It tries again in ${showSpan(now.fetch.delayMs)}`,
      detail: { code: now.fetch.code },
    });
  if (was && now.launch && now.pid !== null && (was.pid === null || was.launch?.launch !== now.launch.launch)) {
    lines.push({
      kind: 'instance.started',
      loudness: 'moving',
      message: `${name} started with pid ${now.pid}${now.launch.restarts > 0 ? ` (restart ${now.launch.restarts})` : ''}`,
      detail: { pid: now.pid, launch: now.launch.launch, ports: now.launch.ports },
    });
  }
  if (was && entered('running'))
    lines.push({
      kind: was.killing === null && before!.state === 'unhealthy' ? 'instance.recovered' : 'instance.ready',
      loudness: 'quiet',
      message:
        before!.state === 'unhealthy'
          ? `${name} is healthy again`
          : `${name} is running: ${now.checks.length > 0 ? 'every health check passed' : 'it has been alive for a moment'}`,
    });
  if (entered('unhealthy')) {
    const failing = now.checks.find((check) => check.status === 'failing');
    lines.push({
      kind: 'instance.unhealthy',
      loudness: 'attention',
      message:
        `${name} is unhealthy because health check ${failing?.index ?? 0} failed ${failing?.failures ?? 0} times ` +
        `in a row (${failing?.detail ?? ''})`,
    });
  }
  if (was && entered('killing') && now.killing)
    lines.push({
      kind: 'instance.stopping',
      loudness: 'moving',
      message: `${name} ${kills[now.killing.reason]}${now.killing.text ? `: ${now.killing.text}` : ''}${by(now.killing.by)}`,
      detail: { reason: now.killing.reason },
    });
  if (entered('killing.forcing'))
    lines.push({
      kind: 'instance.killed',
      loudness: 'moving',
      message: `${name} did not end within ${showSpan(now.policy.killTimeoutMs)} and is killed`,
    });
  if (now.stuck && !was?.stuck)
    lines.push({
      kind: 'instance.stuck',
      loudness: 'attention',
      message: `A process of ${name} does not end, not even by SIGKILL: it waits inside the kernel`,
    });
  // A full disk is told once, not at every look whether there is room again.
  const stillFull = now.exit?.reason === 'disk-full' && was?.exit?.reason === 'disk-full';
  if (now.exit && now.exit !== was?.exit && (was !== null || now.over) && !stillFull) lines.push(ended(now, name));
  if (was && entered('restarting.clearing'))
    lines.push({
      kind: 'instance.leftBehind',
      loudness: 'attention',
      message: `${name} ${exitText(now.exit!)}; ${leftBehind(now.exit)}`,
    });
  if (now.plan && now.plan !== was?.plan && !(now.plan.held && was?.plan?.held) && now.exit?.reason !== 'disk-full')
    lines.push(planned(now, name));
  if (now.askingUntil !== null && was?.askingUntil == null)
    lines.push({
      kind: 'instance.escalated',
      loudness: 'attention',
      message: `${name} ended ${now.escalated?.deaths ?? 0} times too soon; the master is asked whether it shall go on elsewhere`,
      detail: { ...now.escalated },
    });
  if (entered('failed'))
    lines.push({
      kind: 'instance.failed',
      loudness: 'attention',
      message: `${name} is given up: ${now.failed?.text ?? 'it failed'}. An operator can start it again`,
    });
  if (entered('stopped'))
    lines.push({
      kind: 'instance.stopped',
      loudness: 'quiet',
      message: `${name} is stopped${stoppedWhy(now)}`,
    });
  return lines;
}

/** The same as events. */
export function narrate(before: Told | null, after: Told, who: Teller, at: number): NewEvent[] {
  const subject = { app: who.app, instance: who.id, slot: who.slot, node: who.node };
  return linesBetween(before, after, `${who.app}.${who.slot}`).map(({ detail, ...line }) => ({
    at,
    subject,
    detail: detail ?? {},
    ...line,
  }));
}

/** The actor of an instance crashed, and is made again. @param at epoch ms */
export const actorCrashed = ({ id, app, slot }: Assignment, error: string, node: string, at: number): NewEvent => ({
  at,
  kind: 'instance.actorCrashed',
  subject: { app, instance: id, slot, node },
  loudness: 'attention',
  message: `The actor that guards ${app}.${slot} crashed (${error}); the program is not touched and guarded on`,
  detail: { error },
});

/** A supervisor failed. @param at epoch ms */
export const supervisorFailed = (key: string, app: string, why: string, node: string, at: number): NewEvent => ({
  at,
  kind: 'supervisor.failed',
  subject: { app, node },
  loudness: 'attention',
  message: `The supervisor ${key} failed because ${why}; its programs run on and it is started again`,
  detail: {},
});

/** What is remarkable of content that was fetched. @param at epoch ms */
export const contentNoted = ({ id, app }: Assignment, message: string, node: string, at: number): NewEvent => ({
  at,
  kind: 'content.noted',
  subject: { app, instance: id, node },
  loudness: 'attention',
  message,
  detail: {},
});
