// The small files of one launch (launches/<n>/): who writes which, and what they say.
//   launch.json  agent     before the program: ports, boot id, membership, restarts
//   run          agent     what the shell executes (run-script.ts)
//   claim        launcher  created exclusively; whoever creates it decides whether this launch ever runs. Holds the launcher's pid
//   setup        program  what failed while joining the cgroup and setting limits ('': nothing; absent: nothing to do)
//   err          launcher  its own complaints, and the shell's word for a signal ('Killed', 'Segmentation fault (core dumped)')
//   pid          program   its own /proc/self/stat line, just before exec
//   ready        agent     passed all checks
//   stopping     agent     reason and deadline of a stop that has begun
//   end-told     agent     how it ended was told, and it is not started again at once; empty
//   exit         launcher  the wait status as the shell gives it: code, or 128 + signal
// None is ever rewritten; a line that ends in a newline is whole.
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { readSealed, seal } from '../disk/sealed-json.ts';
import { parseStat } from '../processes/boot.ts';
import { launcherName } from './launcher-scripts.ts';
import { readProc } from '../processes/proc-file.ts';

/** How a program ended. Exactly one of `code` and `signal` is set; both null: nobody saw it end (its launcher was killed). */
export interface ProgramExit {
  code: number | null;
  /** Number. */
  signal: number | null;
  /** Epoch ms at which the launcher wrote it down. */
  at: number;
  core: boolean;
  /** What the launcher itself could not do (log file not writable...); '' mostly. */
  complaint: string;
}

/** The program's identity as it wrote it down itself. */
export interface ProgramIdentity {
  pid: number;
  startTime: number;
  /** The launcher's pid: a program whose parent is another one has lost its witness. */
  launcher: number;
}

/** What a `stopping` file holds. */
export interface Stopping {
  reason: string;
  /** Epoch ms, shown. */
  at: number;
  /** CLOCK_MONOTONIC ms of this boot at which SIGKILL is due, decided by. */
  deadlineMono: number;
  [key: string]: unknown;
}

function read(path: string): string | null {
  if (!existsSync(path)) return null; // most files of a launch are not there most of the time, and an error costs ten times the look
  try {
    return readFileSync(path, 'utf8'); // in one call of Node's own; as latin1 it takes twice the time
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EISDIR') return null; // gone meanwhile; put there by somebody else
    throw error;
  }
}

/** Makes the directory of a launch with its `launch.json`. Not synced: a power cut ends the program too. @throws EEXIST */
export function createLaunch(directory: string, launch: object): void {
  mkdirSync(directory, { mode: 0o711 });
  writeLaunch(directory, launch);
}

/** Writes the `launch.json` of a launch that has none. @throws EEXIST */
export function writeLaunch(directory: string, launch: object): void {
  writeFileSync(launchFile(directory), seal(launch), { flag: 'wx', mode: 0o600 });
}

/** The launch and its `launch.json` are there after a power cut, too. */
export function syncLaunch(directory: string): void {
  for (const path of [launchFile(directory), directory, dirname(directory)]) {
    const fd = openSync(path, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}

export const launchFile = (directory: string): string => join(directory, 'launch.json');

/** The `launch.json` of a launch; null when it is absent or damaged. */
export function readLaunch<T extends object>(directory: string): T | null {
  const found = readSealed(launchFile(directory));
  if (!found?.ok) return null;
  const { value } = found;
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as T) : null;
}

/** Who the program is; null until it has written it. */
export function readPid(directory: string): ProgramIdentity | null {
  const line = read(join(directory, 'pid'));
  if (line === null || !line.endsWith('\n')) return null;
  const stat = parseStat(line.trimEnd());
  return stat && { pid: stat.pid, startTime: stat.startTime, launcher: stat.parent };
}

// SIGINT and SIGPIPE end a program without a word of the shell, so 130 and 141 are taken as those signals.
const silent = new Set([128 + constants.signals.SIGINT, 128 + constants.signals.SIGPIPE]);

/**
 * Reads a shell's wait status: `exit 143` and SIGTERM have the same number, but for a signal the shell says a word.
 * @param said what the shell wrote to `err`
 */
export function interpretStatus(status: number, said: string, at: number): ProgramExit {
  if (status > 128 && status <= 128 + 64 && (said !== '' || silent.has(status))) {
    return { code: null, signal: status - 128, at, core: said.includes('core dumped'), complaint: '' };
  }
  return { code: status, signal: null, at, core: false, complaint: said.trim() };
}

/** How the program ended; null until the launcher has written it. */
export function readExit(directory: string): ProgramExit | null {
  const path = join(directory, 'exit');
  const line = read(path);
  if (line === null || !/^\d+\n/.test(line)) return null;
  return interpretStatus(
    Number.parseInt(line, 10),
    read(join(directory, 'err')) ?? '',
    Math.round(statSync(path).mtimeMs),
  );
}

/** The end of a program that nobody saw, or that never began because its launcher could not make a process. */
export function unseenExit(directory: string): ProgramExit {
  return {
    code: null,
    signal: null,
    at: Date.now(),
    core: false,
    complaint: (read(join(directory, 'err')) ?? '').trim(),
  };
}

/** Whether this pid is a launcher. */
export function launcherLives(pid: number): boolean {
  return readProc(`/proc/${pid}/cmdline`)?.includes(`\0${launcherName}\0`) ?? false;
}

/** The launcher that has claimed a launch: its pid, 'gone' when that has ended, null when nobody or the agent claimed it. */
export function launcherOf(directory: string): number | 'gone' | null {
  const pid = Number.parseInt(read(join(directory, 'claim')) ?? '', 10);
  if (!Number.isInteger(pid)) return null;
  return launcherLives(pid) ? pid : 'gone';
}

/** What went wrong while the launcher set up cgroup and limits; '' when nothing. */
export function readSetup(directory: string): string {
  return (read(join(directory, 'setup')) ?? '').trim();
}

/** Creates `claim` exclusively. True: this launch can never run any more. False: somebody (the launcher) had it. */
export function claimLaunch(directory: string): boolean {
  try {
    closeSync(openSync(join(directory, 'claim'), 'wx', 0o600));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Writes down that the program has passed its checks. Writing it again changes nothing. */
export function writeReady(directory: string, ready: { at: number; mono: number }): void {
  writeOnce(join(directory, 'ready'), ready);
}

/** Writes down that a stop has begun; the first reason stays. */
export function writeStopping(directory: string, stopping: Stopping): void {
  writeOnce(join(directory, 'stopping'), stopping);
}

/** Writes down that its end was told: an agent that finds it ended has nothing new to say of that. */
export function writeEndTold(directory: string): void {
  writeFileSync(join(directory, 'end-told'), '', { mode: 0o600 });
}

export const wasEndTold = (directory: string): boolean => existsSync(join(directory, 'end-told'));

export function readReady(directory: string): { at: number; mono: number } | null {
  return readJson(join(directory, 'ready'));
}

export function readStopping(directory: string): Stopping | null {
  return readJson(join(directory, 'stopping'));
}

function readJson<T>(path: string): T | null {
  if (!existsSync(path)) return null;
  const found = readSealed(path);
  return found?.ok ? (found.value as T) : null;
}

function writeOnce(path: string, value: object): void {
  try {
    writeFileSync(path, seal(value), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
