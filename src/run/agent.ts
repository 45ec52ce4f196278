// `stathub agent`: composes the agent, its API and its port; alone, it leads a hub of its own. Ended, its processes run on.
import { startAgent, type RunningAgent } from '../agent/agent.ts';
import { closeInherited } from '../agent/effects/close-fds.ts';
import { JoinedCluster } from '../agent/joined-cluster.ts';
import type { StartOptions } from '../agent/agent.ts';
import { createApi } from '../api/api.ts';
import type { Cluster } from '../api/cluster.ts';
import { openHttp } from '../live/serve.ts';
import { Ending, endSignal, needsToken, takeDirectory, tlsOf, tokensOf, uiDirectory, value } from './daemon.ts';
import { openLog, version, type Logger } from './log.ts';
import type { InForce } from './settings.ts';
import { startStandalone } from './standalone.ts';

const portsOf = (text: string): { first: number; last: number } => {
  const [first, last] = text.split('-').map(Number);
  return { first: first!, last: last! };
};

function optionsOf(inForce: InForce, log: Logger): StartOptions {
  return {
    storeDirectory: value(inForce, 'store-directory'), master: value(inForce, 'master'), token: value(inForce, 'token'), tags: value(inForce, 'tags'),
    ports: portsOf(value(inForce, 'ports')), address: value<string | null>(inForce, 'address') ?? '', reserveMemory: value(inForce, 'reserve-memory'),
    overcommit: value(inForce, 'overcommit'), takeOver: value(inForce, 'take-over'), version, log: (level, message) => log[level](message),
  };
}

async function start(options: StartOptions): Promise<{ agent: RunningAgent; cluster: Cluster; stop: RunningAgent['stop'] }> {
  if (options.master === null) return startStandalone(options);
  const agent = await startAgent(options);
  return { agent, cluster: new JoinedCluster(agent), stop: (how) => agent.stop(how) };
}

/** Runs until a signal asks for the end; QUIT ends the processes, too. @returns the exit code */
export async function runAgent(inForce: InForce, say: (line: string) => void): Promise<number> {
  closeInherited(); // before anything is opened: programs must inherit nothing
  const log = openLog('agent', value(inForce, 'log-level'));
  const ending = new Ending(log);
  const directory = value<string>(inForce, 'store-directory'), bind = value<string>(inForce, 'bind'), master = value<string | null>(inForce, 'master');
  const asked = endSignal(['SIGTERM', 'SIGINT', 'SIGQUIT']);
  try {
    const lock = await takeDirectory(directory, 'agent');
    ending.add('lock', () => lock.release());
    const { tokens, made } = tokensOf(directory, (inForce['token-file']?.value as string | null | undefined) ?? null);
    const running = await start(optionsOf(inForce, log));
    let processes = value<boolean>(inForce, 'stop-processes');
    ending.add('agent', () => running.stop({ processes }));
    const closing = new AbortController();
    const app = createApi({
      cluster: running.cluster, auth: { bind, tokens }, ui: { directory: uiDirectory }, version, closing: closing.signal,
      onError: (error, where) => log.error({ err: error, ...where }, 'a request failed'),
    });
    const tls = tlsOf(inForce);
    const http = await openHttp({ app, port: value(inForce, 'port'), bind, closing, ...(tls ? { tls } : {}) });
    ending.add('port', () => http.close());
    lock.update({ address: http.address });
    running.agent.announce(http.address);
    say(`stathub agent ${version} at ${http.address}, node ${running.agent.identity.node}, ${master ? `of the master at ${master}` : 'alone'}, store ${directory}`);
    if (made && needsToken(bind)) say(`admin token, shown this once: ${made.admin}`);
    process.on('SIGHUP', () => { try { tokens.reload(); log.info('tokens read again'); } catch (error) { log.error({ err: error }, 'tokens not read'); } });
    log.info({ address: http.address, directory }, 'agent serves');
    const how = await Promise.race([asked, running.agent.ended.then((failure) => ({ failure }))]);
    if (typeof how !== 'string') {
      say(`the agent ended: ${how.failure ?? 'for no known reason'}`);
      return how.failure ? 1 : 0;
    }
    if (how === 'SIGQUIT') processes = true;
    log.info({ signal: how }, processes ? 'agent ends, with its processes' : 'agent ends; processes run on');
    return 0;
  } finally {
    await ending.run();
  }
}
