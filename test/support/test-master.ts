// A real master for tests: embedded store in a directory of its own, HTTP server on a free port, the link's two transports.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import type { ServerType } from '@hono/node-server';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { Caller, Cluster } from '../../src/api/cluster.ts';
import type { AppSpec } from '../../src/model/app/app.ts';
import { parseApp } from '../../src/model/app/app-schema.ts';
import type { MasterTimes } from '../../src/master/context.ts';
import { linkRoutes } from '../../src/master/link/link-routes.ts';
import { startMaster } from '../../src/master/master.ts';
import type { MasterOptions, RunningMaster } from '../../src/master/master.ts';
import { maxPayload } from '../../src/protocol/link.ts';
import { openEmbedded } from '../../src/store/embedded/embedded.ts';
import type { Store } from '../../src/store/store.ts';

export const operator: Caller = { name: 'test', role: 'admin', from: '127.0.0.1' };

/** Short, so that a test takes no longer than it must; long enough for a busy machine. */
export const shortTimes: Partial<MasterTimes> = {
  beatMs: 100,
  suspectMs: 600,
  lostMs: 1_200,
  amnestyMs: 300,
  brakeWindowMs: 1_200,
  brakeMs: 3_000,
  commandMs: 3_000,
};

export interface TestMaster {
  url: string;
  cluster: Cluster;
  running: RunningMaster;
  store: Store;
  directory: string;
  warnings: string[];
  /** Ends the HTTP server and the master, closes the store; the directory stays. */
  stop(): Promise<void>;
}

export const temporary = (): string => mkdtempSync(join(process.env.TEST_DIRECTORY ?? tmpdir(), 'master-'));

/** @param options `directory` of an earlier one: the same hub starts again */
export async function testMaster(
  options: { directory?: string; times?: Partial<MasterTimes>; port?: number } & Partial<MasterOptions> = {},
): Promise<TestMaster> {
  const directory = options.directory ?? temporary();
  const store = options.store ?? (await openEmbedded(directory));
  const warnings: string[] = [];
  const running = await startMaster({
    store,
    storeAbout: { kind: 'embedded', detail: directory },
    version: '0.0.0-test',
    times: { ...shortTimes, ...options.times },
    ...(options.placement ? { placement: options.placement } : {}),
    ...(options.clock ? { clock: options.clock } : {}),
    warn: (message, error) => {
      warnings.push(`${message}${error ? ` (${(error as Error).stack ?? String(error)})` : ''}`);
    },
  });
  const routes = linkRoutes({ links: running.links, polls: running.polls, admit: () => ({ about: 'a test agent' }) });
  const websockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload });
  let server: ServerType | null = null;
  await new Promise<void>((resolve) => {
    server = serve(
      {
        fetch: routes.fetch,
        port: options.port ?? 0,
        hostname: '127.0.0.1',
        overrideGlobalObjects: false,
        websocket: { server: websockets },
      },
      () => resolve(),
    );
  });
  const { port } = server!.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    cluster: running.cluster,
    running,
    store,
    directory,
    warnings,
    stop: async () => {
      await running.stop();
      for (const socket of websockets.clients) socket.terminate();
      (server as unknown as { closeAllConnections(): void }).closeAllConnections();
      await new Promise<void>((resolve) => {
        server!.close(() => resolve());
      });
      await store.close();
    },
  };
}

export const discard = (directory: string): void => rmSync(directory, { recursive: true, force: true, maxRetries: 3 });

/** A valid spec; what is not given has its default. */
export function specOf(given: Record<string, unknown>): AppSpec {
  const parsed = parseApp({ toProcess: 'sleep', args: ['1000'], ...given });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed));
  return (parsed as { spec: AppSpec }).spec;
}

export const deploy = (cluster: Cluster, given: Record<string, unknown>): ReturnType<Cluster['putApp']> =>
  cluster.putApp(specOf(given), { scale: true, start: true }, { mode: 'put', ifMatch: null, refetch: false }, operator);
