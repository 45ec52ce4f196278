// What is wanted of an agent's node, by its master and by its operator, and the line on which the master says so.
import { join } from 'node:path';
import type { Roster } from '../../live/roster.ts';
import { pinIn } from '../../tls/pin.ts';
import { AgentCommands } from '../asked/commands.ts';
import { DesiredSet } from '../desired/desired-set.ts';
import { Duties } from '../desired/duties.ts';
import { ContactFile } from '../effects/disk/contact-file.ts';
import { bootId } from '../effects/processes/boot.ts';
import { Evacuation } from '../evacuation.ts';
import { Fence } from '../fence.ts';
import { Conversation } from '../link/conversation.ts';
import { LinkClient } from '../link/link-client.ts';
import { remoteLines, type Lines } from '../link/lines.ts';
import { pinnedLines } from '../link/pinned-lines.ts';
import { tellNotice, type Opened } from '../opening.ts';
import type { Guarding } from './guarding.ts';
import type { Later } from './later.ts';
import type { Measuring } from './measuring.ts';

export interface Obeying {
  evacuation: Evacuation;
  commands: AgentCommands;
  fence: Fence | null;
  conversation: Conversation;
}

export function obeyingParts(
  opened: Opened,
  roster: Roster,
  { instances, retention, self, usage }: Guarding & Measuring,
  later: Later,
): Obeying {
  const { options, standalone, context, identity, warn } = opened;
  const evacuation = new Evacuation({
    storeDirectory: options.storeDirectory,
    node: context.node,
    limitMs: options.evacuateMs,
    tell: context.tell,
    warn,
    send: standalone ? null : (frame) => later.link().evacuate(frame),
    head: (event) => later.head().send(event),
  });
  const commands = new AgentCommands({
    context,
    evacuation,
    instances,
    roster,
    keptDirectory: (id) => retention.keptDirectory(id),
    usage,
    congested: () => later.link().congested,
  });
  const fence = standalone ? null : fenceOf(opened, instances, later);
  const conversation = new Conversation({
    context,
    evacuation,
    fence,
    identity,
    instances,
    commands,
    self,
    standalone,
    openDesired: (hub) => openDesired(opened, hub),
    duties: (reach) => new Duties({ context, instances, ...reach }),
    warn,
  });
  return { evacuation, commands, fence, conversation };
}

function fenceOf({ options, warn }: Opened, instances: Guarding['instances'], later: Later): Fence {
  return new Fence({
    entries: () => instances.entries.values(),
    entry: (id) => instances.entries.get(id),
    say: (entry, event) => instances.say(entry, event),
    hub: () => later.conversation().hub,
    file: new ContactFile(join(options.storeDirectory, 'contact'), bootId()),
    lostMs: options.times.lostMs,
    onSevered: () => later.link().renew('it was cut off for too long'),
    warn,
  });
}

/** What a hub wants of this node, as far as it was ever told. */
function openDesired({ options, standalone, context }: Opened, hub: string): DesiredSet {
  const directory = join(options.storeDirectory, 'desired', hub);
  const desired = DesiredSet.open(directory, (notice) => tellNotice(context, notice), context.trouble);
  if (standalone) desired.stop(options.stopped);
  return desired;
}

/** @param given carries the conversation inside this process; null: over the network */
export function linkOf(
  { options, context, spool, masters }: Opened,
  conversation: Conversation,
  given: Lines | null,
): LinkClient {
  const { token } = options;
  const master = {
    get master() {
      return masters.current;
    },
    node: context.node,
    token,
  };
  const pin = pinIn(token);
  const lines = given ?? (pin === null ? remoteLines : pinnedLines(remoteLines, pin));
  const link = new LinkClient(master, conversation, spool, masters.lines(lines));
  conversation.attach(link);
  return link;
}
