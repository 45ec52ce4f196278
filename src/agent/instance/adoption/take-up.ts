// An instance by what its launches left on disk: what runs is guarded on, what has ended is known to have ended, also where its
// files are damaged. What cannot be read is never a reason to run something a second time: then how it ended is not known.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { statEpoch } from '../../../model/instance/epoch.ts';
import type { Exit } from '../../../model/instance/instance.ts';
import { rebuildHistory, type RestartHistory } from '../../../model/instance/restart.ts';
import type { AgentContext } from '../../context.ts';
import { fateOf, type LaunchFate } from '../../effects/launch/adopt.ts';
import { readLaunch, readStopping, wasEndTold, type ProgramExit } from '../../effects/launch/launch-facts.ts';
import { instanceDirectory, launchDirectory, launchNumbers, writeRecord } from '../../effects/launch/launch-records.ts';
import { bootId, readStat } from '../../effects/processes/boot.ts';
import { readMarker } from '../../effects/processes/strays.ts';
import { isDeserted } from '../../effects/processes/tree.ts';
import { monoMs } from '../../moment.ts';
import { makeEntry, unseenExit } from '../entries.ts';
import { restartPolicyOf, type Entry } from '../entry.ts';
import { exitOf, whatKernelSays } from '../run/exits.ts';
import { entryOfProgram } from './live-program.ts';
import { pastLaunches } from './past-launches.ts';
import { isLaunchRecord, type InstanceRecord, type LaunchRecord } from '../records.ts';

/**
 * A new instance; its record is durable when this resolves. Nothing of it runs yet, unless it is one whose every record was damaged:
 * what its launches tell counts.
 */
export async function createEntry(context: AgentContext, record: InstanceRecord): Promise<Entry> {
  const directory = instanceDirectory(context.instancesDirectory, record.assignment.id);
  const launches = launchNumbers(directory);
  await writeRecord(directory, record);
  return launches.length === 0 ? makeEntry(context, record, [], false, 0, true) : takeUp(context, record, launches);
}

/** @param launches numbers of those on disk, ascending. Launches without a word are given 1 s. */
export async function takeUp(
  context: AgentContext,
  record: InstanceRecord,
  launches: readonly number[],
): Promise<Entry> {
  const { id } = record.assignment;
  const directory = instanceDirectory(context.instancesDirectory, id);
  for (const n of launches.toReversed()) {
    const path = launchDirectory(directory, n);
    const known = readLaunch<LaunchRecord>(path);
    if (isLaunchRecord(known)) return entryOfLaunch(context, record, launches, known);
    const epoch = statEpoch(record.assignment.epoch, n);
    const fate = await fateOf({ directory: path, boot: null, node: context.node, instance: id, epoch });
    if (fate.is === 'running') {
      const stat = readStat(fate.identity.pid);
      const program = readMarker(fate.identity.pid, context.node) ?? (stat && { ...stat, instance: id, epoch });
      if (program) return entryOfProgram(context, record, launches, program);
    }
    // Nothing of it ever ran, or ever will: the one before it counts.
    if (fate.is !== 'never-ran') return entryOfLaunch(context, record, launches, toldByFiles(path, n, epoch), fate);
  }
  return makeEntry(context, record, launches, false, 0);
}

/** A launch whose launch.json is damaged, as far as its other files tell. */
function toldByFiles(path: string, launch: number, epoch: string): LaunchRecord {
  const begun = join(path, existsSync(join(path, 'claim')) ? 'claim' : '.');
  return {
    launch,
    boot: bootId(),
    at: Math.round(statSync(begun).mtimeMs),
    mono: 0,
    epoch,
    revision: 1,
    ports: [],
    debugPort: null,
    consolePort: null,
    cgroup: { kind: 'session' },
    restarts: launch - 1,
    workDirectory: join(path, 'work'),
  };
}

/** Guards what runs of its newest launch, or knows what became of it while no agent was here. */
async function entryOfLaunch(
  context: AgentContext,
  record: InstanceRecord,
  launches: readonly number[],
  newest: LaunchRecord,
  found: LaunchFate | null = null,
): Promise<Entry> {
  const { node } = context;
  const { launch, boot, epoch } = newest;
  const entry = makeEntry(context, record, launches, boot === bootId(), newest.restarts + 1);
  const directory = launchDirectory(entry.directory, launch);
  const fate = found ?? (await fateOf({ directory, boot, node, instance: entry.id, epoch }));
  const earlier = launches.filter((n) => n !== launch);
  entry.history = historyOf(record, entry.directory, earlier);
  if (fate.is === 'never-ran') return entry;
  const rebooted = fate.is === 'gone' && fate.rebooted;
  if (rebooted && record.spec.restart.policy !== 'never') {
    entry.lastExit = unseenExit(launch, newest.at); // the machine went down, not the program
    return entry;
  }
  entry.endTold = wasEndTold(directory);
  const { identity } = fate;
  const program = identity && { pid: identity.pid, startTime: identity.startTime };
  const tree = { membership: newest.cgroup, program, node, instance: entry.id, epoch };
  const exit = rebooted ? unseenExit(launch, newest.at) : exitBy(fate, entry.directory, newest);
  const empty = rebooted || (exit !== null && (await isDeserted(tree)));
  entry.program.adopt({ record: newest, identity, exit, empty });
  return entry;
}

/** Null: it runs. @param directory of the instance */
function exitBy(fate: LaunchFate, directory: string, newest: LaunchRecord): Exit | null {
  if (fate.is === 'running') return null;
  const { launch, at } = newest;
  const by = readStopping(launchDirectory(directory, launch))?.['by'];
  const kernel = whatKernelSays(directory, newest);
  const about = { launch, at, directory, by: typeof by === 'string' ? by : null, ...kernel };
  return exitOf(fate.is === 'exited' ? fate.exit : nobodySaw(Date.now()), about, null);
}

/** It has ended, and its launcher was killed or its word is damaged: how is not known, its last output is. */
const nobodySaw = (at: number): ProgramExit => ({ code: null, signal: null, at, core: false, complaint: '' });

/** Window and back-off from the ends of earlier launches, since an operator last cleared them. */
export function historyOf(record: InstanceRecord, directory: string, launches: readonly number[]): RestartHistory {
  const past = pastLaunches(directory, launches, bootId(), record.clearedAt);
  return rebuildHistory(restartPolicyOf(record.spec), past, monoMs());
}
