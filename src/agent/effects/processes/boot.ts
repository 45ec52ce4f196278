// The kernel's own identities: the boot id, and a process as pid + start time (a pid alone is reused).
import { readFileSync } from 'node:fs';
import { readProc } from './proc-file.ts';

/**
 * A process as /proc/<pid>/stat tells it. `startTime` is in clock ticks since boot: with the boot id and the pid it names one
 * process for ever.
 */
export interface ProcessStat {
  pid: number;
  comm: string;
  /** R, S, D (uninterruptible), T, Z (ended, not yet waited for), X (dead)... S where the first thread has ended and others run. */
  state: string;
  parent: number;
  group: number;
  session: number;
  startTime: number;
}

let cachedBootId: string | undefined;

/** The id of this boot of the kernel: changes with every reboot, the same for all processes. */
export function bootId(): string {
  cachedBootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  return cachedBootId;
}

/** Parses a line of /proc/<pid>/stat (proc(5)); null when it is none. The name may itself hold spaces and parentheses. */
export function parseStat(line: string): ProcessStat | null {
  const open = line.indexOf(' (');
  const close = line.lastIndexOf(') ');
  if (open < 1 || close < open) return null;
  const rest = line.slice(close + 2).split(' ');
  const [state, parent, group, session] = rest;
  // The state is that of the first thread. Where it ended before others, the process lives on, and its parent is not told until they end.
  const outlived = state === 'Z' && Number(rest[17]) > 1;
  const stat = {
    pid: Number(line.slice(0, open)),
    comm: line.slice(open + 2, close),
    state: outlived ? 'S' : (state ?? ''),
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    startTime: Number(rest[19]),
  };
  const numbers = [stat.pid, stat.parent, stat.group, stat.session, stat.startTime];
  return stat.state.length === 1 && numbers.every(Number.isSafeInteger) ? stat : null;
}

/** The process that has this pid now; null when there is none. */
export function readStat(pid: number | 'self'): ProcessStat | null {
  const line = readProc(`/proc/${pid}/stat`);
  return line === null ? null : parseStat(line);
}

/** Whether a process in this state has ended: a zombie waits for its parent only. */
export function hasEnded(state: string): boolean {
  return state === 'Z' || state === 'X' || state === 'x';
}

/** Whether that very process (not another one with its pid) lives. */
export function isAlive(pid: number, startTime: number): boolean {
  const stat = readStat(pid);
  return stat !== null && stat.startTime === startTime && !hasEnded(stat.state);
}
