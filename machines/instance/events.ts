// What an instance hears, what it tells its program and its supervisor.
import type { Exceeded, Exit } from '../../src/model/instance/instance.ts';
import type { InstancePolicy, LaunchFacts, Moment, RestartPlan } from './facts.ts';
import type { Killing } from './killing.ts';
import type { ProbeReport } from '../probe.ts';

export type InstanceEvent =
  /** `by`: who asked; `text`: why, in words. */
  | { type: 'instance.stop'; reason: 'stop' | 'update'; by: string | null; text: string | null; at: number }
  | { type: 'instance.restart'; by: string | null; text: string | null; at: number }
  | { type: 'instance.kill'; by: string | null; at: number }
  | { type: 'instance.adjust'; policy: InstancePolicy }
  /** Its node is cut off: it ends within `graceMs` and stays down until it may run again. */
  | { type: 'instance.sever'; graceMs: number; at: number }
  | { type: 'instance.rejoin' }
  | { type: 'limit.exceeded'; what: 'disk' | 'oom'; text: string; at: number; quota?: Exceeded | null }
  | { type: 'fetch.retry' }
  | { type: 'program.started'; launch: LaunchFacts }
  /** `empty`: nothing of its tree is left. */
  | { type: 'program.exited'; exit: Exit; when: Moment; empty: boolean }
  | { type: 'program.emptied'; when: Moment }
  /** Its content is not there (any more): fetch again. */
  | { type: 'program.unprepared' }
  | { type: 'program.survived' }
  | ProbeReport
  | { type: `xstate.error.actor.probe.${string}`; actorId: string; error: unknown }
  | { type: `xstate.done.actor.probe.${string}`; actorId: string }
  | { type: 'restart.granted'; plan: RestartPlan }
  | { type: 'restart.held' }
  | { type: 'restart.escalated'; deaths: number; launch: number; until: number }
  /** The parent said that it shall stay: nothing is open any more. */
  | { type: 'escalation.closed' }
  | { type: 'restart.refused'; outcome: 'done' }
  | { type: 'restart.refused'; outcome: 'failed'; code: string; text: string };

/** Commands to the program actor. It reports at its start what is already so. */
export type ProgramCommand =
  | { type: 'program.start' }
  | { type: 'program.signal'; killing: Killing | null; killTimeoutMs: number }
  | { type: 'program.kill'; by: string | null };

/** What an instance tells its supervisor, under its own id. */
export type SupervisorReport =
  /** It is down and wants to start again. `exit` null: it was ended before its program had begun. */
  | {
      type: 'restart.asked';
      id: string;
      exit: Exit | null;
      ended: Moment;
      launch: number;
      readyMs: number | null;
      byOperator: boolean;
      partition: 'severed' | 'over' | null;
    }
  /** It is unhealthy and asks for its turn to be ended and started again. */
  | { type: 'turn.asked'; id: string }
  | { type: 'turn.withdrawn'; id: string }
  | { type: 'instance.becameReady'; id: string };
