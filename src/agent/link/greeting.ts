// Who this agent says it is, to every master it meets.
import type { Hello } from '../../protocol/link.ts';
import type { AgentContext } from '../context.ts';
import { bootId } from '../effects/processes/boot.ts';
import type { Identity } from '../node/identity.ts';
import type { NodeSelf } from '../node/node-self.ts';

export type Greeting = Omit<Hello, 'type' | 'token' | 'instances'>;

/** The hub of a standalone agent is itself. */
export const ownHub = 'local';

interface Greeter {
  context: AgentContext;
  identity: Identity;
  self: NodeSelf;
  standalone: boolean;
}

export function greetingOf({ identity: { now }, self, context: { options }, standalone }: Greeter): Greeting {
  return {
    node: now.node,
    machine: now.machine,
    boot: bootId(),
    run: now.run,
    version: options.version,
    hub: standalone ? ownHub : now.hub,
    term: standalone ? 0 : now.term,
    epoch: standalone ? 0 : now.epoch,
    takeOver: options.takeOver,
    facts: self.facts,
  };
}
