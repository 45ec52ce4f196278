// One instance on this node: its record, its program, its actor while it has one, and what is shown of it.
import type { ActorRefFrom, AnyActorRef, SnapshotFrom } from 'xstate';
import type { instanceMachine } from '../../../machines/instance.ts';
import type { InstancePolicy } from '../../../machines/instance/facts.ts';
import { startTimeoutMs } from '../../model/instance/health.ts';
import type { Exit, InstanceView, Usage } from '../../model/instance/instance.ts';
import type { RestartHistory, RestartPolicy } from '../../model/instance/restart.ts';
import type { AppSpec } from '../../model/app/app.ts';
import type { OutputPolicy } from '../effects/output/rotation-watch.ts';
import type { Program } from './program.ts';
import type { InstanceRecord } from './records.ts';

export type InstanceActor = ActorRefFrom<typeof instanceMachine>;
export type InstanceSnapshot = SnapshotFrom<typeof instanceMachine>;

export interface Entry {
  readonly id: string;
  /** instances/<id>. */
  readonly directory: string;
  record: InstanceRecord;
  readonly program: Program;
  /** 0..1, fixed for its life: spreads probes and samples. */
  readonly chance: number;
  /** Runs here without being named by whoever is in charge: shown as `unknown`, obeys operators only. */
  unnamed: boolean;
  actor: InstanceActor | null;
  /** How it last ended, where no actor has seen it. */
  lastExit: Exit | null;
  /** How its newest launch ended was told before this agent began. */
  endTold: boolean;
  /** The last one seen; also after its actor ended. */
  snapshot: InstanceSnapshot | null;
  usage: Usage | null;
  /** How far its fetch is, in words; null: it fetches nothing, or it is not worth a word yet. */
  fetching: string | null;
  /** What its working directory took when it was last measured, bytes; null: nobody has. */
  disk: number | null;
  /** What a launch has left behind or removed; null: nothing is known of any. */
  astray: Astray | null;
  /** Shown, made anew when something changed. */
  view: InstanceView | null;
  /** epoch ms of the last change. */
  changedAt: number;
  /** Effects that this id owns besides the program: ended when its actor crashes. */
  effects: AbortController;
  /** Window and back-off found on disk, for the supervisor. */
  history: RestartHistory;
}

/** A program that stands on other ground than it was put on. */
interface Astray {
  launch: number;
  /** It has left its cgroups: what that means, in words; null: it has not. */
  limits: string | null;
  /** Its working directory, which is gone; null: it is there. */
  directory: string | null;
}

/** Nothing of it runs, and nothing is about to. */
export const isIdle = ({ program: { phase } }: Entry): boolean => phase === 'none' || phase === 'empty';

/** Nobody guards it and nothing of it runs. */
export const hasEnded = (entry: Entry): boolean => entry.actor === null && isIdle(entry);

/** Ends what a crashed actor owned, but never the program: its own children would otherwise run on. */
export function letGoOfActor(entry: Entry): void {
  entry.effects.abort();
  entry.effects = new AbortController();
  for (const child of Object.values(entry.actor?.getSnapshot().children ?? {}))
    (child as (AnyActorRef & { _stop?: () => void }) | undefined)?._stop?.();
  entry.actor = null;
}

/** The child's id under its supervisor: bounded by slots and places. */
export const childOf = ({ record: { assignment } }: Entry): string => `slot-${assignment.slot}.${assignment.place}`;

/** Children of one supervisor: at most 50 slots with two places each. */
const slotsASupervisor = 50;
/** `web#0`; apps of the agent itself are told apart from a hub's of the same name. */
export const supervisorOf = ({ record: { assignment } }: Entry, standalone: boolean): string =>
  `${assignment.owner === 'local' && !standalone ? 'local/' : ''}${assignment.app}#${Math.floor(assignment.slot / slotsASupervisor)}`;

/** The part of a spec that the machine decides by. */
export const policyOf = (spec: AppSpec, aliveMs: number): InstancePolicy => ({
  checks: spec.healthChecks,
  startTimeoutMs: startTimeoutMs(spec),
  killTimeoutMs: spec.killTimeoutSeconds * 1000,
  aliveMs,
  fetches: spec.uris.length > 0,
});

/**
 * How its output is kept. Where no file of the program may become as large as `logs.maxBytes`, its output may not either: it is rotated
 * at half of that limit, so that who prints slowly never meets it.
 */
export const outputPolicyOf = ({ logs, limits }: AppSpec): OutputPolicy => ({
  maxBytes: limits.fileSize === null ? logs.maxBytes : Math.min(logs.maxBytes, Math.ceil(limits.fileSize / 2)),
  files: logs.files,
  rateBytesPerSecond: logs.rateBytesPerSecond,
  fileSize: limits.fileSize,
});

export const restartPolicyOf = (spec: AppSpec): RestartPolicy => ({
  restart: spec.restart,
  type: spec.type,
  fixedPort: spec.ports.some(({ port }) => port !== 0),
});
