// Why a program is being ended, and what follows from that: a stop is never taken for a crash.
import type { Exceeded, Exit, ExitReason } from '../../src/model/instance/instance.ts';
import type { InstanceEvent } from './events.ts';

/** Decides where the state `killing` leads. */
export type KillReason = 'stop' | 'update' | 'restart' | 'unhealthy' | 'start-timeout' | 'disk' | 'oom' | 'partition';
export interface Killing {
  reason: KillReason;
  /** Who asked, where somebody did. */
  by: string | null;
  /** A sentence, where there is one. */
  text: string | null;
  at: number;
  /** The limit that it was over. */
  quota?: Exceeded | null;
}

/** The reason after this event. */
export function killingOf(event: InstanceEvent, before: Killing | null): Killing | null {
  if (endsForGood(before)) return before; // a stop stays a stop
  switch (event.type) {
    case 'instance.stop':
      return { reason: event.reason, by: event.by, text: event.text, at: event.at };
    case 'instance.restart':
      return { reason: 'restart', by: event.by, text: event.text, at: event.at };
    case 'limit.exceeded':
      return { reason: event.what, by: null, text: event.text, at: event.at, quota: event.quota ?? null };
    default:
      return before;
  }
}

const exitReasons: Record<KillReason, ExitReason> = {
  stop: 'stop',
  update: 'update',
  restart: 'stop',
  unhealthy: 'unhealthy',
  'start-timeout': 'start-timeout',
  disk: 'disk',
  oom: 'oom',
  partition: 'partition',
};

/** An exit that was asked for carries why and by whom; an oom kill seen by the kernel stays one. */
export function exitWithCause(exit: Exit, killing: Killing | null): Exit {
  if (!killing || exit.reason === 'oom') return exit;
  return {
    ...exit,
    reason: exitReasons[killing.reason],
    by: killing.by,
    text: killing.text ?? (killing.quota ? null : exit.text),
    quota: killing.quota ?? exit.quota,
  };
}

/** `killing` for these ends the assignment; every other one leads to a restart. */
export const endsForGood = (killing: Killing | null): boolean =>
  killing?.reason === 'stop' || killing?.reason === 'update';
