// `stathub agent`: composes the agent, its API and its port; alone, it leads a hub of its own. Ended, its processes run on.
import { readFileSync } from 'node:fs';
import { trimAfterStorms } from './small-heap.ts';
import { startAgent, type RunningAgent } from '../agent/agent.ts';
import { loadLateParts } from '../agent/effects/late-parts.ts';
import type { RunningStandalone, StandaloneOptions } from './standalone/standalone.ts';
import { endEvenHeld } from '../agent/effects/file-look.ts';
import { closeInherited } from '../agent/effects/launch/close-fds.ts';
import { protectFromOom } from '../agent/effects/launch/tools.ts';
import type { Tokens } from '../api/access/tokens.ts';
import type { ApiOptions } from '../api/context.ts';
import { openHttp } from '../live/serve.ts';
import { Ending, endSignal, needsToken, takeDirectory, tlsOf, tokensOf, uiDirectory, value } from './daemon.ts';
import { lateApi, type Served } from './late-api.ts';
import { openLog, type Logger } from './log.ts';
import { version } from './version.ts';
import { SettingError } from './settings/setting.ts';
import type { InForce } from './settings/settings.ts';

const rangeOf = (text: string): { first: number; last: number } => {
  const [first, last] = text.split('-').map(Number);
  return { first: first!, last: last! };
};

/** A flag counts before a file, a file before the environment, which may hold the token of an operator. */
function joinToken(inForce: InForce): string | null {
  const file = value<string | null>(inForce, 'token-file');
  if (file === null || inForce['token']!.origin === '--token') return value(inForce, 'token');
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new SettingError('token-file', `${file} cannot be read: ${(error as Error).message}`);
  }
}

function optionsOf(inForce: InForce, log: Logger): StandaloneOptions {
  return {
    storeDirectory: value(inForce, 'store-directory'),
    master: value(inForce, 'master'),
    token: joinToken(inForce),
    tags: value(inForce, 'tags'),
    ports: rangeOf(value(inForce, 'ports')),
    address: value<string | null>(inForce, 'address') ?? '',
    reserveMemory: value(inForce, 'reserve-memory'),
    overcommit: value(inForce, 'overcommit'),
    users: rangeOf(value(inForce, 'users')),
    takeOver: value(inForce, 'take-over'),
    evacuateMs: value(inForce, 'evacuate-within'),
    keepCrashedMs: value(inForce, 'keep-crashed'),
    shipLogs: value<string[]>(inForce, 'ship-logs')[0] ?? null,
    shipEvents: value<string[]>(inForce, 'ship-events')[0] ?? null,
    version,
    log: (level, message) => log[level](message),
  };
}

interface Started {
  agent: RunningAgent;
  api: (options: Omit<ApiOptions, 'cluster'>) => Promise<Served>;
  stop: RunningAgent['stop'];
}

/** Alone it is a whole hub, joined only an agent: neither loads what just the other one needs. */
async function start(options: StandaloneOptions): Promise<Started> {
  if (options.master === null) {
    const hub = await (await import('./standalone/standalone.ts')).startStandalone(options);
    return { agent: hub.agent, api: (rest) => aloneApi(hub, rest), stop: hub.stop };
  }
  const agent = await startAgent(options);
  return {
    agent,
    api: async (rest) =>
      lateApi(
        async () => joinedApi(agent, rest),
        () => agent.notReady() === null,
      ),
    stop: (how) => agent.stop(how),
  };
}

/** While its hub has not begun, what runs here can be seen; whoever follows it then is let go when the hub begins. */
async function aloneApi(hub: RunningStandalone, rest: Omit<ApiOptions, 'cluster'>): Promise<Served> {
  const { createApi } = await import('../api/api.ts');
  const whole = (): Served => createApi({ ...rest, cluster: hub.cluster });
  if (hub.waits === null) return whole();
  const { waitingReads } = await import('./standalone/waiting-reads.ts');
  const begun = new AbortController();
  const closing = rest.closing ? AbortSignal.any([rest.closing, begun.signal]) : begun.signal;
  let last = hub.waits;
  const cluster = waitingReads(hub.agent, () => (last = hub.waits ?? last));
  let served: Served = createApi({ ...rest, cluster, closing });
  return {
    fetch: (request, env) => {
      if (hub.waits === null && !begun.signal.aborted) {
        begun.abort();
        served = whole();
      }
      return served.fetch(request, env);
    },
  };
}

async function joinedApi(agent: RunningAgent, rest: Omit<ApiOptions, 'cluster'>): Promise<Served> {
  const [{ createApi }, { JoinedCluster }] = await Promise.all([
    import('../api/api.ts'),
    import('../agent/joined/joined-cluster.ts'),
  ]);
  return createApi({ ...rest, cluster: new JoinedCluster(agent) });
}

/** What an agent has as a process. */
interface Hull {
  inForce: InForce;
  log: Logger;
  ending: Ending;
  directory: string;
  say(line: string): void;
}

/** Runs until a signal asks for the end; QUIT ends the processes, too. @returns the exit code */
export async function runAgent(inForce: InForce, say: (line: string) => void): Promise<number> {
  closeInherited(); // before anything is opened: programs must inherit nothing
  protectFromOom();
  const log = openLog('agent', value(inForce, 'log-level'));
  const ending = new Ending(log);
  const directory = value<string>(inForce, 'store-directory');
  const hull: Hull = { inForce, log, ending, directory, say };
  const asked = endSignal(['SIGTERM', 'SIGINT', 'SIGQUIT']);
  try {
    const lock = await takeDirectory(directory, 'agent');
    ending.add('lock', () => lock.release());
    const { tokens, made } = tokensOf(directory, null);
    const running = await start(optionsOf(inForce, log));
    const stop = { processes: value<boolean>(inForce, 'stop-processes') };
    ending.add('agent', () => running.stop(stop));
    const address = await openApi(hull, running, tokens);
    lock.update({ address });
    running.agent.announce(address);
    greet(hull, running.agent, address);
    if (made && needsToken(value(inForce, 'bind'))) say(`admin token, shown this once: ${tokens.withPin(made.admin)}`);
    heedSignals(running.agent, tokens, log);
    followUp(hull, running.agent);
    log.info({ address, directory }, 'agent serves');
    const { code, processes } = await untilEnd(hull, running.agent, asked);
    stop.processes = processes;
    return code;
  } finally {
    await ending.run();
    endEvenHeld();
  }
}

/** @returns the address of its port */
async function openApi({ inForce, log, ending, directory }: Hull, running: Started, tokens: Tokens): Promise<string> {
  const bind = value<string>(inForce, 'bind');
  const closing = new AbortController();
  const app = await running.api({
    auth: { bind, tokens },
    ui: { directory: uiDirectory },
    version,
    closing: closing.signal,
    onError: (error, where) => log.error({ err: error, ...where }, 'a request failed'),
  });
  const tls = await tlsOf(inForce, directory, tokens);
  const http = await openHttp({ app, port: value(inForce, 'port'), bind, closing, ...(tls ? { tls } : {}) });
  ending.add('port', () => http.close());
  return http.address;
}

function greet({ inForce, directory, say }: Hull, agent: RunningAgent, address: string): void {
  const master = value<string | null>(inForce, 'master');
  const whose = master ? `of the master at ${master}` : 'alone';
  say(`stathub agent ${version} at ${address}, node ${agent.identity.node}, ${whose}, store ${directory}`);
}

/** USR2 empties the node, HUP reads the tokens again. */
function heedSignals(agent: RunningAgent, tokens: Tokens, log: Logger): void {
  process.on('SIGUSR2', () => {
    agent.evacuate().catch((error: unknown) => log.error({ err: error }, 'the node could not be evacuated'));
  });
  process.on('SIGHUP', () => {
    try {
      tokens.reload();
      log.info('tokens read again');
    } catch (error) {
      log.error({ err: error }, 'tokens not read');
    }
  });
}

/** What its start did not wait for. */
function followUp({ ending, log }: Hull, agent: RunningAgent): void {
  ending.add('heap', trimAfterStorms());
  ending.add(
    'late parts',
    loadLateParts((failure) => {
      if (failure === null) log.info('all that programs may need is loaded');
      else log.error({ err: failure }, 'what programs may need could not be loaded');
    }),
  );
  ending.add('hardware', agent.learnHardware());
}

/** @param asked the first signal that asks for the end. @returns the exit code, and whether the processes end, too */
async function untilEnd(
  { inForce, log, say }: Hull,
  agent: RunningAgent,
  asked: Promise<NodeJS.Signals>,
): Promise<{ code: number; processes: boolean }> {
  const always = value<boolean>(inForce, 'stop-processes');
  const how = await Promise.race([asked, agent.ended.then((failure) => ({ failure }))]);
  if (agent.drained === 'time-up') {
    // The machine is about to go: what could not leave in time is ended in order.
    say('the time for the evacuation is up; the agent ends, with what is left');
    return { code: 0, processes: true };
  }
  if (agent.drained === 'emptied') {
    say('the node is empty; the agent ends');
    return { code: 0, processes: false };
  }
  if (typeof how !== 'string') {
    say(`the agent ended: ${how.failure ?? 'for no known reason'}`);
    return { code: how.failure ? 1 : 0, processes: always };
  }
  const processes = always || how === 'SIGQUIT';
  log.info({ signal: how }, processes ? 'agent ends, with its processes' : 'agent ends; processes run on');
  return { code: 0, processes };
}
