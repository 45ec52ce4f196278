// `stathub master`: composes store, master, API and port; ends them in the reverse order.
import { openHttp, type OpenPort } from '../live/serve.ts';
import { firstTokens, type FirstTokens, type Tokens } from '../api/access/tokens.ts';
import type { Lock } from '../store/lock.ts';
import { Ending, endSignal, needsToken, takeDirectory, tlsOf, tokensOf, value } from './daemon.ts';
import { elasticOptions, holderName } from './elastic/elastic-settings.ts';
import { openLog, type Logger } from './log.ts';
import { version } from './version.ts';
import type { InForce } from './settings/settings.ts';

/** What a master has as a process, whatever its store. */
export interface Hull {
  inForce: InForce;
  log: Logger;
  ending: Ending;
  lock: Lock;
  directory: string;
  tokens: Tokens;
  /** null: they are there already, or made when this master leads. */
  made: FirstTokens | null;
  asked: Promise<NodeJS.Signals>;
  say(line: string): void;
}

/** Runs until a signal asks for the end. @returns the exit code */
export async function runMaster(inForce: InForce, say: (line: string) => void): Promise<number> {
  const log = openLog('master', value(inForce, 'log-level'));
  const ending = new Ending(log);
  const directory = value<string>(inForce, 'store-directory');
  const asked = endSignal(['SIGTERM', 'SIGINT', 'SIGQUIT']);
  try {
    const lock = await takeDirectory(directory, 'master');
    ending.add('lock', () => lock.release());
    const isShared = value<string[]>(inForce, 'elastic').length > 0;
    const { tokens, made } = tokensOf(directory, value(inForce, 'token-file'), !isShared);
    process.on('SIGHUP', () => void readTokensAgain(tokens, log));
    const hull: Hull = { inForce, log, ending, lock, directory, tokens, made, asked, say };
    return isShared ? await onElasticsearch(hull) : await onOwnStore(hull);
  } finally {
    await ending.run();
  }
}

async function readTokensAgain(tokens: Tokens, log: Logger): Promise<void> {
  try {
    tokens.reload();
    await tokens.share?.(tokens.kept());
    log.info('tokens read again');
  } catch (error) {
    log.error({ err: error }, 'tokens not read');
  }
}

/** The only time that the texts of the first tokens are shown. */
function tellTokens({ inForce, tokens, say }: Hull, { admin, join }: FirstTokens, address: string): void {
  if (!needsToken(value(inForce, 'bind'))) return;
  say(`admin token, shown this once: ${tokens.withPin(admin)}`);
  say(`join a node:  stathub agent --master ${address} --token ${tokens.withPin(join)}`);
}

/** Opens the port and tells how to reach it. */
async function open(
  hull: Hull,
  app: Parameters<typeof openHttp>[0]['app'],
  closing: AbortController,
  store: string,
): Promise<OpenPort> {
  const { inForce, ending, lock, directory, tokens, made, log, say } = hull;
  const tls = await tlsOf(inForce, directory, tokens);
  const bind = value<string>(inForce, 'bind');
  const http = await openHttp({ app, port: value(inForce, 'port'), bind, closing, ...(tls ? { tls } : {}) });
  ending.add('port', () => http.close());
  lock.update({ address: http.address });
  say(`stathub master ${version} at ${http.address}, store ${store}`);
  if (made) tellTokens(hull, made, http.address);
  log.info({ address: http.address, store }, 'master serves');
  return http;
}

async function onOwnStore(hull: Hull): Promise<number> {
  const { OwnStoreMaster } = await import('./own-store-master.ts');
  return new OwnStoreMaster(hull, (front, closing) => open(hull, front, closing, hull.directory)).run();
}

async function onElasticsearch(hull: Hull): Promise<number> {
  const { inForce, log, directory, tokens, asked, say } = hull;
  const elastic = elasticOptions(inForce)!;
  const [{ ElasticMaster }, { Front }, { shownUrls }] = await Promise.all([
    import('./elastic/elastic-master.ts'),
    import('./elastic/standby.ts'),
    import('../store/elasticsearch/requests/connect.ts'),
  ]);
  const front = new Front({ fetch: () => new Response('starting\n', { status: 503 }) });
  const http = await open(
    hull,
    front,
    new AbortController(),
    `Elasticsearch at ${shownUrls(elastic.urls)}, indices ${elastic.prefix}-*`,
  );
  const master = new ElasticMaster({
    inForce,
    elastic,
    holder: holderName(directory),
    tokens,
    makeFirstTokens: () => tellTokens(hull, firstTokens(tokens), http.address),
    log,
    front,
    say,
    address: value<string | null>(inForce, 'address') ?? http.address,
  });
  const running = master.run();
  hull.ending.add('master', async () => {
    master.stop();
    // What went wrong is thrown by the race below.
    await running.catch(() => undefined);
  });
  const how = await Promise.race([asked, running.then(() => 'ended' as const)]);
  log.info({ how }, 'master ends; agents and processes run on');
  return 0;
}
