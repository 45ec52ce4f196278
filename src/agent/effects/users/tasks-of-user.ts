// What the kernel counts against `ulimit -u`: processes and threads of a user, whoever started them.
import { readFileSync, readdirSync } from 'node:fs';

/** Processes and threads that have this real user now. */
export function tasksOf(uid: number): number {
  let tasks = 0;
  for (const pid of readdirSync('/proc')) {
    if (!/^\d/.test(pid)) continue;
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'latin1');
      if (Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]) === uid) tasks += Number(/^Threads:\s+(\d+)/m.exec(status)?.[1]);
    } catch {
      /* it has just ended */
    }
  }
  return tasks;
}
