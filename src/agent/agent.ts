// An agent: opened, assembled, started in order, ended in reverse. Its head is the `agent` machine. It opens no port: whoever runs it
// serves its API. It needs the lock of its store directory, taken before and kept by the caller.
import { resolve } from 'node:path';
import type { Roster } from '../live/roster.ts';
import type { AgentCommands } from './asked/commands.ts';
import type { AgentContext } from './context.ts';
import { removeMembershipRoot } from './effects/cgroups/cgroup.ts';
import { endsWithAgent } from './ending.ts';
import type { AgentIdentity } from './node/identity.ts';
import type { Instances } from './instances.ts';
import type { LinkClient } from './link/link-client.ts';
import type { Lines } from './link/lines.ts';
import type { EventSpool } from './link/spool.ts';
import type { NodeSelf } from './node/node-self.ts';
import { openAgent, type Opened } from './opening.ts';
import { assemble, type Parts } from './parts/parts.ts';
import { defaultOptions, type AgentOptions } from './settings.ts';
import type { UsageSampler } from './usage/sampler.ts';

export interface StartOptions extends Partial<AgentOptions> {
  storeDirectory: string;
  /** Carries the conversation inside this process (standalone); default: WebSocket and HTTP to `master`. */
  lines?: Lines;
}

export interface RunningAgent {
  readonly identity: Readonly<AgentIdentity>;
  readonly instances: Instances;
  readonly commands: AgentCommands;
  readonly roster: Roster;
  readonly self: NodeSelf;
  readonly link: LinkClient;
  readonly context: AgentContext;
  readonly spool: EventSpool;
  readonly usage: UsageSampler;
  /** State of the agent's machine. */
  phase(): string;
  /** Why it cannot be asked yet; null: it can. */
  notReady(): string | null;
  /** Resolves when it has ended: null after `stop` or a drain, else why it ended by itself. */
  readonly ended: Promise<string | null>;
  /** SIGUSR2: asks its master to empty this node, and ends when that is done. */
  evacuate(): Promise<void>;
  /** How an evacuation ended the agent; null: none did. */
  readonly drained: 'emptied' | 'time-up' | null;
  /** The address of its API, once that is open. */
  announce(address: string): void;
  /** Asks, some seconds from now, for what its start did not wait for. @returns calls it off */
  learnHardware(): () => void;
  /** Ends the agent in order. `processes`: ends what runs here, too; otherwise all of it runs on. */
  stop(how: { processes: boolean }): Promise<void>;
}

/**
 * Recovers, then serves. Starts and stops nothing before all that runs here is seen.
 * @throws Error when the store directory cannot be used
 */
export async function startAgent(given: StartOptions): Promise<RunningAgent> {
  const { lines = null, ...rest } = given;
  const options: AgentOptions = { ...defaultOptions, ...rest, storeDirectory: resolve(given.storeDirectory) };
  const opened = await openAgent(options);
  const parts = assemble(opened, lines);
  await parts.head.start();
  const endShipping = await startShipping(opened, parts);
  parts.evacuation.resume();
  return running(opened, parts, async () => {
    await endShipping();
    await parts.letGo();
  });
}

/** Output goes to Elasticsearch where that is asked for; nobody else loads what it takes. @returns ends it */
async function startShipping({ options, context, warn }: Opened, { retention }: Parts): Promise<() => Promise<void>> {
  const { shipLogs: url } = options;
  if (url === null) return async () => undefined;
  const { Shipping } = await import('./kept/shipping.ts');
  const shipping = new Shipping({ url, node: context.node, warn, sources: () => retention.outputs() });
  return () => shipping.stop();
}

/** An agent as others see it. */
function running(
  { options, context, identity, spool, root }: Opened,
  parts: Parts,
  letGo: () => Promise<void>,
): RunningAgent {
  const { head, instances, commands, roster, self, hardware, link, usage, evacuation } = parts;
  return {
    identity: identity.now,
    instances,
    commands,
    roster,
    self,
    link,
    context,
    spool,
    usage,
    ended: head.ended,
    evacuate: () => evacuation.begin(),
    get drained() {
      return head.drained;
    },
    phase: () => head.phase,
    notReady: () => {
      const { phase } = head;
      if (phase !== 'serving' && phase !== 'draining') return `The agent is ${phase}`;
      return self.known ? null : 'The facts of the node are being read';
    },
    announce: (address) => {
      self.announce(options.address || address);
      if (self.known) link.factsChanged(self.facts); // else they are in the greeting
    },
    learnHardware: () =>
      hardware.ask((said) => {
        if (self.learn(said)) link.factsChanged(self.facts);
      }),
    stop: async ({ processes }) => {
      if (processes) await instances.endAll(endsWithAgent);
      head.send({ type: 'agent.stop' });
      await head.ended;
      await letGo();
      if (processes) removeMembershipRoot(root);
    },
  };
}
