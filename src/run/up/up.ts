// `stathub up`: a whole hub on one machine in one command.
import { join } from 'node:path';
import { demoApp } from './demo.ts';
import { readSpec } from '../../cli/apps/spec-file.ts';
import { becomeGuard, readUp, writeUp, type Member } from './folder.ts';
import { Guard, type Guarded } from './guard.ts';
import { agentsOf, holderText, masterOf, runsElsewhere, withFreePort, type HubShape } from './members.ts';
import { version } from '../version.ts';
import { home } from '../settings/setting.ts';

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
  const guard = recordedGuard(options);
  const lock = await becomeGuard();
  const other = 'release' in lock ? null : lock;
  say(`stathub ${version}`);
  const wanted = masterOf(options);
  const reasons = await whyNot(wanted, options, other === null);
  if (reasons.length > 0) {
    for (const line of reasons) say(line);
    if ('release' in lock) await lock.release();
    return refused;
  }
  const add = (member: Member): Promise<Guarded> => (other ? guard.attach(member) : guard.add(member));
  const master = await add(wanted);
  sayMember(master, say);
  const address = master.address!;
  const failed = !(await addAgents(agentsOf(options, address), options, add, other !== null));
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
  sayNext(address, apps[0]?.app.name ?? (options.demo ? demoApp().name : null), say);
  if (other) {
    say(`The \`up\` with pid ${other.pid ?? '?'} guards it and goes on; \`npx stathub down\` ends both.`);
    return 0;
  }
  say('Ctrl-C ends the hub; the processes that it guards run on.');

  await stop;
  const allEnded = await endHub(guard, say);
  return allEnded && !failed ? 0 : 1;
}

/** A guard that keeps in the home what it guards, for the next `up` and for `down`. */
function recordedGuard({ main, say }: UpOptions): Guard {
  const guard: Guard = new Guard(
    main,
    () =>
      writeUp({
        main,
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
  return guard;
}

/** Why a hub with this master cannot be brought up, in lines; none: it can. @param first no other `up` guards */
async function whyNot(master: Member, { port }: UpOptions, first: boolean): Promise<string[]> {
  const elsewhere = await runsElsewhere(master, port);
  if (elsewhere !== null) {
    return [
      `the hub of ${home()} runs at ${elsewhere} already, so --port ${port} is not done, nor anything else that was asked`,
      `next       \`npx stathub down\`, then \`npx stathub up --port ${port}\`: its processes run on meanwhile`,
    ];
  }
  const here = await withFreePort(master, new Set());
  return first && (here === null || here.instead !== null)
    ? [`port ${master.port} of the master is taken ${holderText(master.port)}; give it another one: --port N (0: any)`]
    : [];
}

const sayMember = (member: Guarded, say: UpOptions['say']): void =>
  say(
    `  ${member.name.padEnd(8)} ${member.address}  pid ${member.pid}${member.how === 'started' ? '' : '  (was running)'}`,
  );

/** @param joining the hub of another `up`: only what is part of it can be had @returns whether all run */
async function addAgents(
  agents: Member[],
  options: UpOptions,
  add: (agent: Member) => Promise<Guarded>,
  joining: boolean,
): Promise<boolean> {
  const taken = new Set<number>();
  let all = true;
  for (const agent of agents) {
    try {
      const isPart = readUp()?.members.some(({ name }) => name === agent.name) ?? false;
      if (joining && !isPart) throw new Error(`${agent.name} is not part of the hub that runs`);
      sayMember(await add(joining ? agent : await withPort(agent, taken, options, options.say)), options.say);
    } catch (error) {
      // What runs, runs on: the next `up` tries again.
      all = false;
      options.say(`  ${(error as Error).message}`);
    }
  }
  return all;
}

/** @param app the name of one whose log there is */
function sayNext(address: string, app: unknown, say: UpOptions['say']): void {
  say('');
  say(`dashboard  ${address}`);
  say('next       npx stathub status');
  say('           npx stathub deploy app.json --wait');
  if (app) say(`           npx stathub logs ${app} -f`);
}

/** @returns whether all members ended in time */
async function endHub(guard: Guard, say: UpOptions['say']): Promise<boolean> {
  say('ending the hub ...');
  const left = await guard.stop();
  for (const member of left)
    say(
      `the ${member.name} (pid ${member.pid}) has not ended within 20 s; look at ${join(member.directory, 'log.jsonl')}`,
    );
  say(
    readUp()?.endsAll
      ? 'The hub has ended. `stathub down --all` ends its processes, too.'
      : 'The hub has ended. Its processes run on: `npx stathub up` finds them again, `npx stathub down --all` ends them.',
  );
  return left.length === 0;
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
