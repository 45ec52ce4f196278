// What the API can ask of a master: delegates to the parts.
import type {
  Caller,
  Cluster,
  ClusterChange,
  ExecHandle,
  List,
  LogChunk,
  LogRequest,
  Page,
  UsageWatch,
} from '../api/cluster.ts';
import type { AppSpec, AppView, Revision } from '../model/app/app.ts';
import type { SlotRecord } from '../model/assignment.ts';
import { Refusal } from '../model/errors.ts';
import type { ClusterEvent, NewEvent } from '../model/event.ts';
import type { HealthView, InstanceView } from '../model/instance/instance.ts';
import type { NodeView } from '../model/node.ts';
import type { UsageAnswer } from '../model/instance/usage.ts';
import type { ExecRequest } from '../protocol/exec.ts';
import type { ActorView, InspectFrame } from '../protocol/live.ts';
import type { PlanView, StatusView, WhyView } from '../protocol/views.ts';
import type { Roster } from '../live/roster.ts';
import type { CollectionSize, QueryResult, SeriesPoint } from '../store/store.ts';
import { StoreError } from '../store/store.ts';
import type { StoreTrouble, Trouble } from '../store/trouble.ts';
import { appView } from './shown/app-status.ts';
import type { Apps, Given, PutOptions } from './apps.ts';
import type { Attention } from './attention.ts';
import type { Commands } from './link/commands.ts';
import type { MasterContext } from './context.ts';
import type { InstanceActions } from './instance-actions.ts';
import { bySlot, byText, page } from './shown/lists.ts';
import type { NodeActions } from './node-actions.ts';
import type { Planner } from './planning/planner.ts';
import { RemoteActors } from './remote/actors.ts';
import type { FileView } from '../protocol/files.ts';
import { readRemoteFile, remoteFiles } from './remote/files.ts';
import { execRemote } from './remote/exec.ts';
import { followLogs } from './remote/logs.ts';
import { whereabouts } from './remote/whereabouts.ts';
import { knownCollection } from './shown/collections.ts';
import { revisionKey } from './records.ts';
import { instanceViews, nodeView } from './shown/shown.ts';
import { soundUsageAnswer } from './link/sound.ts';
import { statusView } from './shown/status.ts';
import { planApp, whyApp, whyInstance } from './shown/why.ts';

export interface ClusterParts {
  context: MasterContext;
  roster: Roster;
  commands: Commands;
  attention: Attention;
  apps: Apps;
  nodeActions: NodeActions;
  instanceActions: InstanceActions;
  storeAbout: { kind: string; detail: string };
  trouble: StoreTrouble;
  /** State of the master's machine. */
  phase(): string;
  frozenUntil(): number | null;
  planner: Planner;
  startedAt: number;
}

/** An agent that does not answer within this is not waited for, ms. */
const askUsageMs = 1000;

export class MasterCluster implements Cluster {
  readonly role = 'master';
  private readonly parts: ClusterParts;
  private readonly remote: RemoteActors;

  constructor(parts: ClusterParts) {
    this.parts = parts;
    this.remote = new RemoteActors(parts.context, parts.roster, parts.commands);
  }

  private get context(): MasterContext {
    return this.parts.context;
  }

  /** @throws Refusal starting, while this master does not lead */
  private ready(): void {
    const why = this.notReady();
    if (why) throw new Refusal('starting', why, 'Try again in a moment.');
  }

  async status(): Promise<StatusView> {
    return statusView(this.parts);
  }

  storeTrouble(): Trouble | null {
    return this.parts.trouble.current;
  }

  notReady(): string | null {
    const phase = this.parts.phase();
    return phase === 'serving'
      ? null
      : phase === 'recovering'
        ? 'The master is reading its store'
        : 'The master is stopping';
  }

  nodes(query: string, at: Page): Promise<List<NodeView>> {
    const { view, clock } = this.context;
    return page(
      [...view.nodes.values()].map((entry) => nodeView(view, entry)),
      query,
      at,
      clock.now(),
      (a, b) => byText(a.hostname, b.hostname) || byText(a.id, b.id),
    );
  }

  async node(id: string): Promise<NodeView> {
    return nodeView(this.context.view, this.parts.nodeActions.entry(id));
  }
  async deleteNode(id: string, by: Caller): Promise<void> {
    this.ready();
    await this.parts.nodeActions.delete(id, by);
  }
  async exec(
    id: string,
    request: ExecRequest,
    output: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void,
    by: Caller,
    signal: AbortSignal,
  ): Promise<ExecHandle> {
    this.ready();
    return execRemote(this.parts, this.parts.instanceActions.view(id), request, output, by, signal);
  }
  async setTags(id: string, tags: string[], by: Caller): Promise<NodeView> {
    this.ready();
    return this.parts.nodeActions.setTags(id, tags, by);
  }
  async setEnvs(id: string, envs: Record<string, string>, by: Caller): Promise<NodeView> {
    this.ready();
    return this.parts.nodeActions.setEnvs(id, envs, by);
  }
  async nodeAction(
    id: string,
    action: 'cordon' | 'uncordon' | 'drain' | 'take-over',
    by: Caller,
    options: { deadlineMs?: number | null } = {},
  ): Promise<NodeView> {
    this.ready();
    return this.parts.nodeActions.action(id, action, by, options);
  }
  async nodeMetrics(id: string, from: number, to: number): Promise<SeriesPoint[]> {
    return this.context.store.readPoints(`node/${this.parts.nodeActions.entry(id).id}`, from, to);
  }

  apps(query: string, at: Page): Promise<List<AppView>> {
    const {
      view,
      clock,
      leadership: { hub },
    } = this.context;
    return page(
      [...view.apps.values()].map((entry) => appView(view, entry, hub)),
      query,
      at,
      clock.now(),
      (a, b) => byText(a.name, b.name),
    );
  }

  async app(name: string): Promise<AppView> {
    return this.parts.apps.view(name);
  }
  async putApp(
    spec: AppSpec,
    given: Given,
    options: PutOptions,
    by: Caller,
  ): Promise<{ app: AppView; created: boolean; changed: boolean }> {
    this.ready();
    return this.parts.apps.put(spec, given, options, by);
  }
  async planApp(spec: AppSpec, given: Given): Promise<PlanView> {
    this.ready();
    return planApp(this.parts, spec, given);
  }
  async scaleApp(name: string, scale: number, ifMatch: string | null, by: Caller): Promise<AppView> {
    this.ready();
    return this.parts.apps.scale(name, scale, ifMatch, by);
  }
  async appAction(name: string, action: 'start' | 'stop' | 'restart', by: Caller): Promise<AppView> {
    this.ready();
    const started = this.parts.apps.entry(name).record.doc.start;
    const view = await this.parts.apps.action(name, action, by);
    if (action === 'start' && started) this.parts.instanceActions.revive(name, by);
    return view;
  }
  async rollback(name: string, revision: number, by: Caller): Promise<AppView> {
    this.ready();
    return this.parts.apps.rollback(name, revision, by);
  }
  async deleteApp(name: string, by: Caller): Promise<AppView> {
    this.ready();
    return this.parts.apps.delete(name, by);
  }

  /** Newest first. */
  async revisions(name: string, { from, size }: Page): Promise<List<Revision>> {
    const newest = this.parts.apps.entry(name).record.doc.revision;
    const { items } = await this.context.store.scan<Revision>('revisions', {
      prefix: revisionKey(name, 0).replace(/\d+$/, ''),
    });
    const known = items
      .map(({ doc }) => doc)
      .filter(({ revision }) => revision <= newest)
      .reverse();
    return { items: known.slice(from, from + size), total: known.length, from, size };
  }

  async slots(name: string): Promise<SlotRecord[]> {
    return [...this.parts.apps.entry(name).slots.values()].map(({ doc }) => doc).sort((a, b) => a.slot - b.slot);
  }
  async why(name: string): Promise<WhyView> {
    return whyApp(this.parts, this.parts.apps.entry(name));
  }

  instances(query: string, at: Page): Promise<List<InstanceView>> {
    return page(instanceViews(this.context.view), query, at, this.context.clock.now(), bySlot);
  }
  async instance(id: string): Promise<InstanceView> {
    return this.parts.instanceActions.view(id);
  }
  async whyInstance(id: string): Promise<WhyView> {
    return whyInstance(this.parts, this.parts.instanceActions.view(id));
  }
  async instanceAction(id: string, action: 'restart' | 'kill' | 'stop' | 'adopt', by: Caller): Promise<InstanceView> {
    this.ready();
    return this.parts.instanceActions.action(id, action, by);
  }
  async health(id: string): Promise<HealthView[]> {
    return this.parts.instanceActions.view(id).health;
  }

  async usage(id: string, from: number, to: number): Promise<UsageAnswer & { points: SeriesPoint[] }> {
    const { usage, node } = this.parts.instanceActions.view(id);
    const [answer, points] = await Promise.all([
      // Its node knows better than the last report, where it answers at once.
      this.parts.commands.ask(node, 'usage', id, {}, { expiresInMs: askUsageMs }).then(soundUsageAnswer, () => null),
      this.context.store.readPoints(`instance/${id}`, from, to),
    ]);
    return { now: answer?.now ?? usage, recent: answer?.recent ?? null, points };
  }
  watchUsage(of: UsageWatch): () => void {
    return this.parts.attention.watch(of);
  }

  files(id: string, path: string, from: number): Promise<FileView> {
    return remoteFiles(this.context, this.parts.commands, id, path, from);
  }
  readFile(...[id, path, piece, signal]: Parameters<Cluster['readFile']>): ReturnType<Cluster['readFile']> {
    return readRemoteFile(this.context, this.parts.commands, id, path, piece, signal);
  }
  whereabouts(id: string): Promise<{ node: string; gone: boolean }> {
    return whereabouts(this.context, id);
  }
  async *logs(id: string, request: LogRequest, signal: AbortSignal): AsyncGenerator<LogChunk> {
    const { node } = await this.whereabouts(id);
    yield* followLogs(this.parts.commands, node, id, request, signal);
  }

  events({
    query,
    after,
    before,
    limit,
    newestFirst,
  }: Parameters<Cluster['events']>[0]): Promise<{ items: ClusterEvent[]; oldest: number; newest: number }> {
    return asRefusal(
      this.context.events.read({
        after,
        limit,
        newestFirst,
        ...(query ? { query } : {}),
        ...(before === undefined ? {} : { before }),
      }),
    );
  }

  subscribe(listener: (change: ClusterChange) => void): () => void {
    return this.context.view.changes.subscribe(listener);
  }

  collections(): Promise<CollectionSize[]> {
    return this.context.store.collections();
  }
  async documents(collection: string, query: string, { from, size, sort }: Page): Promise<QueryResult> {
    await knownCollection(this.context.store, collection);
    return asRefusal(
      this.context.store.query(collection, query, { from, size, ...(sort === undefined ? {} : { sort }) }),
    );
  }

  actors(): Promise<ActorView[]> {
    return this.remote.actors();
  }
  inspect(actor: string, listener: (frame: InspectFrame) => void, signal: AbortSignal): Promise<void> {
    return this.remote.inspect(actor, listener, signal);
  }
  sendToActor(actor: string, event: { type: string }, by: Caller): Promise<void> {
    return this.remote.send(actor, event, by);
  }
  note({ kind, subject, message, loudness, detail }: NewEvent): void {
    this.context.events.note(kind, subject, message, { loudness, detail });
  }
}

/** What the store refuses because of the query is the caller's to mend. */
async function asRefusal<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof StoreError && error.code === 'store-refused')
      throw new Refusal('invalid-query', error.message, error.hint);
    throw error;
  }
}
