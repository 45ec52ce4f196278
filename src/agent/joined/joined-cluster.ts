// The API of an agent that belongs to a master: what runs here, to be seen and not to be changed. Changes go to the master.
import type {
  Caller,
  Cluster,
  ClusterChange,
  List,
  LogChunk,
  LogRequest,
  Page,
  UsageWatch,
} from '../../api/cluster.ts';
import type { AppView, Revision } from '../../model/app/app.ts';
import type { SlotRecord } from '../../model/assignment.ts';
import { Refusal } from '../../model/errors.ts';
import type { ClusterEvent } from '../../model/event.ts';
import type { HealthView, InstanceView } from '../../model/instance/instance.ts';
import type { UsageAnswer } from '../../model/instance/usage.ts';
import type { NodeView } from '../../model/node.ts';
import { mostItems, type FileView } from '../../protocol/files.ts';
import type { ActorView, InspectFrame } from '../../protocol/live.ts';
import type { PlanView, StatusView, WhyView } from '../../protocol/views.ts';
import type { CollectionSize, QueryResult, SeriesPoint } from '../../store/store.ts';
import type { RunningAgent } from '../agent.ts';
import { listFiles, readFile } from '../kept/files.ts';
import { readInstanceLogs } from '../kept/logs.ts';
import { watchChanges } from './changes.ts';
import { ownAppView, ownNodeView } from './own-node.ts';
import { matcher, pageOf } from './pages.ts';

/** Usage is watched for so long at a time, ms: whoever went away without a word watches nothing for long. */
const lookMs = 10_000;
/** Events shown with the reason of something. */
const mostEventsOfOne = 20;

export class JoinedCluster implements Cluster {
  readonly role = 'agent';
  readonly #agent: RunningAgent;
  readonly #startedAt = Math.round(Date.now() - process.uptime() * 1000); // this object is made with the first request

  constructor(agent: RunningAgent) {
    this.#agent = agent;
  }

  get #master(): string {
    return this.#agent.link.master;
  }

  // What changes something, and what only a master knows.
  readonly exec = (): Promise<never> => this.#managed();
  readonly deleteNode = (): Promise<never> => this.#managed();
  readonly setTags = (): Promise<never> => this.#managed();
  readonly setEnvs = (): Promise<never> => this.#managed();
  readonly nodeAction = (): Promise<never> => this.#managed();
  readonly putApp = (): Promise<never> => this.#managed();
  readonly planApp = (): Promise<PlanView> => this.#managed();
  readonly scaleApp = (): Promise<never> => this.#managed();
  readonly appAction = (): Promise<never> => this.#managed();
  readonly rollback = (): Promise<never> => this.#managed();
  readonly recoverApp = (): Promise<never> => this.#managed();
  readonly deleteApp = (): Promise<never> => this.#managed();
  readonly documents = (): Promise<QueryResult> => this.#managed();
  readonly sendToActor = (): Promise<never> => this.#managed();
  instanceAction(_id: string, _action: string, _by: Caller): Promise<never> {
    return this.#managed();
  }
  #managed(): Promise<never> {
    const text = `This agent belongs to the master at ${this.#master}`;
    return Promise.reject(new Refusal('managed-by-master', text, `Ask there: ${this.#master}`));
  }

  notReady(): string | null {
    return this.#agent.notReady();
  }
  async status(): Promise<StatusView> {
    const { identity, link, context } = this.#agent;
    const instances: Record<string, number> = {};
    for (const { status } of this.#views()) instances[status] = (instances[status] ?? 0) + 1;
    const noLink = { code: 'no-link', text: `No line to the master at ${this.#master}; what runs here runs on` };
    return {
      name: 'stathub',
      role: 'agent',
      version: context.options.version,
      hub: identity.hub,
      term: identity.term || null,
      startedAt: this.#startedAt,
      phase: this.#agent.phase(),
      store: null,
      masters: [],
      nodes: { [link.up ? 'ready' : 'suspect']: 1 },
      apps: this.#appNames().length,
      instances,
      notices: link.up ? [] : [{ ...noLink, at: Date.now() }],
    };
  }

  async nodes(query: string, page: Page): Promise<List<NodeView>> {
    return pageOf([this.#node()], query, page);
  }
  async node(id: string): Promise<NodeView> {
    const { node } = this.#agent.identity;
    if (id === node) return this.#node();
    throw new Refusal('node-not-found', `This agent is node ${node}`, `Ask the master for others: ${this.#master}`);
  }
  async nodeMetrics(): Promise<SeriesPoint[]> {
    return [];
  }
  #node(): NodeView {
    if (this.#agent.self.known) return ownNodeView(this.#agent);
    throw new Refusal('starting', 'The facts of the node are being read', 'Try again in a moment.');
  }

  /** Apps as far as they run here. */
  async apps(query: string, page: Page): Promise<List<AppView>> {
    return pageOf(
      this.#appNames().map((name) => this.#app(name)),
      query,
      page,
    );
  }
  async app(name: string): Promise<AppView> {
    return this.#app(name);
  }
  async revisions(name: string, { from, size }: Page): Promise<List<Revision>> {
    this.#app(name);
    return { items: [], total: 0, from, size };
  }
  async slots(name: string): Promise<SlotRecord[]> {
    this.#app(name);
    return [];
  }
  async why(name: string): Promise<WhyView> {
    return this.#why('app', name, this.#app(name));
  }
  #appNames(): string[] {
    return [...new Set([...this.#agent.instances.entries.values()].map(({ record }) => record.assignment.app))];
  }
  #app(name: string): AppView {
    const view = ownAppView(this.#agent, name);
    if (view) return view;
    throw new Refusal('app-not-found', `Nothing of an app ${name} is on this node`, `Ask the master: ${this.#master}`);
  }
  #why(kind: 'app' | 'instance', subject: string, { status, reason }: AppView | InstanceView): WhyView {
    const about = this.#agent.spool.newest.filter(({ event }) => event.subject[kind] === subject);
    const events = about
      .slice(-mostEventsOfOne)
      .reverse()
      .map(({ n, event }) => ({ seq: n, ...event }));
    return { subject, status, reason, funnel: [], nearest: [], waiting: [], decisions: [], events };
  }

  async instances(query: string, page: Page): Promise<List<InstanceView>> {
    return pageOf(this.#views(), query, page);
  }
  async instance(id: string): Promise<InstanceView> {
    return this.#agent.commands.view(id);
  }
  async whyInstance(id: string): Promise<WhyView> {
    return this.#why('instance', id, this.#agent.commands.view(id));
  }
  async health(id: string): Promise<HealthView[]> {
    return this.#agent.commands.health(id);
  }
  async files(id: string, path: string, from: number): Promise<FileView> {
    return listFiles(this.#agent.commands.filesOf(id), path, from, mostItems);
  }
  async readFile(...[id, path, piece, signal]: Parameters<Cluster['readFile']>): ReturnType<Cluster['readFile']> {
    return readFile(this.#agent.commands.filesOf(id), path, piece, signal);
  }
  async whereabouts(id: string): Promise<{ node: string; gone: boolean }> {
    this.#agent.commands.directoryOf(id);
    return { node: this.#agent.identity.node, gone: !this.#agent.instances.entries.has(id) };
  }
  logs(id: string, request: LogRequest, signal: AbortSignal): AsyncIterable<LogChunk> {
    return readInstanceLogs(() => this.#agent.commands.directoryOf(id), request, signal);
  }
  #views(): InstanceView[] {
    return [...this.#agent.instances.entries.keys()].map((id) => this.#agent.commands.view(id));
  }

  async usage(id: string): Promise<UsageAnswer & { points: SeriesPoint[] }> {
    return { ...this.#agent.commands.usage(id), points: [] };
  }
  watchUsage(of: UsageWatch): () => void {
    const look = (): void => this.#agent.usage.watch(of.kind === 'instance' ? [of.of] : null, 2 * lookMs);
    look();
    const timer = setInterval(look, lookMs).unref();
    return () => clearInterval(timer);
  }

  /** What the master has not acknowledged yet: the history is there. */
  async events({
    query,
    after,
    before,
    limit,
    newestFirst,
  }: Parameters<Cluster['events']>[0]): ReturnType<Cluster['events']> {
    const all: ClusterEvent[] = this.#agent.spool.newest.map(({ n, event }) => ({ seq: n, ...event }));
    const matches = matcher(query);
    const isWithin = ({ seq }: ClusterEvent): boolean => seq > after && (before === undefined || seq < before);
    const found = all.filter((event) => isWithin(event) && matches(event));
    const items = (newestFirst ? found.toReversed() : found).slice(0, limit);
    return { items, oldest: all[0]?.seq ?? 0, newest: all.at(-1)?.seq ?? 0 };
  }
  subscribe(listener: (change: ClusterChange) => void): () => void {
    return watchChanges(this.#agent, listener);
  }

  async collections(): Promise<CollectionSize[]> {
    return [];
  }

  async actors(): Promise<ActorView[]> {
    return this.#agent.roster.actors();
  }
  async inspect(actor: string, listener: (frame: InspectFrame) => void, signal: AbortSignal): Promise<void> {
    this.#agent.roster.watch(actor, listener, signal);
    if (signal.aborted) return;
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }
}
