// Commands beside a program that an agent which was killed left running (exec-session.ts): each has a file that names its session,
// so that the next agent ends it. Nobody reads what it prints any more, nor could anybody end it.
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hasEnded, readStat } from '../processes/boot.ts';

/** Beside the file of a command: pid of the session's leader and its start time. */
export const sessionFile = (file: string): string => `${file}.session`;

/** Kills what is left of them in an instance's directory, and removes their files. @returns how many processes were there */
export function endLeftSessions(instanceDirectory: string): number {
  let ended = 0;
  for (const name of readdirSync(instanceDirectory)) {
    if (!/^exec\.\d+\.\d+(\.session)?$/.test(name)) continue;
    const path = join(instanceDirectory, name);
    const [, pid, startTime] = name.endsWith('.session')
      ? (/^(\d+) (\d+)\n$/.exec(readFileSync(path, 'latin1')) ?? [])
      : [];
    if (pid !== undefined) ended += endSession(Number(pid), Number(startTime));
    rmSync(path, { force: true }); // an environment lies in the other one, if it never began
  }
  return ended;
}

function endSession(leader: number, startTime: number): number {
  const now = readStat(leader);
  if (now && now.startTime !== startTime) return 0; // another's number: the session is gone
  const members = readdirSync('/proc').flatMap((name) => {
    const stat = /^\d/.test(name) ? readStat(Number(name)) : null;
    return stat && stat.session === leader && stat.startTime >= startTime && !hasEnded(stat.state) ? [stat.pid] : [];
  });
  for (const pid of members)
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      /* it has just gone */
    }
  return members.length;
}
