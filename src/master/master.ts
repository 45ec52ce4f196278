// A master: everything put together, started and ended in order. Its head is the `master` machine.
import { createActor, fromCallback, fromPromise } from 'xstate';
import type { Actor } from 'xstate';
import { masterMachine } from '../../machines/master.ts';
import type { Above, MasterEvent, RecoverInput } from '../../machines/master.ts';
import type { Cluster } from '../api/cluster.ts';
import { Roster } from '../live/roster.ts';
import { replaceAfterMs } from '../model/instance/partition.ts';
import { defaultSettings } from '../placement/snapshot.ts';
import type { PlacementSettings } from '../placement/snapshot.ts';
import type { Store } from '../store/store.ts';
import type { StoreTrouble } from '../store/trouble.ts';
import { actorsOf, phaseOf, whenEnded, whenServing } from './head.ts';
import { Apps } from './apps/apps.ts';
import { Attention } from './instances/attention.ts';
import { Blobs } from './remote/blobs.ts';
import type { Clock } from './clock.ts';
import { masterCluster } from './cluster.ts';
import { Commands } from './link/commands.ts';
import { Committer } from './planning/commit.ts';
import { Contents } from './remote/contents.ts';
import type { MasterContext, MasterTimes } from './context.ts';
import { Desired } from './instances/desired.ts';
import { Drains } from './nodes/drains.ts';
import { Epochs } from './planning/epochs.ts';
import { InstanceActions } from './instances/instance-actions.ts';
import { dropEndedRuns } from './apps/ended-runs.ts';
import { Keeping } from './keeping.ts';
import { LastKnown } from './instances/last-known.ts';
import { dispatch } from './link/link-frames.ts';
import { LinkServer } from './link/link-server.ts';
import { Loss } from './nodes/loss.ts';
import { NodeActions } from './nodes/node-actions.ts';
import { newContext } from './new-context.ts';
import { Nodes } from './nodes/nodes.ts';
import { noteStatus } from './nodes/node-events.ts';
import { ObservedInstances } from './instances/observed.ts';
import { Places } from './planning/places.ts';
import { Placer } from './planning/placer.ts';
import { Planner } from './planning/planner.ts';
import { PollSessions } from './link/poll-sessions.ts';
import { Records } from './records.ts';
import { recover } from './recovery/recovery.ts';

export interface MasterOptions {
  store: Store;
  /** For `status`: what the store is and where. */
  storeAbout: { kind: string; detail: string };
  /** Where failures of writing are noted, if the caller has its own to note. */
  trouble?: StoreTrouble;
  version: string;
  times?: Partial<MasterTimes>;
  placement?: Partial<PlacementSettings>;
  clock?: Clock;
  /** What went wrong and was survived. */
  warn?: (message: string, error?: unknown) => void;
}

export interface RunningMaster {
  readonly cluster: Cluster;
  /** For `linkRoutes`. */
  readonly links: LinkServer;
  readonly polls: PollSessions;
  readonly blobs: Blobs;
  /** What agents are asked for. */
  readonly commands: Commands;
  readonly context: MasterContext;
  /** Resolves when it has ended: null after `stop`, else why it ended by itself. */
  readonly ended: Promise<string | null>;
  /** Ends links, timers and placement in order and writes what is written behind. The store stays open: it is the caller's. */
  stop(): Promise<void>;
}

/**
 * Recovers and leads.
 * @throws Error when recovery fails (the store is not readable or takes no writes, another master leads); its cause is why
 */
export async function startMaster(options: MasterOptions): Promise<RunningMaster> {
  const { context, trouble } = newContext(options);
  const { clock, events, store, times, version, view, warn } = context;

  const epochs = new Epochs(store);
  const records = new Records(context);
  const places = new Places(context, records);
  const lastKnown = new LastKnown(context);
  const observed = new ObservedInstances(context, places, lastKnown);
  const desired = new Desired(context, (node, assignments) => observed.acknowledged(node, assignments));
  const linkOf = (node: string) => links.links.get(node) ?? null;
  const commands = new Commands(context, linkOf);
  const attention = new Attention(context, commands);
  const contents = new Contents(context, records, commands);
  const disconnect = (node: string, code: number, reason: string): void => links.disconnect(node, code, reason);
  const nodes = new Nodes(context, records, {
    welcomed: (link, hello) => {
      observed.whole(link, hello.instances);
      desired.tellAll(link);
    },
    became: (entry, before) => noteStatus(context, entry, before),
    outranked: async (seen) => {
      if (seen.term > context.leadership.term) {
        head.send({ type: 'term.outranked', above: seen });
        return 'new-term';
      }
      if (seen.epoch > epochs.highest) await epochs.begin(seen.epoch);
      return 'same-term';
    },
    disconnect,
    linkOf,
  });
  const drains = new Drains(context, records, nodes, commands);
  const links: LinkServer = new LinkServer(context, {
    admit: (hello, open) =>
      head.getSnapshot().matches('serving')
        ? nodes.admit(hello, open)
        : Promise.resolve({
            admitted: false,
            code: 'starting',
            detail: 'This master is starting',
            hint: 'Try again.',
            final: false,
          }),
    frame: dispatch({ context, nodes, observed, desired, commands, contents, disconnect, drains }),
    closed: (link) => {
      desired.forget(link);
      observed.linkClosed(link);
      commands.closed(link.node);
      nodes.linkClosed(link);
    },
  });
  const polls = new PollSessions(links);
  const loss = new Loss(context, nodes, disconnect);
  const keeping = new Keeping(context);
  const planning = {
    context,
    frozenUntil: () => loss.frozenUntil,
    settings: { ...defaultSettings, stopSelfMs: replaceAfterMs(times.lostMs), ...options.placement },
  };
  const roster = new Roster('master', () => clock.now());
  let placer: Placer | null = null;

  const serve = (): (() => void) => {
    const mine = (placer = new Placer(
      context,
      new Committer(context, records, epochs, places),
      new Planner({ ...planning, keeps: true }),
      drains,
    ));
    view.attach({ dutiesChanged: (node) => desired.changed(node), touched: mine.changed });
    loss.start();
    keeping.start();
    mine.start();
    const { hub, term } = context.leadership;
    events.note('master.leads', {}, `This master leads hub ${hub}, term ${term}`, { detail: { version } });
    return () => {
      loss.stop();
      keeping.stop();
      links.disconnectAll('a new term begins, or the master is stopping');
      view.attach({ dutiesChanged: () => {}, touched: () => {} });
      leaving = mine.stop();
    };
  };
  let leaving: Promise<void> = Promise.resolve();
  let unrecovered: unknown = null;
  const shutDown = async (): Promise<void> => {
    links.stop();
    polls.stop();
    commands.stop();
    attention.stop();
    await leaving;
    await lastKnown.close();
    await keeping.close();
    nodes.forgetAll();
    await events.close();
  };
  const head: Actor<typeof masterMachine> = createActor(
    masterMachine.provide({
      actors: {
        recover: fromPromise<void, RecoverInput>(async ({ input }: { input: { above: Above } }) => {
          await leaving;
          await lastKnown.close();
          await recover(context, nodes, epochs, input.above).catch((error: unknown) => {
            unrecovered = error;
            throw error;
          });
        }),
        serve: fromCallback<MasterEvent, object>(serve),
        shutDown: fromPromise<void, object>(shutDown),
      },
    }),
    { id: 'master', input: {} },
  );

  roster.add(actorsOf({ head, placer: () => placer, nodes, view }));
  const cluster = masterCluster({
    context,
    roster,
    commands,
    attention,
    storeAbout: options.storeAbout,
    trouble,
    phase: () => phaseOf(head),
    frozenUntil: () => loss.frozenUntil,
    planner: new Planner({ ...planning, keeps: false }),
    startedAt: clock.now(),
    apps: new Apps(context, records, places, contents),
    nodeActions: new NodeActions(context, records, nodes, desired, drains),
    instanceActions: new InstanceActions(context, records, commands, epochs, places),
  });
  keeping.sweepApps = () => dropEndedRuns(context, (app, by) => cluster.deleteApp(app, by));

  const ended = whenEnded(head, warn);
  const serving = whenServing(head, ended, () => unrecovered);
  head.start();
  await serving;
  return {
    cluster,
    links,
    polls,
    blobs: new Blobs(context, commands),
    commands,
    context,
    ended,
    stop: async () => {
      head.send({ type: 'master.stop' });
      await ended;
    },
  };
}
