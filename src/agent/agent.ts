// An agent: everything put together, started in order, ended in reverse. Its head is the `agent` machine. It opens no port: whoever
// runs it serves its API. It needs the lock of its store directory, taken before and kept by the caller.
import { mkdirSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { createActor, fromCallback, fromPromise, type Actor } from 'xstate';
import { agentMachine, type AgentEmitted, type AgentEvent } from '../../machines/agent.ts';
import { Roster } from '../live/roster.ts';
import { hostOf } from '../model/app/environment.ts';
import type { NewEvent } from '../model/event.ts';
import { pinIn } from '../tls/pin.ts';
import { AgentCommands } from './commands.ts';
import type { AgentContext } from './context.ts';
import { Conversation } from './link/conversation.ts';
import { DesiredSet } from './desired-set.ts';
import { DiskWatch } from './disk-watch.ts';
import { Duties } from './duties.ts';
import { bootId } from './effects/processes/boot.ts';
import { byHashFrom } from './effects/content/by-hash.ts';
import { removeMembershipRoot } from './effects/cgroups/cgroup.ts';
import { ContactFile } from './effects/disk/contact-file.ts';
import { ContentCache } from './effects/content/content-cache.ts';
import { Launcher } from './effects/launch/launcher.ts';
import type { QuarantineNotice } from './effects/disk/quarantine.ts';
import { PortPool } from './effects/ports.ts';
import { Rotation } from './effects/output/rotation.ts';
import { Evacuation } from './evacuation.ts';
import { Fence } from './fence.ts';
import { Identity, type AgentIdentity } from './identity.ts';
import { Instances } from './instances.ts';
import { LimitWatch } from './limit-watch.ts';
import { LinkClient, remoteLines, type Lines } from './link/link-client.ts';
import { Masters } from './link/masters.ts';
import { supervisorLogic } from './logic.ts';
import { monoMs } from './moment.ts';
import { NodeSelf } from './node-self.ts';
import { pinnedLines } from './link/pinned-lines.ts';
import { recover } from './recovery.ts';
import { findResources } from './resources.ts';
import { Retention } from './kept/retention.ts';
import { defaultOptions, type AgentOptions } from './settings.ts';
import { EventSpool } from './link/spool.ts';
import { PointOutbox } from './usage/outbox.ts';
import { PolledQuota } from './usage/polled-quota.ts';
import { UsageSampler } from './usage/sampler.ts';

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
  /** Ends the agent in order. `processes`: ends what runs here, too; otherwise all of it runs on. */
  stop(how: { processes: boolean }): Promise<void>;
}

/**
 * Recovers, then serves. Starts and stops nothing before all that runs here is seen.
 * @throws Error when the store directory cannot be used
 */
export async function startAgent(given: StartOptions): Promise<RunningAgent> {
  const options: AgentOptions = { ...defaultOptions, ...given, storeDirectory: resolve(given.storeDirectory) };
  const { storeDirectory, log } = options;
  const below = (name: string, mode = 0o711): string => {
    const path = join(storeDirectory, name);
    mkdirSync(path, { recursive: true, mode });
    return path;
  };
  const standalone = options.master === null;
  const masters = new Masters(options.master ?? '');
  mkdirSync(storeDirectory, { recursive: true, mode: 0o711 });
  const warn = (message: string, error?: unknown): void =>
    log(
      'warn',
      error === undefined ? message : `${message}: ${error instanceof Error ? error.message : String(error)}`,
    );
  const { identity, notices } = await Identity.open(storeDirectory, warn);
  const spool = await EventSpool.open(below('spool'), bootId(), warn, identity.now.run);
  const tell = (event: NewEvent): void => spool.append(event);
  const { node } = identity.now;
  const tellNotice = (notice: QuarantineNotice): void =>
    tell({
      at: Date.now(),
      kind: 'file.quarantined',
      subject: { node },
      loudness: 'attention',
      message: `${notice.path} is not used because ${notice.reason}${notice.movedTo ? `; it lies at ${notice.movedTo} now` : ''}`,
      detail: {},
    });
  const { tools, root, limits, admission, users, isolation, capacity } = findResources(options, node),
    user = userInfo();
  const launcher = new Launcher({
    tools,
    root,
    directory: storeDirectory,
    onError: (error) => warn('the launches could not be looked at', error),
  });
  const context: AgentContext = {
    options,
    node,
    tools,
    launcher,
    limits,
    admission,
    users,
    tell,
    instancesDirectory: below('instances'),
    ports: new PortPool(options.ports, node),
    cache: new ContentCache(
      below('cache', 0o700),
      standalone ? {} : { byHash: byHashFrom(() => masters.current, options.token, node, warn) },
    ),
    user: { name: user.username, home: user.homedir, shell: user.shell ?? '/bin/sh' },
    tags: options.tags,
    host: options.address ? hostOf(options.address) : hostname(),
  };

  const logic = supervisorLogic(
    context,
    (id) => instances.entries.get(id) ?? null,
    async (entry, contents, notes) => {
      for (const note of notes)
        tell({
          at: Date.now(),
          kind: 'content.noted',
          subject: { app: entry.record.assignment.app, instance: entry.id, node },
          loudness: 'attention',
          message: note,
          detail: {},
        });
      conversation.fetched(entry, contents);
    },
  );
  const rotation = new Rotation((path, error) => warn(`the output in ${path} could not be rotated`, error));
  const instances = new Instances({
    context,
    logic,
    standalone,
    rotation,
    severed: (entry) => fence?.severedOf(entry) ?? null,
    onSupervisorFailed: (key) => head.send({ type: 'app.crashed', key, mono: monoMs() }),
  });
  const self = new NodeSelf(options, root.kind, { isolation, allocatable: capacity }, rotation, (minute, values) =>
    points.add([{ subject: `node/${node}`, minute, values }]),
  );
  const limitWatch = new LimitWatch(context, instances);
  const points = new PointOutbox({
    directory: join(storeDirectory, 'points'),
    send: (some) => link.metrics(some),
    line: () => link.line,
    warn,
  });
  const quota = new PolledQuota(context, instances);
  const usage = new UsageSampler({
    instances,
    times: options.times,
    onPoints: (some) => points.add(some),
    onRows: (rows) => link.usage(rows),
    onPolled: (meter) => quota.look(meter),
  });
  const disk = new DiskWatch(context, instances);
  let shipping: import('./kept/shipping.ts').Shipping | null = null;
  const startShipping = async (url: string): Promise<void> => {
    const { Shipping } = await import('./kept/shipping.ts');
    shipping = new Shipping({ url, node, warn, sources: () => retention.outputs() });
    shipping.start();
  };
  const retention = new Retention(context, instances, join(storeDirectory, 'kept'));
  instances.onGone = (entry) => {
    retention.gone(entry).catch((error: unknown) => warn(`what is left of ${entry.id} could not be put away`, error));
  };
  const roster = new Roster(node);
  const evacuation: Evacuation = new Evacuation({
    storeDirectory,
    node,
    limitMs: options.evacuateMs,
    tell,
    warn,
    send: standalone ? null : (frame) => link.evacuate(frame),
    head: (event) => {
      if (head.getSnapshot().status === 'active') head.send(event);
    },
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
        lostMs: options.times.lostMs,
        onSevered: () => link.renew('it was cut off for too long'),
        warn,
      });
  const pin = pinIn(options.token);
  const conversation = new Conversation({
    context,
    evacuation,
    fence,
    identity,
    instances,
    commands,
    self,
    standalone,
    openDesired: (hub) => DesiredSet.open(join(below('desired'), hub), tellNotice),
    duties: (reach) => new Duties({ context, instances, ...reach }),
    warn,
  });
  const link = new LinkClient(
    {
      get master() {
        return masters.current;
      },
      node,
      token: options.token,
    },
    conversation,
    spool,
    masters.lines(given.lines ?? (pin === null ? remoteLines : pinnedLines(remoteLines, pin))),
  );
  instances.onChange((ids) => {
    for (const id of ids) {
      link.instanceChanged(id);
      retention.changed(id);
    }
  });
  conversation.attach(link);

  const head: Actor<typeof agentMachine> = createActor(
    agentMachine.provide({
      actors: {
        recover: fromPromise<void, object>(async () => {
          await rotation.start(storeDirectory);
          const found = await recover(context);
          for (const notice of [...notices, ...found.notices]) tellNotice(notice);
          for (const entry of found.over) instances.onGone(entry);
          await conversation.recovered(found);
          usage.start();
          limitWatch.start();
          disk.start();
          retention.start();
          if (options.shipLogs !== null) await startShipping(options.shipLogs);
        }),
        link: fromCallback<AgentEvent, object>(() => {
          let over = false;
          // The facts of the node are read when all is guarded: they take longer than that.
          self.start().then(
            () => {
              if (!over) link.start();
            },
            (error: unknown) => {
              warn('the facts of the node could not be read', error);
              head.send({ type: 'agent.stop' });
            },
          );
          return () => {
            over = true;
            link.stop();
          };
        }),
      },
    }),
    { id: 'agent', input: {} },
  );
  head.on('supervisor.wanted', ({ key }: AgentEmitted) => setImmediate(() => instances.startSupervisor(key)));

  roster.add({
    entries: function* () {
      yield { id: 'agent', parent: null, label: 'agent', actor: head };
      yield { id: 'link', parent: 'agent', label: 'link', actor: link.actor };
      if (fence) yield { id: 'fence', parent: 'agent', label: 'fence', actor: fence.actor };
      for (const [key, actor] of instances.supervisors)
        yield { id: `supervisor:${key}`, parent: 'agent', label: key, actor };
      for (const entry of instances.entries.values())
        if (entry.actor)
          yield {
            id: `instance:${entry.id}`,
            parent: `supervisor:${instances.keyOf(entry)}`,
            label: `${entry.record.assignment.app}.${entry.record.assignment.slot}`,
            actor: entry.actor,
          };
    },
    find: (id) => {
      const entry = id.startsWith('instance:') ? instances.entries.get(id.slice(9)) : undefined;
      return entry?.actor ? { id, parent: null, label: id, actor: entry.actor } : null;
    },
  });

  const ended = new Promise<string | null>((done) => {
    head.subscribe({
      next: ({ status, context: { failure } }) => {
        if (status === 'done') done(failure);
      },
      error: (error) => {
        warn('the agent failed', error);
        done(String(error));
      },
    });
  });
  const serving = new Promise<void>((ready, failed) => {
    head.subscribe({
      next: (snapshot) => {
        if (snapshot.matches('serving')) ready();
      },
      error: failed,
    });
    void ended.then((failure) => failed(new Error(failure ?? 'the agent was stopped while it started')));
  });
  head.start();
  await serving;
  evacuation.resume();

  const letGo = async (): Promise<void> => {
    conversation.end();
    fence?.stop();
    usage.stop();
    limitWatch.stop();
    await disk.stop();
    self.stop();
    instances.stop();
    await shipping?.stop();
    await retention.stop();
    await rotation.stop();
    await launcher.close();
    limits.close();
    await points.close();
    await conversation.close();
    await spool.close();
  };
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
    ended,
    evacuate: () => evacuation.begin(),
    get drained() {
      return head.getSnapshot().context.drained;
    },
    phase: () => String(head.getSnapshot().value),
    notReady: () => {
      const phase = String(head.getSnapshot().value);
      if (phase !== 'serving' && phase !== 'draining') return `The agent is ${phase}`;
      return self.known ? null : 'The facts of the node are being read';
    },
    announce: (address) => {
      self.announce(options.address || address);
      if (link.up) link.factsChanged(self.facts);
    },
    stop: async ({ processes }) => {
      if (processes) await instances.endAll('the agent was asked to end its processes');
      if (head.getSnapshot().status === 'active') head.send({ type: 'agent.stop' });
      await ended;
      await letGo();
      if (processes) removeMembershipRoot(root);
    },
  };
}
