// When a process began: with its pid it names the process for good, and what is older cannot be its child.
import { readFileSync } from 'node:fs';

/** The fields of /proc/<pid>/stat after the name, from the state on (proc(5)); null when it is gone or there is no /proc. */
export function statOf(pid: number | string): string[] | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /, '')
      .split(' ');
  } catch {
    return null;
  }
}

/** In ticks since the machine did; where there is no /proc, 0 while it lives. null: it is gone. */
export function startOf(pid: number): number | null {
  const stat = statOf(pid);
  if (stat) return Number(stat[19]);
  return process.platform !== 'linux' && answers(pid) ? 0 : null;
}

function answers(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
