// The API of a master that cannot lead yet: reads are answered with what its store holds, and say so; all else is refused with why it
// waits.
import { createApi } from '../api/api.ts';
import type { Tokens } from '../api/access/tokens.ts';
import { storedReads } from '../master/recovery/stored-reads.ts';
import type { Store } from '../store/store.ts';
import { uiDirectory, value } from './daemon.ts';
import type { Logger } from './log.ts';
import type { Standing } from './elastic/standby.ts';
import { version } from './version.ts';
import type { InForce } from './settings/settings.ts';

interface Served {
  fetch(request: Request, env?: object): Response | Promise<Response>;
}

export interface WaitingApi extends Served {
  /** Lets go who follows it: the master leads now. */
  end(): void;
}

interface Waiting {
  /** Why it does not lead, at the moment of a request. */
  standing(): Standing;
  /** What answers where nothing can be read. */
  standby: Served;
  tokens: Tokens;
  inForce: InForce;
  log: Logger;
}

/** What is for agents alone: they try again by themselves. */
const ofAgents = /^\/v1\/(link|blobs)\b/;

export async function waitingApi(
  store: Store,
  directory: string,
  { standing, standby, tokens, inForce, log }: Waiting,
): Promise<WaitingApi> {
  const options = {
    store,
    storeAbout: { kind: 'embedded', detail: directory },
    version,
    warn: (message: string, error?: unknown) => log.warn(error === undefined ? {} : { err: error }, message),
  };
  const reads = await storedReads(options, standing).catch((error: unknown) => {
    log.warn({ err: error }, 'what is stored cannot be shown');
    return null;
  });
  if (reads === null) return { fetch: (request, env) => standby.fetch(request, env), end: () => undefined };
  const begun = new AbortController();
  const api = createApi({
    cluster: reads.cluster,
    auth: { bind: value(inForce, 'bind'), tokens },
    ui: { directory: uiDirectory },
    version,
    closing: begun.signal,
    onError: (error, where) => log.error({ err: error, ...where }, 'a request failed'),
  });
  return {
    fetch: (request, env) => (ofAgents.test(new URL(request.url).pathname) ? standby : api).fetch(request, env),
    end: () => {
      begun.abort();
      reads.end();
    },
  };
}
