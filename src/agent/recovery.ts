// What is here, before anything is done about it: records, then what became of their launches, then processes with our marker.
import { rebuildHistory, type PastLaunch, type RestartHistory } from '../model/instance/restart.ts';
import type { AgentContext } from './context.ts';
import { fateOf } from './effects/launch/adopt.ts';
import { bootId } from './effects/processes/boot.ts';
import { sweepMemberships } from './effects/cgroups/cgroup.ts';
import { readExit, readLaunch, readReady, readStopping, type ProgramExit } from './effects/launch/launch-facts.ts';
import { endLeftSessions } from './effects/launch/left-sessions.ts';
import { launchDirectory, readInstances, type StoredInstance } from './effects/launch/launch-records.ts';
import type { QuarantineNotice } from './effects/disk/quarantine.ts';
import { scan, type Marked } from './effects/processes/strays.ts';
import { isDeserted } from './effects/processes/tree.ts';
import { makeEntry, unseenExit } from './instance/entries.ts';
import { restartPolicyOf, type Entry } from './instance/entry.ts';
import { exitOf, whatKernelSays } from './instance/exits.ts';
import { monoMs } from './moment.ts';
import { isInstanceRecord, isLaunchRecord, type InstanceRecord, type LaunchRecord } from './instance/records.ts';

export interface Recovered {
  entries: Entry[];
  /** Ended for good: the agent ended before it had put them away. */
  over: Entry[];
  /** Directories whose every record is broken. */
  broken: StoredInstance<InstanceRecord>[];
  /** Live processes with our marker that belong to no entry. */
  strays: Marked[];
  notices: QuarantineNotice[];
}

/** Reads all; starts and stops nothing. Launches without a word are given 1 s (all at the same time). */
export async function recover(context: AgentContext): Promise<Recovered> {
  const { instances, notices } = readInstances(context.instancesDirectory, isInstanceRecord);
  const entries = await Promise.all(
    instances.filter(({ record }) => record !== null).map((stored) => recoverEntry(context, stored, stored.record!)),
  );
  const broken = instances.filter(({ record, launches }) => record === null && launches.length > 0);
  const known = new Set(entries.map(({ id }) => id));
  // Groups of launches that ended while nobody was there, and of spare launchers of an agent that was killed.
  sweepMemberships(
    context.launcher.root,
    new Set(entries.flatMap(({ program: { run } }) => (run && run.cgroup.kind !== 'session' ? [run.cgroup.path] : []))),
  );
  for (const entry of entries) if (isOver(entry)) entry.program.dispose(); // it holds nothing of the node any more
  context.limits.sweep(new Set(entries.filter((entry) => !isOver(entry)).map(({ id }) => id)));
  const strays = (await scan(context.node, livePids(entries))).filter(({ instance }) => !known.has(instance));
  return { entries: entries.filter((entry) => !isOver(entry)), over: entries.filter(isOver), broken, strays, notices };
}

/** Programs that were found as they should be: no strays. */
const livePids = (entries: readonly Entry[]): Set<number> =>
  new Set(
    entries.flatMap(({ program: { phase, tree } }) => (phase === 'running' && tree?.program ? [tree.program.pid] : [])),
  );

/** Asked to stop, and nobody of it left: only its output is kept. A hub that still names it is told that it is gone. */
const isOver = ({ record, program }: Entry): boolean =>
  record.assignment.goal === 'stop' && (program.phase === 'none' || program.phase === 'empty');

async function recoverEntry(
  context: AgentContext,
  stored: StoredInstance<InstanceRecord>,
  record: InstanceRecord,
): Promise<Entry> {
  try {
    endLeftSessions(stored.directory);
  } catch (error) {
    context.options.log(
      'warn',
      `what an earlier agent ran in ${stored.id} could not be ended: ${(error as Error).message}`,
    );
  }
  const newest = newestLaunch(stored);
  const entry = makeEntry(
    context,
    record,
    stored.launches,
    newest?.boot === bootId(),
    newest ? newest.restarts + 1 : 0,
  );
  if (!newest) return entry;
  const directory = launchDirectory(stored.directory, newest.launch);
  const fate = await fateOf({
    directory,
    boot: newest.boot,
    node: context.node,
    instance: stored.id,
    epoch: newest.epoch,
  });
  const ends = stored.launches.filter((n) => n !== newest.launch);
  entry.history = historyOf(record, stored.directory, ends);
  if (fate.is === 'never-ran') return entry;
  if (fate.is === 'gone' && fate.rebooted) {
    // the machine went down, not the program
    entry.lastExit = unseenExit(newest.launch, newest.at);
    return entry;
  }
  const identity = fate.identity;
  const tree = {
    membership: newest.cgroup,
    program: identity && { pid: identity.pid, startTime: identity.startTime },
    node: context.node,
    instance: stored.id,
    epoch: newest.epoch,
  };
  const by = readStopping(directory)?.['by'];
  const about = {
    launch: newest.launch,
    at: newest.at,
    directory: stored.directory,
    by: typeof by === 'string' ? by : null,
    ...whatKernelSays(stored.directory, newest),
  };
  const exit =
    fate.is === 'running'
      ? null
      : fate.is === 'exited'
        ? exitOf(fate.exit, about, null)
        : exitOf(nobodySaw(Date.now()), about, null);
  entry.program.adopt({ record: newest, identity, exit, empty: exit !== null && (await isDeserted(tree)) });
  return entry;
}

/** Its launcher was killed, and it has ended: how is not known, its last output is. */
const nobodySaw = (at: number): ProgramExit => ({ code: null, signal: null, at, core: false, complaint: '' });

/** The newest launch whose launch.json is whole. */
function newestLaunch(stored: StoredInstance<InstanceRecord>): LaunchRecord | null {
  for (const n of stored.launches.toReversed()) {
    const launch = readLaunch<LaunchRecord>(launchDirectory(stored.directory, n));
    if (isLaunchRecord(launch)) return launch;
  }
  return null;
}

/** Window and back-off from the ends of earlier launches, since an operator last cleared them. */
function historyOf(record: InstanceRecord, directory: string, launches: readonly number[]): RestartHistory {
  const past: PastLaunch[] = [],
    now = Date.now();
  for (const n of launches) {
    const path = launchDirectory(directory, n),
      launch = readLaunch<LaunchRecord>(path),
      exit = readExit(path);
    if (!isLaunchRecord(launch) || !exit || launch.at < record.clearedAt || launch.boot !== bootId()) continue;
    const ready = readReady(path),
      stopping = readStopping(path)?.reason;
    if (stopping === 'partition') continue; // its node was cut off
    if (stopping === 'restart') {
      past.length = 0;
      continue;
    } // an operator's restart clears both counters
    const reason =
      stopping === 'unhealthy' || stopping === 'start-timeout' ? stopping : exit.signal ? 'signal' : 'exited';
    past.push({ launch: n, reason, code: exit.code, readyMs: ready && exit.at - ready.at, agoMs: now - exit.at });
  }
  return rebuildHistory(restartPolicyOf(record.spec), past, monoMs());
}
