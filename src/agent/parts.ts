// The parts of an agent, made and connected. Each is given only what it needs of the others; what comes later in this file is
// reached through a function. Nothing is at work until the head is started (agent.ts).
import { join } from 'node:path';
import { Roster } from '../live/roster.ts';
import { pinIn } from '../tls/pin.ts';
import { AgentCommands } from './asked/commands.ts';
import { DesiredSet } from './desired/desired-set.ts';
import { DiskWatch } from './watches/disk-watch.ts';
import { Duties } from './desired/duties.ts';
import { ContactFile } from './effects/disk/contact-file.ts';
import { RotationWatch } from './effects/output/rotation-watch.ts';
import { bootId } from './effects/processes/boot.ts';
import { Evacuation } from './evacuation.ts';
import { Fence } from './fence.ts';
import { Head } from './head.ts';
import { contentNoted } from './instance/shown/narrate.ts';
import { Instances } from './instances.ts';
import { Retention } from './kept/retention.ts';
import { AstrayWatch } from './watches/astray-watch.ts';
import { KnownHardware } from './node/known-hardware.ts';
import { LimitWatch } from './watches/limit-watch.ts';
import { Conversation } from './link/conversation.ts';
import { LinkClient, remoteLines, type Lines } from './link/link-client.ts';
import { pinnedLines } from './link/pinned-lines.ts';
import { supervisorLogic, type OnFetched } from './logic.ts';
import { monoMs } from './moment.ts';
import { NodeSelf } from './node/node-self.ts';
import { tellNotice, type Opened } from './opening.ts';
import { recover } from './recovery.ts';
import { rosterSource } from './roster-source.ts';
import { PointOutbox } from './usage/outbox.ts';
import { PolledQuota } from './usage/polled-quota.ts';
import { UsageSampler } from './usage/sampler.ts';

export type Parts = ReturnType<typeof assemble>;

/** @param given carries the conversation inside this process; null: over the network */
export function assemble(opened: Opened, given: Lines | null) {
  const { options, standalone, context, identity, spool, masters, warn } = opened;
  const { storeDirectory, token, times } = options;
  const { node, tell } = context;

  // Instances, their output, and what is left of them.
  const rotation = new RotationWatch((path, error) => warn(`the output in ${path} could not be rotated`, error));
  const onFetched: OnFetched = async (entry, contents, notes) => {
    for (const note of notes) tell(contentNoted(entry.record.assignment, note, node, Date.now()));
    conversation.fetched(entry, contents);
  };
  const instances = new Instances({
    context,
    logic: supervisorLogic(
      context,
      (id) => instances.entries.get(id) ?? null,
      onFetched,
      (id) => instances.changed(id),
    ),
    standalone,
    rotation,
    severed: (entry) => fence?.severedOf(entry) ?? null,
    onSupervisorFailed: (key) => head.actor.send({ type: 'app.crashed', key, mono: monoMs() }),
  });
  const retention = new Retention(context, instances, join(storeDirectory, 'kept'));
  instances.onGone = (entry) => {
    retention.gone(entry).catch((error: unknown) => warn(`what is left of ${entry.id} could not be put away`, error));
  };

  // What is measured, and what comes of it.
  const points = new PointOutbox({
    directory: join(storeDirectory, 'points'),
    send: (some) => link.metrics(some),
    line: () => link.line,
    warn,
  });
  const gives = { isolation: opened.isolation, allocatable: opened.capacity };
  const hardware = new KnownHardware(storeDirectory, bootId(), warn);
  const self = new NodeSelf(
    options,
    opened.root.kind,
    gives,
    rotation,
    context.trouble,
    (minute, values) => points.add([{ subject: `node/${node}`, minute, values }]),
    hardware.read((notice) => tellNotice(context, notice)),
  );
  const quota = new PolledQuota(context, instances);
  const usage = new UsageSampler({
    instances,
    times,
    onPoints: (some) => points.add(some),
    onRows: (rows) => link.usage(rows),
    onLook: (directory, resting) => rotation.ran(directory, !resting),
    onPolled: (meter) => quota.look(meter),
  });
  const limitWatch = new LimitWatch(context, instances);
  const astrayWatch = new AstrayWatch(context, instances);
  const disk = new DiskWatch(context, instances);

  // What is wanted of this node.
  const roster = new Roster(node);
  const evacuation: Evacuation = new Evacuation({
    storeDirectory,
    node,
    limitMs: options.evacuateMs,
    tell,
    warn,
    send: standalone ? null : (frame) => link.evacuate(frame),
    head: (event) => head.send(event),
  });
  const commands = new AgentCommands({
    context,
    evacuation,
    instances,
    roster,
    keptDirectory: (id) => retention.keptDirectory(id),
    usage,
    congested: () => link.congested,
  });
  const fence = standalone
    ? null
    : new Fence({
        entries: () => instances.entries.values(),
        entry: (id) => instances.entries.get(id),
        say: (entry, event) => instances.say(entry, event),
        hub: () => conversation.hub,
        file: new ContactFile(join(storeDirectory, 'contact'), bootId()),
        lostMs: times.lostMs,
        onSevered: () => link.renew('it was cut off for too long'),
        warn,
      });
  const conversation = new Conversation({
    context,
    evacuation,
    fence,
    identity,
    instances,
    commands,
    self,
    standalone,
    openDesired: (hub) => {
      const directory = join(storeDirectory, 'desired', hub);
      const desired = DesiredSet.open(directory, (one) => tellNotice(context, one), context.trouble);
      if (standalone) desired.stop(options.stopped);
      return desired;
    },
    duties: (reach) => new Duties({ context, instances, ...reach }),
    warn,
  });

  // The line to the master.
  const master = {
    get master() {
      return masters.current;
    },
    node,
    token,
  };
  const pin = pinIn(token);
  const lines = given ?? (pin === null ? remoteLines : pinnedLines(remoteLines, pin));
  const link = new LinkClient(master, conversation, spool, masters.lines(lines));
  conversation.attach(link);
  instances.onChange((ids) => {
    for (const id of ids) {
      link.instanceChanged(id);
      retention.changed(id);
    }
  });

  const recoverAll = async (): Promise<void> => {
    await rotation.start(storeDirectory);
    const found = await recover(context);
    for (const notice of [...opened.notices, ...found.notices]) tellNotice(context, notice);
    for (const entry of found.over) instances.onGone(entry);
    await conversation.recovered(found);
    for (const part of [usage, limitWatch, astrayWatch, disk, retention]) part.start();
  };
  const head: Head = new Head({
    recover: recoverAll,
    prepareLink: () => self.start(), // when all is guarded: the facts of the node take longer than that
    startLink: () => link.start(),
    stopLink: () => link.stop(),
    startSupervisor: (key) => instances.startSupervisor(key),
    warn,
  });
  roster.add(rosterSource({ head, link, fence, instances }));

  /** Ends every part in order; programs run on. */
  const letGo = async (): Promise<void> => {
    conversation.end();
    fence?.stop();
    usage.stop();
    limitWatch.stop();
    astrayWatch.stop();
    await disk.stop();
    self.stop();
    instances.stop();
    await retention.stop();
    await rotation.stop();
    await context.launcher.close();
    context.limits.close();
    await points.close();
    await conversation.close();
    await spool.close();
  };
  return { instances, retention, self, hardware, usage, roster, evacuation, commands, link, head, letGo };
}
