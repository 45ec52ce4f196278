// `stathub down`: ends what `stathub up` started.
import { join } from 'node:path';
import { holderOf } from '../../store/lock.ts';
import { guardPid, readUp, removeUp, writeUp, type Member } from './folder.ts';
import { endProcess, Guard } from './guard.ts';

/**
 * Ends what `up` started; with `all` its processes, too.
 * @returns the exit code
 */
export async function down(options: { all: boolean; main: string; say: (line: string) => void }): Promise<number> {
  const { say } = options;
  const record = readUp();
  if (!record) {
    say('nothing to end: `stathub up` started nothing here');
    return 0;
  }
  if (options.all) writeUp({ ...record, endsAll: true });
  // The parent first, or it would start again what we end.
  await endProcess(await guardPid(), 'SIGTERM', 60_000);
  let failed = false;
  for (const member of [...record.members].reverse()) {
    const pid = (await holderOf(member.directory))?.pid ?? null;
    if (options.all && member.role === 'agent' && !(await endWithPrograms(member, options.main))) {
      failed = true;
      say(`the ${member.name} could not end all its processes; look at ${join(member.directory, 'log.jsonl')}`);
    } else if (!options.all && !(await endProcess(pid, 'SIGTERM', 20_000))) {
      failed = true;
      say(`the ${member.name} (pid ${pid}) does not end`);
    } else if (member.role === 'master' && !(await endProcess(pid, 'SIGTERM', 20_000))) failed = true;
    else say(`${member.name} ended${options.all && member.role === 'agent' ? ', with its processes' : ''}`);
  }
  if (options.all && !failed) removeUp();
  if (!options.all) say('Processes run on; `npx stathub down --all` ends them.');
  return failed ? 1 : 0;
}

/** QUIT asks an agent to end its processes first. One that is not there is started for it: only it knows what is its own. */
async function endWithPrograms(member: Member, main: string): Promise<boolean> {
  let pid = (await holderOf(member.directory))?.pid ?? null;
  if (pid === null) {
    const guard = new Guard(
      main,
      () => undefined,
      () => undefined,
    );
    pid = (await guard.add({ ...member, args: withPortZero(member.args) })).pid;
    if (pid === null) return false;
    const ended = await endProcess(pid, 'SIGQUIT', 120_000);
    await guard.stop();
    return ended;
  }
  return endProcess(pid, 'SIGQUIT', 120_000);
}

const withPortZero = (args: string[]): string[] =>
  args.map((word, index) => (args[index - 1] === '--port' ? '0' : word));
