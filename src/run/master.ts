// `stathub master`: composes store, master, API and port; ends them in the reverse order.
import { startMaster } from '../master/master.ts';
import { createApi } from '../api/api.ts';
import { origin } from '../api/auth.ts';
import { blobRoutes } from '../master/blob-routes.ts';
import { linkRoutes } from '../master/link-routes.ts';
import { openHttp } from '../live/serve.ts';
import { openEmbedded } from '../store/embedded.ts';
import { eventOf, type StoreNotice } from '../store/prepare-file.ts';
import { Ending, endSignal, needsToken, takeDirectory, tlsOf, tokensOf, uiDirectory, value } from './daemon.ts';
import { openLog, version } from './log.ts';
import type { InForce } from './settings.ts';

/** Runs until a signal asks for the end. @returns the exit code */
export async function runMaster(inForce: InForce, say: (line: string) => void): Promise<number> {
  const log = openLog('master', value(inForce, 'log-level'));
  const ending = new Ending(log);
  const directory = value<string>(inForce, 'store-directory'), bind = value<string>(inForce, 'bind');
  const asked = endSignal(['SIGTERM', 'SIGINT', 'SIGQUIT']);
  try {
    const lock = await takeDirectory(directory, 'master');
    ending.add('lock', () => lock.release());
    const { tokens, made } = tokensOf(directory, value(inForce, 'token-file'));
    const notices: StoreNotice[] = [];
    const store = await openEmbedded(directory, { notice: (notice) => notices.push(notice) });
    ending.add('store', () => store.close());
    for (const notice of notices) { log.error(notice.detail, notice.message); say(notice.message); }
    if (notices.length > 0) await store.append(notices.map((notice) => eventOf(notice, Date.now())));
    const closing = new AbortController();
    const master = await startMaster({
      store, version, storeAbout: { kind: 'embedded', detail: directory },
      warn: (message, error) => log.warn(error === undefined ? {} : { err: error }, message),
      times: { beatMs: value(inForce, 'beat'), suspectMs: value(inForce, 'suspect-after'), lostMs: value(inForce, 'lost-after'), amnestyMs: value(inForce, 'amnesty') },
    });
    ending.add('master', () => master.stop());
    const app = createApi({
      cluster: master.cluster, auth: { bind, tokens }, ui: { directory: uiDirectory }, version, closing: closing.signal,
      extraRoutes: (app) => {
        // Who links was checked in front (a join token or admin); here only who it is, for the log.
        app.route('/', linkRoutes({ links: master.links, polls: master.polls, admit: (context) => ({ about: origin(context) }) }) as never);
        app.route('/', blobRoutes(master.blobs) as never);
      },
      onError: (error, where) => log.error({ err: error, ...where }, 'a request failed'),
    });
    const tls = tlsOf(inForce);
    const http = await openHttp({ app, port: value(inForce, 'port'), bind, closing, ...(tls ? { tls } : {}) });
    ending.add('port', () => http.close());
    lock.update({ address: http.address });
    say(`stathub master ${version} at ${http.address}, store ${directory}`);
    if (made && needsToken(bind)) {
      say(`admin token, shown this once: ${made.admin}`);
      say(`join a node:  stathub agent --master ${http.address} --token ${made.join}`);
    }
    process.on('SIGHUP', () => { try { tokens.reload(); log.info('tokens read again'); } catch (error) { log.error({ err: error }, 'tokens not read'); } });
    log.info({ address: http.address, directory }, 'master serves');
    const how = await Promise.race([asked, master.ended.then((failure) => ({ failure }))]);
    if (typeof how !== 'string') {
      log.error({ failure: how.failure }, 'master ended by itself');
      say(`the master ended: ${how.failure ?? 'for no known reason'}`);
      return how.failure ? 4 : 1;
    }
    log.info({ signal: how }, 'master ends; agents and processes run on');
    return 0;
  } finally {
    await ending.run();
  }
}
