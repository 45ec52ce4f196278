// A master that leads, with its API: the same on either store.
import { join } from 'node:path';
import { createApi } from '../api/api.ts';
import { origin } from '../api/access/auth.ts';
import type { Tokens } from '../api/access/tokens.ts';
import { blobRoutes } from '../master/remote/blob-routes.ts';
import { linkRoutes } from '../master/link/link-routes.ts';
import { startMaster, type RunningMaster } from '../master/master.ts';
import { refuseMoved } from '../store/moving/moved.ts';
import { OutrankedError, type Store } from '../store/store.ts';
import type { StoreTrouble } from '../store/trouble.ts';
import { uiDirectory, value } from './daemon.ts';
import type { Logger } from './log.ts';
import { version } from './version.ts';
import type { InForce } from './settings/settings.ts';

type App = ReturnType<typeof createApi>;

interface LeadOptions {
  store: Store;
  /** For `status`: what the store is and where. */
  storeAbout: { kind: string; detail: string };
  inForce: InForce;
  log: Logger;
  trouble?: StoreTrouble;
  /** Told already that another leads. */
  isOvertaken?: () => boolean;
}

/** @throws StoreError when the hub was moved away; Error when recovery fails (the store is not readable, another master leads) */
export async function lead(options: LeadOptions): Promise<RunningMaster> {
  const { store, storeAbout, inForce, log, trouble, isOvertaken = () => false } = options;
  await refuseMoved(store);
  let overtaken = false;
  const master = await startMaster({
    store,
    version,
    storeAbout,
    ...(trouble ? { trouble } : {}),
    warn: (message, error) => {
      const outranked = error instanceof OutrankedError;
      if (outranked && (overtaken || isOvertaken())) return; // every part of a master that was overtaken finds that out
      overtaken ||= outranked;
      log.warn(error === undefined ? {} : { err: error }, message);
    },
    times: {
      beatMs: value(inForce, 'beat'),
      suspectMs: value(inForce, 'suspect-after'),
      lostMs: value(inForce, 'lost-after'),
      amnestyMs: value(inForce, 'amnesty'),
    },
  });
  const [url] = value<string[]>(inForce, 'ship-events');
  if (url === undefined) return master;
  const { EventShipping } = await import('../master/ship-events.ts');
  const shipping = new EventShipping({
    url,
    hub: master.context.leadership.hub,
    file: join(value<string>(inForce, 'store-directory'), 'shipped-events'),
    warn: (message) => log.warn(message),
    read: async (after, limit) => (await master.context.events.read({ after, limit })).items,
  });
  return {
    ...master,
    stop: async () => {
      await shipping.stop();
      await master.stop();
    },
  };
}

/** @param closing ends streams, followed logs and long-polls when it aborts */
export function apiOf(master: RunningMaster, tokens: Tokens, closing: AbortSignal, inForce: InForce, log: Logger): App {
  return createApi({
    cluster: master.cluster,
    auth: { bind: value(inForce, 'bind'), tokens },
    ui: { directory: uiDirectory },
    version,
    closing,
    extraRoutes: (app) => {
      // Who links was checked in front (a join token or admin); here only who it is, for the log.
      app.route(
        '/',
        linkRoutes({
          links: master.links,
          polls: master.polls,
          admit: (context) => ({ about: origin(context) }),
        }) as never,
      );
      app.route('/', blobRoutes(master.blobs) as never);
    },
    onError: (error, where) => log.error({ err: error, ...where }, 'a request failed'),
  });
}
