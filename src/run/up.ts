// `stathub up`: a whole hub on one machine in one command, and `stathub down`, which ends it.
import { join } from 'node:path';
import { demoApp } from './demo.ts';
import { readSpec } from '../cli/spec-file.ts';
import { holderOf } from '../store/lock.ts';
import { becomeGuard, guardPid, readUp, removeUp, writeUp, type Member } from './folder.ts';
import { endProcess, Guard, type Guarded } from './guard.ts';
import { agentsOf, holderText, masterOf, runsElsewhere, withFreePort, type HubShape } from './members.ts';
import { version } from './version.ts';
import { home } from './settings/setting.ts';

interface UpOptions extends HubShape {
  files: string[];
  demo: boolean;
  /** The program's entry file. */ main: string;
  say: (line: string) => void;
}

/** Something is asked that what runs already is not. */
const refused = 4;

/**
 * Starts what is missing, deploys, and guards until `stop` resolves. Where another `up` guards already it attaches, deploys and ends.
 * @returns the exit code
 */
export async function up(options: UpOptions, stop: Promise<unknown>): Promise<number> {
  const apps = options.files.map((file) => ({ file, app: readSpec(file) }));
  const { say } = options;
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
  const wanted = masterOf(options);
  const elsewhere = await runsElsewhere(wanted, options.port);
  if (elsewhere !== null) {
    say(
      `the hub of ${home()} runs at ${elsewhere} already, so --port ${options.port} is not done, nor anything else that was asked`,
    );
    say(
      `next       \`npx stathub down\`, then \`npx stathub up --port ${options.port}\`: its processes run on meanwhile`,
    );
    return end(lock, refused);
  }
  const here = await withFreePort(wanted, new Set());
  if (other === null && (here === null || here.instead !== null)) {
    say(
      `port ${wanted.port} of the master is taken ${holderText(wanted.port)}; give it another one: --port N (0: any)`,
    );
    return end(lock, refused);
  }
  const shown = (member: Guarded) =>
    say(
      `  ${member.name.padEnd(8)} ${member.address}  pid ${member.pid}${member.how === 'started' ? '' : '  (was running)'}`,
    );
  const master = await add(wanted);
  shown(master);
  const address = master.address!;
  let failed = false;
  const taken = new Set<number>();
  for (const agent of agentsOf(options, address)) {
    try {
      const isPart = readUp()?.members.some(({ name }) => name === agent.name) ?? false;
      if (other && !isPart) throw new Error(`${agent.name} is not part of the hub that runs`);
      shown(await add(other ? agent : await withPort(agent, taken, options, say)));
    } catch (error) {
      // What runs, runs on: the next `up` tries again.
      failed = true;
      say(`  ${(error as Error).message}`);
    }
  }
  if (failed && other) {
    const next = `\`npx stathub down\`, then \`npx stathub up --agents ${options.agents}\``;
    say(
      `The \`up\` with pid ${other.pid ?? '?'} guards it as it was begun. For the rest: ${next}; processes run on meanwhile.`,
    );
    return refused;
  }

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
  return left.length || failed ? 1 : 0;
}

async function end(lock: Awaited<ReturnType<typeof becomeGuard>>, code: number): Promise<number> {
  if ('release' in lock) await lock.release();
  return code;
}

/** An agent whose port somebody else has takes the next free one; the first does not, where that port was asked for. */
async function withPort(
  agent: Member,
  taken: Set<number>,
  { agentPort }: HubShape,
  say: UpOptions['say'],
): Promise<Member> {
  const found = await withFreePort(agent, taken);
  const asked = agent.name === 'agent' && agentPort !== null;
  if (found === null || (asked && found.instead !== null))
    throw new Error(
      `the ${agent.name} was not started: port ${agent.port} is taken ${holderText(agent.port)}; give another: --agent-port N`,
    );
  if (found.instead !== null)
    say(`  ${agent.name}: port ${found.instead} is taken ${holderText(found.instead)}; it gets ${found.member.port}`);
  return found.member;
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
