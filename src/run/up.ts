// `stathub up`: a whole hub on one machine in one command, and `stathub down`, which ends it.
import { join } from 'node:path';
import { demoApp } from './demo.ts';
import { readSpec } from '../cli/spec-file.ts';
import { holderOf } from '../store/lock.ts';
import { becomeGuard, guardPid, readUp, removeUp, writeUp, type Member } from './folder.ts';
import { endProcess, Guard, type Guarded } from './guard.ts';
import { version } from './version.ts';
import { home } from './settings/setting.ts';

interface UpOptions {
  files: string[];
  demo: boolean;
  agents: number;
  /** null: 51026 */ port: number | null;
  /** of the first agent; null: 51025 */ agentPort: number | null;
  /** The program's entry file. */ main: string;
  say: (line: string) => void;
}

/** The master and N agents, their directories (README, "Where things are") and ports. */
function membersOf(options: Pick<UpOptions, 'agents' | 'port' | 'agentPort'>): {
  master: Member;
  agents: (master: string) => Member[];
} {
  const member = (role: Member['role'], name: string, folder: string, port: number, args: string[]): Member => ({
    role,
    name,
    directory: join(home(), folder),
    port,
    pid: null,
    address: null,
    args: ['--store-directory', join(home(), folder), '--port', String(port), ...args],
  });
  const share = Math.floor(10_000 / options.agents);
  return {
    master: member('master', 'master', 'master', options.port ?? 51026, []),
    agents: (master) =>
      Array.from({ length: options.agents }, (_, index) => {
        const k = index + 1;
        const first = options.agentPort ?? 51025;
        const port = first === 0 ? 0 : k === 1 ? first : first + 5 + k;
        const low = 20_000 + index * share;
        return member('agent', k === 1 ? 'agent' : `agent-${k}`, k === 1 ? 'agent' : `agent-${k}`, port, [
          '--master',
          master,
          '--ports',
          `${low}-${low + share - 1}`,
        ]);
      }),
  };
}

/**
 * Starts what is missing, deploys, and guards until `stop` resolves. Where another `up` guards already it attaches, deploys and ends.
 * @returns the exit code
 */
export async function up(options: UpOptions, stop: Promise<unknown>): Promise<number> {
  const apps = options.files.map((file) => ({ file, app: readSpec(file) }));
  const { say } = options;
  const members = membersOf(options);
  const guard: Guard = new Guard(
    options.main,
    () =>
      writeUp({
        main: options.main,
        members: guard.members.map(({ role, name, directory, port, args, pid, address }) => ({
          role,
          name,
          directory,
          port,
          args,
          pid,
          address,
        })),
      }),
    say,
  );
  const lock = await becomeGuard();
  const other = 'release' in lock ? null : lock;
  const add = (member: Member): Promise<Guarded> => (other ? guard.attach(member) : guard.add(member));
  say(`stathub ${version}`);
  const shown = (member: Guarded) =>
    say(
      `  ${member.name.padEnd(8)} ${member.address}  pid ${member.pid}${member.how === 'started' ? '' : '  (was running)'}`,
    );
  const master = await add(members.master);
  shown(master);
  const address = master.address!;
  for (const agent of members.agents(address)) shown(await add(agent));

  for (const { file, app } of apps) await deploy(address, app, file, say);
  if (options.demo && (await isEmpty(address))) {
    await deploy(address, demoApp(), 'the sample app', say);
  }
  say('');
  say(`dashboard  ${address}`);
  say('next       npx stathub status');
  say('           npx stathub deploy app.json --wait');
  say('           npx stathub logs hello -f');
  if (other) {
    say(`The \`up\` with pid ${other.pid ?? '?'} guards it and goes on; \`npx stathub down\` ends both.`);
    return 0;
  }
  say('Ctrl-C ends the hub; the processes that it guards run on.');

  await stop;
  say('ending the hub ...');
  const left = await guard.stop();
  for (const member of left)
    say(
      `the ${member.name} (pid ${member.pid}) has not ended within 20 s; look at ${join(member.directory, 'log.jsonl')}`,
    );
  say(
    'The hub has ended. Its processes run on: `npx stathub up` finds them again, `npx stathub down --all` ends them.',
  );
  return left.length ? 1 : 0;
}

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

async function isEmpty(address: string): Promise<boolean> {
  const response = await fetch(`${address}/v1/apps?size=1`);
  if (!response.ok) throw new Error(`the master refuses to list its apps: HTTP ${response.status}`);
  return ((await response.json()) as { total: number }).total === 0;
}

async function deploy(
  address: string,
  app: Record<string, unknown>,
  what: string,
  say: (line: string) => void,
): Promise<void> {
  const response = await fetch(`${address}/v1/apps/${encodeURIComponent(String(app['name']))}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(app),
  });
  if (response.ok) {
    say(`deployed ${what} as ${String(app['name'])}`);
    return;
  }
  const problem = (await response.json().catch(() => ({}))) as {
    detail?: string;
    errors?: { path: string; message: string }[];
  };
  say(`${what} is refused: ${problem.detail ?? `HTTP ${response.status}`}`);
  for (const error of problem.errors ?? []) say(`  ${error.path}: ${error.message}`);
}
