// Programs that live with this node's marker and have no record (any more). One that an assignment in force names is adopted under
// it; every other one is guarded under what the process itself tells, and shown as `unknown` until somebody decides.
import { existsSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseApp } from '../model/app/app-schema.ts';
import type { Assignment, DesiredRevision } from '../model/assignment.ts';
import { readStatEpoch } from '../model/instance/epoch.ts';
import type { AgentContext } from './context.ts';
import { bootId, readStat } from './effects/processes/boot.ts';
import { membershipOf } from './effects/cgroups/cgroup.ts';
import { claimLaunch, createLaunch, readLaunch } from './effects/launch/launch-facts.ts';
import { instanceDirectory, isInstanceId, launchDirectory } from './effects/launch/launch-records.ts';
import type { Marked } from './effects/processes/strays.ts';
import { makeEntry, saveRecord } from './instance/entries.ts';
import type { Entry } from './instance/entry.ts';
import { monoMs } from './moment.ts';
import { isLaunchRecord, type InstanceRecord, type LaunchRecord } from './instance/records.ts';

const ticksASecond = 100;

const read = (pid: number, name: string): string[] => {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
      .split('\0')
      .filter((part) => part !== '');
  } catch {
    return [];
  }
};

/** The program of an instance among the processes with its marker: it leads its session, the oldest where several do. */
function programOf(marked: readonly Marked[]): Marked | null {
  return marked.filter(({ session, pid }) => session === pid).sort((a, b) => a.startTime - b.startTime)[0] ?? null;
}

/** A record from the process itself, where nothing else is known: what it was started as, never restarted by itself. */
function recordOf(program: Marked, epoch: number): InstanceRecord | null {
  const [, app, slot] = /^(.+)\.(\d+)\.[^.]+$/.exec(program.instance) ?? [];
  const [command, ...args] = read(program.pid, 'cmdline');
  if (app === undefined || command === undefined) return null;
  const environment = Object.fromEntries(
    read(program.pid, 'environ').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  let workingDirectory: string | null = null;
  try {
    workingDirectory = readlinkSync(`/proc/${program.pid}/cwd`);
  } catch {
    /* another user's */
  }
  const parsed = parseApp({
    name: app,
    toProcess: command,
    args,
    workingDirectory,
    restart: { policy: 'never' },
    ports: Object.keys(environment)
      .filter((name) => /^PORT\d+$/.test(name))
      .map(() => 0),
  });
  if (!parsed.ok) return null;
  const assignment: Assignment = {
    id: program.instance,
    app,
    slot: Number(slot),
    place: 'a',
    epoch,
    revision: Number(environment['STAT_REVISION']) || 1,
    hash: 'unknown',
    owner: 'unknown',
    node: '',
    goal: 'run',
    onFull: null,
    because: 'found running without a record',
    at: Date.now(),
    nudge: 0,
  };
  return { assignment, spec: parsed.spec, contents: {}, nodeEnvs: {}, clearedAt: 0 };
}

/** launch.json of the launch, or one made from what the process tells. */
function launchOf(context: AgentContext, directory: string, program: Marked, number: number): LaunchRecord {
  const path = launchDirectory(directory, number);
  const known = existsSync(path) ? readLaunch<LaunchRecord>(path) : null;
  if (isLaunchRecord(known)) return known;
  const environment = read(program.pid, 'environ');
  const ports = environment
    .flatMap((line) => {
      const match = /^PORT(\d+)=(\d+)$/.exec(line);
      return match ? [[Number(match[1]), Number(match[2])] as const] : [];
    })
    .sort(([a], [b]) => a - b)
    .map(([, port]) => port);
  const uptimeMs = Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]) * 1000,
    ageMs = uptimeMs - (program.startTime / ticksASecond) * 1000;
  const launch: LaunchRecord = {
    launch: number,
    boot: bootId(),
    at: Math.round(Date.now() - ageMs),
    mono: monoMs() - ageMs,
    epoch: program.epoch ?? '0',
    revision: 1,
    ports,
    debugPort: null,
    consolePort: null,
    cgroup: membershipOf(program.pid, context.launcher.root),
    restarts: Math.max(0, number - 1),
    workDirectory: readlinkSync(`/proc/${program.pid}/cwd`),
  };
  mkdirSync(join(directory, 'launches'), { recursive: true, mode: 0o711 });
  if (!existsSync(path)) createLaunch(path, launch);
  // As its launcher would have left them: the next agent finds this launch, too, and never starts it a second time.
  claimLaunch(path);
  if (!existsSync(join(path, 'pid')))
    writeFileSync(join(path, 'pid'), readFileSync(`/proc/${program.pid}/stat`, 'latin1'), { mode: 0o600 });
  return launch;
}

export interface StrayFinds {
  entries: Entry[];
  /** Sentences for events: what was found and what became of it. */ notes: { instance: string; text: string }[];
}

/**
 * Makes entries of live programs without a record.
 * @param assignmentOf what is in force, with its revision
 */
export async function adoptStrays(
  context: AgentContext,
  strays: readonly Marked[],
  assignmentOf: (id: string) => { assignment: Assignment; revision: DesiredRevision } | null,
): Promise<StrayFinds> {
  const finds: StrayFinds = { entries: [], notes: [] };
  const byInstance = new Map<string, Marked[]>();
  for (const one of strays) byInstance.set(one.instance, [...(byInstance.get(one.instance) ?? []), one]);
  for (const [instance, marked] of byInstance) {
    const program = programOf(marked),
      token = program?.epoch ? readStatEpoch(program.epoch) : null;
    if (!program || !token || !isInstanceId(instance)) {
      finds.notes.push({
        instance,
        text: `${marked.length} processes carry the marker of ${instance} but not its program (pids ${marked.map(({ pid }) => pid).join(', ')}): they are left alone`,
      });
      continue;
    }
    const named = assignmentOf(instance);
    const record = named
      ? {
          assignment: named.assignment,
          spec: named.revision.spec,
          contents: named.revision.contents,
          nodeEnvs: {},
          clearedAt: 0,
        }
      : recordOf(program, token.epoch);
    if (!record) continue;
    const directory = instanceDirectory(context.instancesDirectory, instance),
      launch = launchOf(context, directory, program, Math.max(1, token.launch));
    await saveRecord(directory, record);
    const entry = makeEntry(context, record, [launch.launch], true, launch.restarts + 1);
    entry.unnamed = named === null;
    entry.program.adopt({
      record: launch,
      identity: { pid: program.pid, startTime: program.startTime, launcher: readStat(program.pid)?.parent ?? 0 },
      exit: null,
      empty: false,
    });
    finds.entries.push(entry);
    finds.notes.push({
      instance,
      text: named
        ? `${instance} was found running without a record and is guarded on under its assignment`
        : `${instance} runs here with pid ${program.pid}, without a record and named by nobody: it runs on until somebody adopts or stops it`,
    });
  }
  return finds;
}
