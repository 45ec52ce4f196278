// An agent without a master: it leads a hub of one node of its own, in the same process, over a line that is no more than a call.
// So what is deployed to it is placed, updated, restarted and explained by the same code as in a cluster; the hub is called `local`.
import { join } from 'node:path';
import { startAgent, type RunningAgent, type StartOptions } from '../../agent/agent.ts';
import type { Cluster } from '../../api/cluster.ts';
import type { RunningMaster } from '../../master/master.ts';
import { Refusal } from '../../model/errors.ts';
import type { StatusView } from '../../protocol/views.ts';
import { OwnHub } from './own-hub.ts';
import { onceWritable, unwritten } from '../room.ts';
import type { Standing } from '../elastic/standby.ts';
import { StopWithoutRoom } from './stop-without-room.ts';
import { UnwrittenStops } from './unwritten-stops.ts';
import { within } from './within.ts';

export interface StandaloneOptions extends StartOptions {
  /** Elasticsearch that its events are shipped to. */
  shipEvents?: string | null;
}

export interface RunningStandalone {
  agent: RunningAgent;
  /** @throws Refusal while its hub has not begun */
  readonly cluster: Cluster;
  /** Why its hub has not begun; null: it has. */
  readonly waits: Standing | null;
  /** Ends both in order. */ stop(how: { processes: boolean }): Promise<void>;
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
  const { EventShipping } = await import('../../master/ship-events.ts');
  const shipping = new EventShipping({
    url,
    hub: identity.node,
    file: join(storeDirectory, 'shipped-events'),
    warn: (message) => log('warn', message),
    read: async (after, limit) => (await context.events.read({ after, limit })).items,
  });
  return () => shipping.stop();
}

/** What of its hub is shown as not written, at its node. */
const hubsState = 'the state of its hub';

/**
 * On a full disk the hub may have to wait with its beginning: what runs here is guarded all the same.
 * @param options of the agent; its store directory holds the apps, too. The caller holds the directory's lock
 * @throws Error when the store or the agent cannot start
 */
export async function startStandalone(options: StandaloneOptions): Promise<RunningStandalone> {
  const { log = () => undefined } = options;
  const unwrittenStops = new UnwrittenStops(options.storeDirectory);
  const stopped = unwrittenStops.all;
  const hub = new OwnHub(options, unwrittenStops);
  const giveUp = new AbortController();
  let waits: Standing | null = null;
  let agent: RunningAgent | null = null;
  let guard = (): void => undefined;
  const mayGuard = new Promise<void>((resolve) => (guard = resolve));
  const leads = onceWritable(
    () => hub.begin(),
    (why) => {
      waits = unwritten(why, 'What runs here is guarded meanwhile.');
      log('error', waits.because);
      agent?.context.trouble.begin(hubsState, why);
      guard();
    },
    giveUp.signal,
  );
  const end = async (): Promise<void> => {
    giveUp.abort(new Error('the agent was stopped'));
    await leads.catch(() => undefined); // whoever waited for it knows
    await hub.end();
  };
  try {
    await Promise.race([leads, mayGuard]);
    agent = await startAgent({ ...options, stopped, master: null, lines: within(() => hub.master) });
  } catch (error) {
    await end();
    throw error;
  }
  const guarded = agent;
  let served: { cluster: Cluster; end(): Promise<void> } | null = null;
  const serve = async (master: RunningMaster): Promise<void> => {
    const stops = new StopWithoutRoom(master.cluster, guarded, unwrittenStops);
    const endShipping = await shipEvents(options, master, guarded);
    served = {
      cluster: asAgent(master.cluster, guarded, stops),
      end: async () => {
        await endShipping();
        stops.end();
      },
    };
    if (waits !== null) log('info', 'the hub has begun: there is room');
    waits = null;
    guarded.context.trouble.end(hubsState);
  };
  const serving = leads.then(serve);
  if (waits === null) {
    try {
      await serving;
    } catch (error) {
      await guarded.stop({ processes: false });
      await end();
      throw error;
    }
  } else
    serving.catch((error: unknown) => {
      if (giveUp.signal.aborted) return;
      const { message, hint = '' } = error as Error & { hint?: string };
      waits = { because: `This hub cannot begin: ${message}`, hint, leader: null, code: 'store-unavailable' };
      log('error', waits.because);
    });
  return {
    agent: guarded,
    get cluster() {
      if (served === null) throw new Refusal('store-unavailable', waits?.because ?? 'This hub has not begun');
      return served.cluster;
    },
    get waits() {
      return waits;
    },
    stop: async (how) => {
      await served?.end();
      await guarded.stop(how);
      await end();
    },
  };
}
