// A live program whose files cannot be trusted: its launch as the process itself tells it, and an entry that guards it. So damage
// never starts a program a second time.
import { mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { readStatEpoch } from '../../../model/instance/epoch.ts';
import type { AgentContext } from '../../context.ts';
import { membershipOf } from '../../effects/cgroups/cgroup.ts';
import {
  claimLaunch,
  readLaunch,
  readPid,
  writeLaunch,
  type ProgramIdentity,
} from '../../effects/launch/launch-facts.ts';
import { instanceDirectory, launchDirectory } from '../../effects/launch/launch-records.ts';
import { bootId, readStat } from '../../effects/processes/boot.ts';
import type { Marked } from '../../effects/processes/strays.ts';
import type { Account } from '../../effects/users/accounts.ts';
import { monoMs } from '../../moment.ts';
import { makeEntry } from '../entries.ts';
import type { Entry } from '../entry.ts';
import { isLaunchRecord, type InstanceRecord, type LaunchRecord } from '../records.ts';

const ticksASecond = 100;

/** The words of /proc/<pid>/cmdline or environ. */
export function wordsOf(pid: number, name: 'cmdline' | 'environ'): string[] {
  try {
    const words = readFileSync(`/proc/${pid}/${name}`, 'utf8').split('\0');
    return words.filter((word) => word !== '');
  } catch {
    return []; // it is gone, or another user's
  }
}

/** The program of an instance among the processes with its marker: it leads its session, the oldest where several do. */
export function programOf(marked: readonly Marked[]): Marked | null {
  return marked.filter(({ session, pid }) => session === pid).sort((a, b) => a.startTime - b.startTime)[0] ?? null;
}

/** The number of the launch that a process belongs to; 1 where it does not say. */
export const launchNumberOf = ({ epoch }: Pick<Marked, 'epoch'>): number =>
  Math.max(1, (epoch === null ? null : readStatEpoch(epoch))?.launch ?? 1);

/** An entry with that program under guard. @param launches numbers of those on disk, ascending */
export function entryOfProgram(
  context: AgentContext,
  record: InstanceRecord,
  launches: readonly number[],
  program: Marked,
): Entry {
  const number = launchNumberOf(program);
  const directory = instanceDirectory(context.instancesDirectory, record.assignment.id);
  const launch = launchOf(context, launchDirectory(directory, number), program, number);
  const all = [...new Set([...launches, number])].sort((a, b) => a - b);
  const entry = makeEntry(context, record, all, true, launch.restarts + 1);
  entry.program.adopt({ record: launch, identity: identityOf(program), exit: null, empty: false });
  return entry;
}

const identityOf = ({ pid, startTime }: Marked): ProgramIdentity => ({
  pid,
  startTime,
  launcher: readStat(pid)?.parent ?? 0,
});

/** launch.json of the launch, or one made from what the process tells. @param path of the launch */
function launchOf(context: AgentContext, path: string, program: Marked, number: number): LaunchRecord {
  const known = readLaunch<LaunchRecord>(path);
  if (isLaunchRecord(known)) return known;
  const launch = toldBy(context, program, number);
  try {
    mkdirSync(path, { recursive: true, mode: 0o711 });
    leave(path, launch, program);
  } catch (error) {
    // It is guarded all the same; the next agent looks again.
    context.options.log('warn', `what is known of ${path} could not be written: ${(error as Error).message}`);
  }
  return launch;
}

/** The files as its launcher would have left them: the next agent finds this launch, and never starts it a second time. */
function leave(path: string, launch: LaunchRecord, { pid }: Marked): void {
  writeLaunch(path, launch);
  claimLaunch(path);
  if (readPid(path)?.pid === pid) return;
  rmSync(`${path}/pid`, { recursive: true, force: true });
  writeFileSync(`${path}/pid`, readFileSync(`/proc/${pid}/stat`, 'latin1'), { mode: 0o600 });
}

function toldBy(context: AgentContext, program: Marked, number: number): LaunchRecord {
  const environment = wordsOf(program.pid, 'environ');
  const portNamed = (name: string): number | null => {
    const word = environment.find((line) => line.startsWith(`${name}=`));
    return word === undefined ? null : Number(word.slice(name.length + 1));
  };
  const ports: number[] = [];
  for (let port = portNamed('PORT0'); port !== null; port = portNamed(`PORT${ports.length}`)) ports.push(port);
  const uptimeMs = Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]) * 1000;
  const ageMs = uptimeMs - (program.startTime / ticksASecond) * 1000;
  return {
    launch: number,
    boot: bootId(),
    at: Math.round(Date.now() - ageMs),
    mono: monoMs() - ageMs,
    epoch: program.epoch ?? '0',
    revision: Number(environment.find((line) => line.startsWith('STAT_REVISION='))?.slice(14)) || 1,
    ports,
    debugPort: portNamed('DEBUG_PORT'),
    consolePort: portNamed('CONSOLE_PORT'),
    cgroup: membershipOf(program.pid, context.launcher.root),
    user: userOf(context, program.pid, environment),
    restarts: Math.max(0, number - 1),
    workDirectory: workDirectoryOf(program.pid),
  };
}

function workDirectoryOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '/'; // it has just ended, or is another user's
  }
}

/** Who it runs as; null: as the agent. A number that the agent gives to one instance alone is that instance's. */
function userOf({ options }: AgentContext, pid: number, environment: readonly string[]): Account | null {
  const status = readStatus(pid);
  if (status === null || status.uid === process.getuid?.()) return null;
  const named = (name: string): string =>
    environment.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
  const { first, last } = options.users;
  return {
    ...status,
    name: named('USER') || `stathub-${status.uid}`,
    home: named('HOME') || '/',
    shell: named('SHELL') || '/bin/sh',
    private: status.uid >= first && status.uid <= last,
  };
}

function readStatus(pid: number): { uid: number; gid: number } | null {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'latin1');
    const idOf = (name: string): number => Number(new RegExp(`^${name}:\\t(\\d+)`, 'm').exec(text)?.[1]);
    const found = { uid: idOf('Uid'), gid: idOf('Gid') };
    return Number.isInteger(found.uid) && Number.isInteger(found.gid) ? found : null;
  } catch {
    return null; // it is gone
  }
}
