// A master: everything put together, started and ended in order. Its head is the `master` machine.
import type { Cluster } from '../api/cluster.ts';
import { Roster } from '../live/roster.ts';
import { replaceAfterMs } from '../model/instance/partition.ts';
import { defaultSettings, type PlacementSettings } from '../placement/snapshot.ts';
import type { Store } from '../store/store.ts';
import type { StoreTrouble } from '../store/trouble.ts';
import { Apps } from './apps/apps.ts';
import { dropEndedRuns } from './apps/ended-runs.ts';
import type { Clock } from './clock.ts';
import { masterCluster } from './cluster.ts';
import type { MasterContext, MasterTimes } from './context.ts';
import { actorsOf, newHead, phaseOf, whenEnded, whenServing, type Head } from './head.ts';
import { InstanceActions } from './instances/instance-actions.ts';
import type { Commands } from './link/commands.ts';
import type { LinkServer } from './link/link-server.ts';
import type { PollSessions } from './link/poll-sessions.ts';
import { newContext } from './new-context.ts';
import { NodeActions } from './nodes/node-actions.ts';
import { assemble, type Parts } from './parts.ts';
import { Phases } from './phases.ts';
import { Planner } from './planning/planner.ts';
import { Blobs } from './remote/blobs.ts';
import type { ClusterParts } from './requests/parts.ts';

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

interface PutTogether {
  context: MasterContext;
  parts: Parts;
  phases: Phases;
  head: Head;
  cluster: Cluster;
}

/** A master of which nothing has been asked yet: its head is not started. */
export function putTogether(options: MasterOptions): PutTogether {
  const { context, trouble } = newContext(options);
  const parts: Parts = assemble(context, {
    serves: () => head.getSnapshot().matches('serving'),
    outranked: (above) => head.send({ type: 'term.outranked', above }),
  });
  const newPlanner = plannersOf(context, parts, options.placement);
  const phases = new Phases(context, parts, () => newPlanner({ keeps: true }));
  const head: Head = newHead(phases);

  const roster = new Roster('master', () => context.clock.now());
  roster.add(actorsOf({ head, placer: () => phases.placer, nodes: parts.nodes, view: context.view }));
  const cluster = masterCluster({
    ...actionsOf(context, parts),
    roster,
    storeAbout: options.storeAbout,
    trouble,
    phase: () => phaseOf(head),
    planner: newPlanner({ keeps: false }),
    startedAt: context.clock.now(),
  });
  parts.keeping.sweepApps = () => dropEndedRuns(context, (app, by) => cluster.deleteApp(app, by));
  return { context, parts, phases, head, cluster };
}

/**
 * Recovers and leads.
 * @throws Error when recovery fails (the store is not readable or takes no writes, another master leads); its cause is why
 */
export async function startMaster(options: MasterOptions): Promise<RunningMaster> {
  const { context, parts, phases, head, cluster } = putTogether(options);
  const ended = whenEnded(head, context.warn);
  const serving = whenServing(head, ended, () => phases.unrecovered);
  head.start();
  await serving;
  return {
    cluster,
    links: parts.links,
    polls: parts.polls,
    blobs: new Blobs(context, parts.commands),
    commands: parts.commands,
    context,
    ended,
    stop: async () => {
      head.send({ type: 'master.stop' });
      await ended;
    },
  };
}

/** @returns makes planners that go by the same settings; `keeps`: its thread stays for the next question */
function plannersOf(context: MasterContext, { loss }: Parts, given: MasterOptions['placement']) {
  const settings = { ...defaultSettings, stopSelfMs: replaceAfterMs(context.times.lostMs), ...given };
  const frozenUntil = (): number | null => loss.frozenUntil;
  return ({ keeps }: { keeps: boolean }): Planner => new Planner({ context, frozenUntil, settings, keeps });
}

type Actions = Pick<
  ClusterParts,
  'context' | 'commands' | 'attention' | 'frozenUntil' | 'apps' | 'nodeActions' | 'instanceActions'
>;

/** What users do, each by the parts that it takes. */
function actionsOf(context: MasterContext, parts: Parts): Actions {
  const { records, places, contents, nodes, desired, drains, commands, attention, epochs, loss } = parts;
  return {
    context,
    commands,
    attention,
    frozenUntil: () => loss.frozenUntil,
    apps: new Apps(context, records, places, contents),
    nodeActions: new NodeActions(context, records, nodes, desired, drains),
    instanceActions: new InstanceActions(context, records, commands, epochs, places),
  };
}
