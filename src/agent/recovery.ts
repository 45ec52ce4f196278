// What is here, before anything is done about it: records, then what became of their launches, then processes with our marker.
import { statEpoch } from '../model/instance/epoch.ts';
import type { AgentContext } from './context.ts';
import { sweepMemberships } from './effects/cgroups/cgroup.ts';
import { quarantine, type QuarantineNotice } from './effects/disk/quarantine.ts';
import { readSealed } from './effects/disk/sealed-json.ts';
import { launchFile, readLaunch, readPid } from './effects/launch/launch-facts.ts';
import { launchDirectory, launchNumbers, readInstances, type StoredInstance } from './effects/launch/launch-records.ts';
import { endLeftSessions } from './effects/launch/left-sessions.ts';
import { isAlive, readStat } from './effects/processes/boot.ts';
import { byInstance, readMarker, scan, type Marked } from './effects/processes/strays.ts';
import { isIdle, type Entry } from './instance/entry.ts';
import { entryOfProgram, launchNumberOf, programOf } from './instance/adoption/live-program.ts';
import { isInstanceRecord, isLaunchRecord, type InstanceRecord, type LaunchRecord } from './instance/records.ts';
import { takeUp } from './instance/adoption/take-up.ts';

export interface Recovered {
  entries: Entry[];
  /** Ended for good: the agent ended before it had put them away. */
  over: Entry[];
  /** Live processes with our marker that belong to no entry. */
  strays: Marked[];
  notices: QuarantineNotice[];
}

type Stored = StoredInstance<InstanceRecord>;

/** Reads all; starts and stops nothing. Launches without a word are given 1 s (all at the same time). */
export async function recover(context: AgentContext): Promise<Recovered> {
  const { instances, notices } = readInstances(context.instancesDirectory, isInstanceRecord);
  for (const stored of instances) notices.push(...setAsideDamaged(stored));
  const recorded = instances.filter(({ record }) => record !== null);
  const found = await Promise.all(recorded.map((stored) => recoverEntry(context, stored, stored.record!)));
  const strays = [...(await scan(context.node, livePids(found))), ...unmarkedPrograms(context, instances)];
  const marked = byInstance(strays);
  const entries = found.map((entry) => guardLive(context, entry, marked.get(entry.id) ?? []));
  const known = new Set(entries.map(({ id }) => id));
  putInOrder(context, entries);
  return {
    entries: entries.filter((entry) => !isOver(entry)),
    over: entries.filter(isOver),
    strays: strays.filter(({ instance }) => !known.has(instance)),
    notices,
  };
}

/** Moves every damaged launch.json aside. */
function setAsideDamaged({ directory, launches }: Stored): QuarantineNotice[] {
  return launches.flatMap((n) => {
    const path = launchFile(launchDirectory(directory, n));
    const found = readSealed(path);
    if (found === null || (found.ok && isLaunchRecord(found.value))) return [];
    return [quarantine(path, found.ok ? 'it is no record of a launch' : found.wrong)];
  });
}

/** Groups, limits and shares that nothing here needs any more go. */
function putInOrder({ launcher, limits }: AgentContext, entries: readonly Entry[]): void {
  // Groups of launches that ended while nobody was there, and of spare launchers of an agent that was killed.
  const paths = entries.flatMap(({ program: { run } }) =>
    run && run.cgroup.kind !== 'session' ? [run.cgroup.path] : [],
  );
  sweepMemberships(launcher.root, new Set(paths));
  for (const entry of entries) if (isOver(entry)) entry.program.dispose(); // it holds nothing of the node any more
  limits.sweep(new Set(entries.filter((entry) => !isOver(entry)).map(({ id }) => id)));
}

const livePids = (entries: readonly Entry[]): Set<number> =>
  new Set(
    entries.flatMap(({ program: { phase, tree } }) => (phase === 'running' && tree?.program ? [tree.program.pid] : [])),
  );

/** Live programs of instances without a whole record that have overwritten their environment, and with it the marker. */
function unmarkedPrograms({ node }: AgentContext, instances: readonly Stored[]): Marked[] {
  return instances.flatMap(({ id, directory, record, launches }) => {
    const newest = launches.at(-1);
    if (record !== null || newest === undefined) return [];
    const identity = readPid(launchDirectory(directory, newest));
    if (!identity || !isAlive(identity.pid, identity.startTime) || readMarker(identity.pid, node)) return [];
    const epoch = readLaunch<LaunchRecord>(launchDirectory(directory, newest))?.epoch ?? statEpoch(0, newest);
    return [{ ...readStat(identity.pid)!, instance: id, epoch }];
  });
}

/** The same entry, or one that guards a live program of it of whose launch no whole file was left. */
function guardLive(context: AgentContext, entry: Entry, marked: readonly Marked[]): Entry {
  const program = programOf(marked);
  if (program === null || !isIdle(entry)) return entry;
  const number = launchNumberOf(program);
  // What a launch left behind that is known to have ended is not the program.
  if (readLaunch(launchDirectory(entry.directory, number)) !== null) return entry;
  const guarded = entryOfProgram(context, entry.record, launchNumbers(entry.directory), program);
  guarded.history = entry.history;
  return guarded;
}

/** Asked to stop, and nobody of it left: only its output is kept. A hub that still names it is told that it is gone. */
const isOver = ({ record, program }: Entry): boolean =>
  record.assignment.goal === 'stop' && (program.phase === 'none' || program.phase === 'empty');

async function recoverEntry(context: AgentContext, stored: Stored, record: InstanceRecord): Promise<Entry> {
  try {
    endLeftSessions(stored.directory);
  } catch (error) {
    const why = (error as Error).message;
    context.options.log('warn', `what an earlier agent ran in ${stored.id} could not be ended: ${why}`);
  }
  return takeUp(context, record, stored.launches);
}
