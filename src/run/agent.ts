// `stathub agent`: composes agent, API and port; at its end the processes run on unless asked otherwise.
import { startAgent } from '../agent/agent.ts';
import { createApi } from '../api/api.ts';
import { openHttp } from '../live/serve.ts';
import { Ending, endSignal, needsToken, takeDirectory, tlsOf, tokensOf, uiDirectory, value } from './daemon.ts';
import { openLog, version } from './log.ts';
import type { InForce } from './settings.ts';

/** Runs until a signal asks for the end; QUIT ends the processes, too. @returns the exit code */
export async function runAgent(inForce: InForce, say: (line: string) => void): Promise<number> {
  const log = openLog('agent', value(inForce, 'log-level'));
  const ending = new Ending(log);
  const directory = value<string>(inForce, 'store-directory'), bind = value<string>(inForce, 'bind'), master = value<string | null>(inForce, 'master');
  const asked = endSignal(['SIGTERM', 'SIGINT', 'SIGQUIT']);
  try {
    const lock = await takeDirectory(directory, 'agent');
    ending.add('lock', () => lock.release());
    const { tokens, made } = tokensOf(directory, null);
    const [low = 20_000, high = 29_999] = value<string>(inForce, 'ports').split('-').map(Number);
    const agent = await startAgent({
      storeDirectory: directory, master, token: value(inForce, 'token'), address: value<string | null>(inForce, 'address') ?? '',
      tags: value(inForce, 'tags'), ports: [low, high], reserveMemory: value(inForce, 'reserve-memory'), overcommit: value(inForce, 'overcommit'),
      takeOver: value(inForce, 'take-over'), version, log,
    });
    let processes = value<boolean>(inForce, 'stop-processes');
    ending.add('agent', () => agent.stop({ processes }));
    const closing = new AbortController();
    const app = createApi({
      cluster: agent.cluster, auth: { bind, tokens }, ui: { directory: uiDirectory }, version, closing: closing.signal,
      onError: (error, where) => log.error({ err: error, ...where }, 'a request failed'),
    });
    const tls = tlsOf(inForce);
    const http = await openHttp({ app, port: value(inForce, 'port'), bind, closing, ...(tls ? { tls } : {}) });
    ending.add('port', () => http.close());
    lock.update({ address: http.address });
    say(`stathub agent ${version} at ${http.address}, ${master ? `joins ${master}` : 'runs alone'}, store ${directory}`);
    if (made && needsToken(bind)) say(`admin token, shown this once: ${made.admin}`);
    process.on('SIGHUP', () => { try { tokens.reload(); log.info('tokens read again'); } catch (error) { log.error({ err: error }, 'tokens not read'); } });
    const signal = await asked;
    if (signal === 'SIGQUIT') processes = true;
    log.info({ signal }, processes ? 'agent ends, with its processes' : 'agent ends; its processes run on');
    return 0;
  } finally {
    await ending.run();
  }
}
