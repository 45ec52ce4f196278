// The API of an agent that belongs to a master: what runs here, to be seen and not to be changed. Changes go to the master.
import type { Caller, Cluster, ClusterChange, List, LogChunk, LogRequest, Page, UsageWatch } from '../api/cluster.ts';
import type { AppSpec, AppView, Revision } from '../model/app/app.ts';
import type { SlotRecord } from '../model/assignment.ts';
import { Refusal } from '../model/errors.ts';
import type { ClusterEvent } from '../model/event.ts';
import type { HealthView, InstanceView } from '../model/instance/instance.ts';
import type { NodeView } from '../model/node.ts';
import type { UsageAnswer } from '../model/instance/usage.ts';
import type { ActorView, InspectFrame } from '../protocol/live.ts';
import type { PlanView, StatusView, WhyView } from '../protocol/views.ts';
import { maskSecrets } from '../model/secrets.ts';
import { compile } from '../query/compile.ts';
import { parse } from '../query/parse.ts';
import type { CollectionSize, QueryResult, SeriesPoint } from '../store/store.ts';
import type { RunningAgent } from './agent.ts';
import { mostItems, type FileView } from '../protocol/files.ts';
import { listFiles, readFile } from './kept/files.ts';
import { readInstanceLogs } from './kept/logs.ts';

const gatherMs = 50,
  lookMs = 10_000;

export class JoinedCluster implements Cluster {
  readonly role = 'agent';
  readonly #agent: RunningAgent;
  readonly #startedAt = Math.round(Date.now() - process.uptime() * 1000); // this object is made with the first request

  constructor(agent: RunningAgent) {
    this.#agent = agent;
  }

  get #master(): string {
    return this.#agent.context.options.master ?? '';
  }
  #managed(): Promise<never> {
    return Promise.reject(
      new Refusal(
        'managed-by-master',
        `This agent belongs to the master at ${this.#master}`,
        `Ask there: ${this.#master}`,
      ),
    );
  }
  #views(): InstanceView[] {
    return [...this.#agent.instances.entries.keys()].map((id) => this.#agent.commands.view(id));
  }

  async status(): Promise<StatusView> {
    const { identity, link, context } = this.#agent,
      instances: Record<string, number> = {};
    for (const { status } of this.#views()) instances[status] = (instances[status] ?? 0) + 1;
    const notices = link.up
      ? []
      : [{ code: 'no-link', text: `No line to the master at ${this.#master}; what runs here runs on`, at: Date.now() }];
    return {
      name: 'stathub',
      role: 'agent',
      version: context.options.version,
      hub: identity.hub,
      term: identity.term || null,
      startedAt: this.#startedAt,
      phase: this.#agent.phase(),
      store: null,
      nodes: { [link.up ? 'ready' : 'suspect']: 1 },
      apps: (await this.apps('', { from: 0, size: 0 })).total,
      instances,
      notices,
    };
  }

  notReady(): string | null {
    return this.#agent.notReady();
  }

  #node(): NodeView {
    if (!this.#agent.self.known)
      throw new Refusal('starting', 'The facts of the node are being read', 'Try again in a moment.');
    const { self, identity, link, context } = this.#agent,
      facts = self.facts,
      running = this.#views().filter(({ pid }) => pid !== null);
    const sum = (of: (spec: AppSpec) => number | null): number =>
      running.reduce((total, { id }) => total + (of(this.#agent.commands.entry(id).record.spec) ?? 0), 0);
    return {
      ...facts,
      id: identity.node,
      status: link.up ? 'ready' : 'suspect',
      reason: link.up
        ? null
        : {
            code: 'no-link',
            text: 'The master does not answer; what runs here runs on.',
            next: { what: 'tries again', at: null },
          },
      tags: context.tags,
      envs: {},
      load: self.load,
      beatAt: Date.now(),
      link: link.up ?? 'none',
      allocated: {
        cpus: sum((s) => s.resAlloc.cpus),
        mem: sum((s) => s.resAlloc.mem),
        disk: sum((s) => s.resAlloc.disk),
        instances: running.length,
      },
    };
  }

  async nodes(query: string, page: Page): Promise<List<NodeView>> {
    return pageOf([this.#node()], query, page);
  }
  async node(id: string): Promise<NodeView> {
    if (id !== this.#agent.identity.node)
      throw new Refusal(
        'node-not-found',
        `This agent is node ${this.#agent.identity.node}`,
        `Ask the master for others: ${this.#master}`,
      );
    return this.#node();
  }
  exec(): Promise<never> {
    return this.#managed();
  }
  deleteNode(): Promise<never> {
    return this.#managed();
  }
  setTags(): Promise<never> {
    return this.#managed();
  }
  setEnvs(): Promise<never> {
    return this.#managed();
  }
  nodeAction(): Promise<never> {
    return this.#managed();
  }
  async nodeMetrics(): Promise<SeriesPoint[]> {
    return [];
  }

  /** Apps as far as they run here. */
  async apps(query: string, page: Page): Promise<List<AppView>> {
    return pageOf(
      [...new Set(this.#views().map(({ app }) => app))].map((name) => this.#app(name)),
      query,
      page,
    );
  }
  async app(name: string): Promise<AppView> {
    return this.#app(name);
  }
  #app(name: string): AppView {
    const own = [...this.#agent.instances.entries.values()].filter(({ record }) => record.assignment.app === name),
      newest = own.toSorted((a, b) => b.record.assignment.revision - a.record.assignment.revision)[0];
    if (!newest)
      throw new Refusal(
        'app-not-found',
        `Nothing of an app ${name} is on this node`,
        `Ask the master: ${this.#master}`,
      );
    const views = own.map(({ id }) => this.#agent.commands.view(id)),
      running = views.filter(({ status }) => status === 'running').length;
    const { assignment, spec } = newest.record;
    return {
      name,
      revision: assignment.revision,
      scale: own.length,
      start: true,
      deleting: false,
      restartedAt: null,
      createdAt: assignment.at,
      updatedAt: assignment.at,
      spec,
      version: '',
      status: running === views.length ? 'running' : 'degraded',
      reason: null,
      owner: assignment.owner === 'local' ? 'local' : 'hub',
      instances: {
        wanted: own.length,
        running,
        healthy: views.filter(
          ({ status, health }) => status === 'running' && health.every((h) => h.status !== 'failing'),
        ).length,
        total: own.length,
      },
    };
  }
  putApp(): Promise<never> {
    return this.#managed();
  }
  planApp(): Promise<PlanView> {
    return this.#managed();
  }
  scaleApp(): Promise<never> {
    return this.#managed();
  }
  appAction(): Promise<never> {
    return this.#managed();
  }
  rollback(): Promise<never> {
    return this.#managed();
  }
  deleteApp(): Promise<never> {
    return this.#managed();
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
    const { status, reason } = this.#app(name);
    return {
      subject: name,
      status,
      reason,
      funnel: [],
      nearest: [],
      waiting: [],
      decisions: [],
      events: this.#eventsAbout('app', name),
    };
  }

  async instances(query: string, page: Page): Promise<List<InstanceView>> {
    return pageOf(this.#views(), query, page);
  }
  async instance(id: string): Promise<InstanceView> {
    return this.#agent.commands.view(id);
  }
  async whyInstance(id: string): Promise<WhyView> {
    const { status, reason } = this.#agent.commands.view(id);
    return {
      subject: id,
      status,
      reason,
      funnel: [],
      nearest: [],
      waiting: [],
      decisions: [],
      events: this.#eventsAbout('instance', id),
    };
  }
  instanceAction(_id: string, _action: string, _by: Caller): Promise<never> {
    return this.#managed();
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
  async usage(id: string): Promise<UsageAnswer & { points: SeriesPoint[] }> {
    return { ...this.#agent.commands.usage(id), points: [] };
  }
  watchUsage(of: UsageWatch): () => void {
    const look = (): void => this.#agent.usage.watch(of.kind === 'instance' ? [of.of] : null, 2 * lookMs);
    look();
    const timer = setInterval(look, lookMs).unref();
    return () => clearInterval(timer);
  }
  logs(id: string, request: LogRequest, signal: AbortSignal): AsyncIterable<LogChunk> {
    return readInstanceLogs(() => this.#agent.commands.directoryOf(id), request, signal);
  }

  /** What the master has not acknowledged yet: the history is there. */
  async events({
    query,
    after,
    before,
    limit,
    newestFirst,
  }: Parameters<Cluster['events']>[0]): Promise<{ items: ClusterEvent[]; oldest: number; newest: number }> {
    const all = this.#agent.spool.newest.map(({ n, event }) => ({ seq: n, ...event })),
      matches = matcher(query);
    const found = all.filter(
      (event) => event.seq > after && (before === undefined || event.seq < before) && matches(event),
    );
    return {
      items: (newestFirst ? found.toReversed() : found).slice(0, limit),
      oldest: all[0]?.seq ?? 0,
      newest: all.at(-1)?.seq ?? 0,
    };
  }
  #eventsAbout(kind: 'app' | 'instance', id: string): ClusterEvent[] {
    return this.#agent.spool.newest
      .filter(({ event }) => event.subject[kind] === id)
      .slice(-20)
      .reverse()
      .map(({ n, event }) => ({ seq: n, ...event }));
  }

  subscribe(listener: (change: ClusterChange) => void): () => void {
    let gathered: ClusterChange | null = null;
    const gather = (): ClusterChange => {
      if (!gathered) {
        gathered = { apps: new Set(), nodes: new Set(), instances: new Set(), usage: new Set(), events: false };
        setTimeout(() => {
          const change = gathered!;
          gathered = null;
          listener(change);
        }, gatherMs).unref();
      }
      return gathered;
    };
    const ends = [
      this.#agent.usage.onSampled((ids) => {
        for (const id of ids) gather().usage.add(id);
      }),
      this.#agent.instances.onChange((ids) => {
        const change = gather();
        change.events = true;
        for (const id of ids) {
          change.instances.add(id);
          const app = this.#agent.instances.entries.get(id)?.record.assignment.app;
          if (app !== undefined) change.apps.add(app);
        }
      }),
    ];
    return () => {
      for (const end of ends) end();
    };
  }

  async collections(): Promise<CollectionSize[]> {
    return [];
  }
  documents(): Promise<QueryResult> {
    return this.#managed();
  }
  async actors(): Promise<ActorView[]> {
    return this.#agent.roster.actors();
  }
  async inspect(actor: string, listener: (frame: InspectFrame) => void, signal: AbortSignal): Promise<void> {
    this.#agent.roster.watch(actor, listener, signal);
    if (!signal.aborted)
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }
  sendToActor(): Promise<never> {
    return this.#managed();
  }
}

/** @throws Refusal invalid-query */
function matcher(query: string): (document: unknown) => boolean {
  if (query.trim() === '' || query.trim() === '*') return () => true;
  const parsed = parse(query);
  if (!parsed.ok)
    throw new Refusal(
      'invalid-query',
      `The query is not valid at ${parsed.error.offset}: ${parsed.error.message}`,
      parsed.error.hint,
    );
  return compile(parsed.query, { now: Date.now() });
}

function pageOf<T>(documents: T[], query: string, { from, size, masked }: Page): List<T> {
  const found = (masked ? maskSecrets(documents) : documents).filter(matcher(query));
  return { items: found.slice(from, from + size), total: found.length, from, size };
}
