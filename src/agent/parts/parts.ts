// The parts of an agent, made and connected. Each is given only what it needs of the others; those that are made after it it reaches
// through `later`. Nothing is at work until the head is started (agent.ts).
import { Roster } from '../../live/roster.ts';
import type { Fence } from '../fence.ts';
import { Head } from '../head.ts';
import type { Conversation } from '../link/conversation.ts';
import type { LinkClient } from '../link/link-client.ts';
import type { Lines } from '../link/lines.ts';
import { tellNotice, type Opened } from '../opening.ts';
import { recover } from '../recovery.ts';
import { rosterSource } from '../roster-source.ts';
import { guardingParts, type Guarding } from './guarding.ts';
import type { Later } from './later.ts';
import { measuringParts, type Measuring } from './measuring.ts';
import { linkOf, obeyingParts, type Obeying } from './obeying.ts';

interface Made extends Guarding, Measuring, Obeying {
  link: LinkClient;
}

export interface Parts extends Made {
  roster: Roster;
  head: Head;
  /** Ends every part in order; programs run on. */
  letGo(): Promise<void>;
}

/** @param given carries the conversation inside this process; null: over the network */
export function assemble(opened: Opened, given: Lines | null): Parts {
  const later: Later = { link: () => link, conversation: () => conversation, fence: () => fence, head: () => head };
  const roster = new Roster(opened.context.node);
  const guarding = guardingParts(opened, later);
  const measuring = measuringParts(opened, guarding, later);
  const obeying = obeyingParts(opened, roster, { ...guarding, ...measuring }, later);
  const fence: Fence | null = obeying.fence;
  const conversation: Conversation = obeying.conversation;
  const link: LinkClient = linkOf(opened, conversation, given);
  const made: Made = { ...guarding, ...measuring, ...obeying, link };
  tellChanges(made);
  const head: Head = headOf(opened, made);
  roster.add(rosterSource({ head, link, fence, instances: made.instances }));
  return { ...made, roster, head, letGo: () => letGo(opened, made) };
}

/** The master hears of every change of an instance, and so does who keeps what is left of it. */
function tellChanges({ instances, link, retention }: Made): void {
  instances.onChange((ids) => {
    for (const id of ids) {
      link.instanceChanged(id);
      retention.changed(id);
    }
  });
}

function headOf(opened: Opened, made: Made): Head {
  const { self, link, instances } = made;
  return new Head({
    recover: () => recoverAll(opened, made),
    prepareLink: () => self.start(), // when all is guarded: the facts of the node take longer than that
    startLink: () => link.start(),
    stopLink: () => link.stop(),
    startSupervisor: (key) => instances.startSupervisor(key),
    warn: opened.warn,
  });
}

/** What is here is seen and guarded; only then it is measured. */
async function recoverAll({ options, context, notices }: Opened, made: Made): Promise<void> {
  const { rotation, instances, conversation, usage, limitWatch, astrayWatch, disk, retention } = made;
  await rotation.start(options.storeDirectory);
  const found = await recover(context);
  for (const notice of [...notices, ...found.notices]) tellNotice(context, notice);
  for (const entry of found.over) instances.onGone(entry);
  await conversation.recovered(found);
  for (const part of [usage, limitWatch, astrayWatch, disk, retention]) part.start();
}

async function letGo({ context, spool }: Opened, made: Made): Promise<void> {
  made.conversation.end();
  made.fence?.stop();
  for (const part of [made.usage, made.limitWatch, made.astrayWatch]) part.stop();
  await made.disk.stop();
  made.self.stop();
  made.instances.stop();
  await made.retention.stop();
  await made.rotation.stop();
  await context.launcher.close();
  context.limits.close();
  await made.points.close();
  await made.conversation.close();
  await spool.close();
}
