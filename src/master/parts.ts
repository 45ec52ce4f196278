// The parts of a master, made and connected: what it holds and writes, its nodes, their lines. Each is given only what it needs of the
// others; what is made later is reached through a function. Nothing is at work before the head is started (master.ts).
import type { Above } from '../../machines/master.ts';
import { Attention } from './instances/attention.ts';
import { Desired } from './instances/desired.ts';
import { LastKnown } from './instances/last-known.ts';
import { ObservedInstances } from './instances/observed.ts';
import { Renumbering } from './instances/renumbering.ts';
import type { MasterContext } from './context.ts';
import { Keeping } from './keeping.ts';
import { Commands } from './link/commands.ts';
import type { Admission } from './link/connection.ts';
import { dispatch } from './link/link-frames.ts';
import { LinkServer } from './link/link-server.ts';
import type { NodeLink } from './link/node-link.ts';
import { PollSessions } from './link/poll-sessions.ts';
import { Drains } from './nodes/drains.ts';
import { Loss } from './nodes/loss.ts';
import { noteStatus } from './nodes/node-events.ts';
import { Nodes } from './nodes/nodes.ts';
import { Epochs } from './planning/epochs.ts';
import { Places } from './planning/places.ts';
import { Records } from './records.ts';
import { Contents } from './remote/contents.ts';

/** The head, as far as its parts ask and tell it. */
interface HeadReach {
  serves(): boolean;
  /** An agent has seen a higher term than this master's. */
  outranked(above: Above): void;
}

export type Parts = ReturnType<typeof assemble>;

export function assemble(context: MasterContext, head: HeadReach) {
  // What is written, what is observed, what is desired.
  const epochs = new Epochs(context.store);
  const records = new Records(context);
  const places = new Places(context, records);
  const lastKnown = new LastKnown(context);
  const observed = new ObservedInstances(context, places, lastKnown, new Renumbering(context, records, epochs));
  const desired = new Desired(context, (node, assignments) => observed.acknowledged(node, assignments));

  // What agents are asked for.
  const linkOf = (node: string): NodeLink | null => links.links.get(node) ?? null;
  const disconnect = (node: string, code: number, reason: string): void => links.disconnect(node, code, reason);
  const commands = new Commands(context, linkOf);
  const attention = new Attention(context, commands);
  const contents = new Contents(context, records, commands);

  // Nodes, and what becomes of them.
  const nodes = new Nodes(context, records, {
    welcomed: (link, hello) => {
      observed.whole(link, hello.instances);
      desired.tellAll(link);
    },
    became: (entry, before) => noteStatus(context, entry, before),
    outranked: async (seen) => {
      if (seen.term > context.leadership.term) {
        head.outranked(seen);
        return 'new-term';
      }
      if (seen.epoch > epochs.highest) await epochs.begin(seen.epoch);
      return 'same-term';
    },
    disconnect,
    linkOf,
  });
  const drains = new Drains(context, records, nodes, commands);
  const loss = new Loss(context, nodes, disconnect);

  // Their lines.
  const links: LinkServer = new LinkServer(context, {
    admit: async (hello, open) => (head.serves() ? nodes.admit(hello, open) : starting),
    frame: dispatch({ context, nodes, observed, desired, commands, contents, disconnect, drains }),
    closed: (link) => {
      desired.forget(link);
      observed.linkClosed(link);
      commands.closed(link.node);
      nodes.linkClosed(link);
    },
  });
  const polls = new PollSessions(links);

  const keeping = new Keeping(context);
  return {
    epochs,
    records,
    places,
    lastKnown,
    observed,
    desired,
    commands,
    attention,
    contents,
    nodes,
    drains,
    loss,
    links,
    polls,
    keeping,
  };
}

/** What an agent hears that comes before this master serves. */
const starting: Admission = {
  admitted: false,
  code: 'starting',
  detail: 'This master is starting',
  hint: 'Try again.',
  final: false,
};
