// An agent without a master: it leads a hub of one node of its own, in the same process, over a line that is no more than a call.
// So what is deployed to it is placed, updated, restarted and explained by the same code as in a cluster; the hub is called `local`.
import { join } from 'node:path';
import { startAgent, type RunningAgent, type StartOptions } from '../agent/agent.ts';
import type { Line, LineListener } from '../agent/effects/line/line.ts';
import type { Lines } from '../agent/link/link-client.ts';
import type { Cluster } from '../api/cluster.ts';
import type { Transport } from '../master/link/node-link.ts';
import { startMaster, type RunningMaster } from '../master/master.ts';
import { Refusal } from '../model/errors.ts';
import type { MasterFrame } from '../protocol/link.ts';
import type { StatusView } from '../protocol/views.ts';
import { StopWithoutRoom } from './stop-without-room.ts';
import { openEmbedded } from '../store/embedded.ts';

export interface StandaloneOptions extends StartOptions {
  /** Elasticsearch that its events are shipped to. */
  shipEvents?: string | null;
}

export interface RunningStandalone {
  agent: RunningAgent;
  cluster: Cluster;
  /** Ends both in order. */ stop(how: { processes: boolean }): Promise<void>;
}

/** The only node of this hub is this process: it cannot be lost. */
const never = 1e12;

/** Opens a line to a master in this process. Frames arrive in a later turn, as over a wire, and share nothing that changes. */
function within(master: RunningMaster): Lines {
  const socket = (_options: unknown, listener: LineListener): (() => void) => {
    let open = true;
    const end = (reason: string): void => {
      if (!open) return;
      open = false;
      receiver.closed();
      listener.closed(reason);
    };
    const transport: Transport = {
      kind: 'websocket',
      send: (frame: MasterFrame) => {
        const copy = structuredClone(frame);
        setImmediate(() => {
          if (open) listener.frame(copy);
        });
      },
      close: (_code, reason) => setImmediate(end, reason),
    };
    const receiver = master.links.connect(transport, 'this process');
    const line: Line = {
      kind: 'websocket',
      send: (frame) =>
        setImmediate(() => {
          if (open) receiver.take(frame);
        }),
      waiting: () => 0,
      close: end,
    };
    setImmediate(() => {
      if (open) listener.opened(line);
    });
    return () => end('it was given up');
  };
  return { socket: socket as Lines['socket'], poll: socket as Lines['poll'], passes: () => Promise.resolve(true) };
}

/** What a hub of one node does not have. */
const alone = (what: string): Promise<never> =>
  Promise.reject(
    new Refusal(
      'unsupported-here',
      `${what}: this agent runs alone`,
      'Join it to a master: stathub agent --master URL --token TOKEN',
    ),
  );

/** The master's answers, told as this agent's. */
function asAgent(master: Cluster, agent: RunningAgent, stops: StopWithoutRoom): Cluster {
  return new Proxy(master, {
    get(target, name: keyof Cluster) {
      if (name === 'role') return 'agent';
      if (name === 'notReady')
        return () => target.notReady() ?? (agent.link.up ? null : 'The agent is looking at its node');
      if (name === 'status')
        return async (): Promise<StatusView> => ({ ...(await target.status()), role: 'agent', hub: null });
      if (name === 'appAction') return stops.appAction.bind(stops);
      if (name === 'deleteNode') return () => alone('a node cannot be deleted');
      if (name === 'nodeAction') return (_id: string, action: string) => alone(`"${action}" needs other nodes`);
      const member: unknown = target[name];
      return typeof member === 'function' ? (member as (...args: unknown[]) => unknown).bind(target) : member;
    },
  });
}

/** All hubs of one node are called `local`: elsewhere their events are told apart by the node. @returns ends it */
async function shipEvents(
  { shipEvents: url = null, storeDirectory, log = () => undefined }: StandaloneOptions,
  { context }: RunningMaster,
  { identity }: RunningAgent,
): Promise<() => Promise<void>> {
  if (url === null) return async () => undefined;
  const { EventShipping } = await import('../master/ship-events.ts');
  const shipping = new EventShipping({
    url,
    hub: identity.node,
    file: join(storeDirectory, 'shipped-events'),
    warn: (message) => log('warn', message),
    read: async (after, limit) => (await context.events.read({ after, limit })).items,
  });
  return () => shipping.stop();
}

/**
 * @param options of the agent; its store directory holds the apps, too. The caller holds the directory's lock
 * @throws Error when the store or the agent cannot start
 */
export async function startStandalone(options: StandaloneOptions): Promise<RunningStandalone> {
  const { storeDirectory, version = '0.0.0', log = () => undefined } = options;
  const store = await openEmbedded(storeDirectory);
  try {
    await store.write({ collection: 'hub', key: 'identity', doc: { hub: 'local', at: Date.now() }, expect: 'absent' });
    const master = await startMaster({
      store,
      version,
      storeAbout: { kind: 'embedded', detail: storeDirectory },
      times: { suspectMs: never, lostMs: never, amnestyMs: 0 },
      warn: (message, error) =>
        log(
          'warn',
          error === undefined ? message : `${message}: ${error instanceof Error ? error.message : String(error)}`,
        ),
    });
    try {
      const agent = await startAgent({ ...options, master: null, lines: within(master) });
      const endShipping = await shipEvents(options, master, agent);
      const stops = new StopWithoutRoom(master.cluster, agent);
      return {
        agent,
        cluster: asAgent(master.cluster, agent, stops),
        stop: async (how) => {
          await endShipping();
          stops.end();
          await agent.stop(how);
          await master.stop();
          await store.close();
        },
      };
    } catch (error) {
      await master.stop();
      throw error;
    }
  } catch (error) {
    await store.close();
    throw error;
  }
}
