// One run of a program as this agent knows it: its launch, its tree, how it ended.
import type { InstanceEvent } from '../../../../machines/instance/events.ts';
import type { Exit, ExitReason } from '../../../model/instance/instance.ts';
import type { ProgramExit, ProgramIdentity } from '../../effects/launch/launch-facts.ts';
import type { Tree } from '../../effects/processes/tree.ts';
import { fullText, isFull } from '../../effects/disk/room.ts';
import { NoPortError } from '../../effects/ports.ts';
import { exitOf } from './exits.ts';
import { NoRoomError } from './room-and-user.ts';
import type { LaunchRecord } from '../records.ts';

/** preparing: nothing started yet. launched: no pid yet. ended: the program is gone, its tree not. */
export type Phase = 'none' | 'preparing' | 'launched' | 'running' | 'ended' | 'empty';

/** A program is there or about to be: never two of one instance. */
export const isUnderWay = (phase: Phase): boolean =>
  phase === 'preparing' || phase === 'launched' || phase === 'running';

export interface Run {
  phase: Phase;
  record: LaunchRecord | null;
  tree: Tree | null;
  exit: Exit | null;
  killedBy: string | null;
  /** Somebody is ending it: that its tree is empty is then looked for everywhere. */
  ending: boolean;
  /** Highest memory of the samples, bytes; 0: none. */
  peakMem: number;
  /** A signal that came before the pid was known. */
  pending: 'signal' | 'kill' | null;
  cancelled: boolean;
  /** Its preStop, once that began. */
  preparing: Promise<void> | null;
}

/** A launch found at the agent's start. */
export interface AdoptedRun {
  record: LaunchRecord;
  identity: ProgramIdentity | null;
  exit: Exit | null;
  /** Nobody of its tree is left. */
  empty: boolean;
}

export const newRun = (): Run => ({
  phase: 'preparing',
  record: null,
  tree: null,
  exit: null,
  killedBy: null,
  ending: false,
  peakMem: 0,
  pending: null,
  cancelled: false,
  preparing: null,
});

export const treeOf = (
  node: string,
  instance: string,
  record: LaunchRecord,
  identity: ProgramIdentity | null,
): Tree => ({
  membership: record.cgroup,
  program: identity && { pid: identity.pid, startTime: identity.startTime },
  node,
  instance,
  epoch: record.epoch,
  ...(record.user?.private ? { uid: record.user.uid } : {}),
});

/** What its actor hears of a program that runs; null while its pid is not known. */
export function startedEvent({ record, tree }: Run): InstanceEvent | null {
  if (!record || !tree?.program) return null;
  const { launch, at, mono, ports, debugPort, consolePort, restarts } = record;
  return {
    type: 'program.started',
    launch: { launch, pid: tree.program.pid, at, mono, ports, debugPort, consolePort, restarts },
  };
}

/** Why a launch could not be tried. @param directory of the instance */
export function refusalOf(error: unknown, directory: string): [reason: ExitReason, text: string] {
  if (error instanceof NoRoomError || error instanceof NoPortError) return ['no-room', error.message];
  return isFull(error) ? ['disk-full', fullText(error, directory)] : ['not-started', (error as Error).message];
}

/** The end of a launch that could not even be tried. */
export function refusedExit(run: Run, reason: ExitReason, text: string, directory: string): Exit {
  const ended: ProgramExit = { code: null, signal: null, at: Date.now(), core: false, complaint: '' };
  const about = { launch: run.record?.launch ?? 0, at: run.record?.at ?? ended.at, directory, by: run.killedBy };
  return { ...exitOf(ended, about, reason), tail: [text] };
}
