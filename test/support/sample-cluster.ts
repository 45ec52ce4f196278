// A cluster in memory with the real query language and the real app schema, to try what stands between it and the network:
// paging, problems, streams, slow readers. Where it answers, it answers as the hub does; it runs nothing.
import type { Trouble } from '../../src/store/trouble.ts';
import type {
  Caller,
  Cluster,
  ClusterChange,
  List,
  LogChunk,
  LogRequest,
  Page,
  UsageWatch,
  ExecHandle,
} from '../../src/api/cluster.ts';
import type { ExecRequest } from '../../src/protocol/exec.ts';
import type { AppSpec, AppView, Revision } from '../../src/model/app/app.ts';
import { parseApp } from '../../src/model/app/app-schema.ts';
import { Refusal } from '../../src/model/errors.ts';
import type { ClusterEvent } from '../../src/model/event.ts';
import type { InstanceView } from '../../src/model/instance/instance.ts';
import type { NodeView } from '../../src/model/node.ts';
import type { FileItem, FileView } from '../../src/protocol/files.ts';
import type { ActorView, InspectFrame } from '../../src/protocol/live.ts';
import type { SeriesPoint } from '../../src/store/store.ts';
import { compile } from '../../src/query/compile.ts';
import { parse } from '../../src/query/syntax/parse.ts';

export function specOf(name: string, more: object = {}): AppSpec {
  const parsed = parseApp({ name, toProcess: 'sleep', args: ['1000'], ...more });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.spec;
}

function instanceOf(id: string, more: Partial<InstanceView> = {}): InstanceView {
  const [, app, slot] = /^(.+)\.(\d+)\.[^.]+$/.exec(id)!;
  return {
    id,
    app: app!,
    slot: Number(slot),
    place: 'a',
    node: 'n1',
    revision: 1,
    epoch: 1,
    owner: 'h',
    goal: 'run',
    status: 'running',
    state: 'running',
    pid: 4711,
    ports: [20_000],
    debugPort: null,
    user: null,
    consolePort: null,
    startedAt: 1,
    readyAt: 2,
    restarts: 0,
    launch: 1,
    exit: null,
    health: [],
    usage: null,
    reason: null,
    escalated: null,
    at: 3,
    ...more,
  };
}

function nodeOf(id: string, more: Partial<NodeView> = {}): NodeView {
  return {
    id,
    hostname: `host-${id}`,
    agentAddress: `http://10.0.0.${id.replace(/\D/g, '') || 1}:51025`,
    os: { name: 'Linux', version: '6', cpus: 4, architecture: 'x64', distribution: 'Debian GNU/Linux 12' },
    hardware: { vendor: '', model: '', cpu: '' },
    memory: { total: 8e9, ram: 8e9 },
    networks: [],
    disks: [],
    tags: [],
    capabilities: { membership: 'session', limits: 'rlimits', rotation: 'collapse' },
    isolation: { cgroup: 'none', enforced: [], not: [] },
    allocatable: { cpus: 4, mem: 8e9, disk: 1e11 },
    ports: [20_000, 29_999],
    version: '0.1.0',
    status: 'ready',
    reason: null,
    envs: {},
    allocated: { cpus: 0, mem: 0, disk: 0, instances: 0 },
    load: null,
    beatAt: 1,
    link: 'websocket',
    ...more,
  };
}

export class SampleCluster implements Cluster {
  readonly role = 'master';
  readonly appMap = new Map<string, AppView>();
  readonly nodeMap = new Map<string, NodeView>();
  readonly instanceMap = new Map<string, InstanceView>();
  readonly revisionMap = new Map<string, Revision[]>();
  log: ClusterEvent[] = [];
  readonly listeners = new Set<(change: ClusterChange) => void>();
  readonly calls: { what: string; by?: Caller }[] = [];
  waitingFor: string | null = null;
  actorList: ActorView[] = [];
  inspecting = new Map<string, (frame: InspectFrame) => void>();
  /** What `logs` gives; the default ends at once. */
  output: (request: LogRequest, signal: AbortSignal) => AsyncIterable<LogChunk> = async function* () {
    /* nothing was written */
  };
  #version = 0;

  changed(
    change: Partial<{ apps: string[]; nodes: string[]; instances: string[]; usage: string[]; events: boolean }>,
  ): void {
    for (const listener of this.listeners)
      listener({
        apps: new Set(change.apps),
        nodes: new Set(change.nodes),
        instances: new Set(change.instances),
        usage: new Set(change.usage),
        events: change.events ?? false,
      });
  }

  addApp(spec: AppSpec): AppView {
    const view: AppView = {
      name: spec.name,
      revision: 1,
      scale: spec.placement.scale,
      start: spec.start,
      deleting: false,
      restartedAt: null,
      createdAt: 1,
      updatedAt: 1,
      status: 'running',
      reason: null,
      spec,
      owner: 'hub',
      instances: { wanted: spec.placement.scale, running: 0, healthy: 0, total: 0 },
      version: `v${++this.#version}`,
    };
    this.appMap.set(spec.name, view);
    this.revisionMap.set(spec.name, [
      { app: spec.name, revision: 1, hash: 'h', spec, contents: {}, createdAt: 1, createdBy: 'test', term: 1 },
    ]);
    return view;
  }
  addInstance(id: string, more: Partial<InstanceView> = {}): void {
    this.instanceMap.set(id, instanceOf(id, more));
  }
  addNode(id: string, more: Partial<NodeView> = {}): void {
    this.nodeMap.set(id, nodeOf(id, more));
  }
  addEvent(message: string, more: Partial<ClusterEvent> = {}): ClusterEvent {
    const event: ClusterEvent = {
      seq: (this.log.at(-1)?.seq ?? 0) + 1,
      at: Date.now(),
      kind: 'app.noted',
      subject: {},
      message,
      loudness: 'quiet',
      detail: {},
      ...more,
    };
    this.log.push(event);
    this.changed({ events: true });
    return event;
  }

  #matching<T>(all: Iterable<T>, query: string): T[] {
    const parsed = parse(query);
    if (!parsed.ok)
      throw new Refusal('invalid-query', `at ${parsed.error.offset}: ${parsed.error.message}`, parsed.error.hint);
    const test = compile(parsed.query, { now: Date.now() });
    return [...all].filter((doc) => test(doc));
  }
  #page<T>(all: Iterable<T>, query: string, { from, size }: Page): List<T> {
    const found = this.#matching(all, query);
    return { items: found.slice(from, from + size), total: found.length, from, size };
  }
  #of<T>(map: Map<string, T>, id: string, what: 'app' | 'node' | 'instance'): T {
    const found = map.get(id);
    if (!found) throw new Refusal(`${what}-not-found`, `There is no ${what} ${id}`, `GET /v1/${what}s lists them`);
    return found;
  }
  #note(what: string, by: Caller): void {
    this.calls.push({ what, by });
  }

  notReady() {
    return this.waitingFor;
  }
  trouble: Trouble | null = null;
  storeTrouble() {
    return this.trouble;
  }
  async status() {
    return {
      name: 'stathub' as const,
      role: 'master' as const,
      version: '0.1.0',
      hub: 'h',
      term: 1,
      startedAt: 1,
      phase: 'serving',
      store: { kind: 'embedded', detail: '', trouble: this.trouble },
      masters: [],
      nodes: { ready: this.nodeMap.size },
      apps: this.appMap.size,
      instances: { running: this.instanceMap.size },
      notices: [],
    };
  }
  async nodes(query: string, page: Page) {
    return this.#page(this.nodeMap.values(), query, page);
  }
  async node(id: string) {
    return this.#of(this.nodeMap, id, 'node');
  }
  async deleteNode(id: string, by: Caller) {
    this.#of(this.nodeMap, id, 'node');
    this.#note(`deleteNode ${id}`, by);
    this.nodeMap.delete(id);
  }
  #set(id: string, part: Partial<NodeView>, by: Caller) {
    const next = { ...this.#of(this.nodeMap, id, 'node'), ...part };
    this.nodeMap.set(id, next);
    this.#note(`set ${id} ${Object.keys(part)[0]}`, by);
    return next;
  }
  async setTags(id: string, tags: string[], by: Caller) {
    return this.#set(id, { tags }, by);
  }
  async setEnvs(id: string, envs: Record<string, string>, by: Caller) {
    return this.#set(id, { envs }, by);
  }
  async nodeAction(id: string, action: 'cordon' | 'uncordon' | 'drain' | 'take-over', by: Caller) {
    return this.#set(id, { status: action === 'cordon' ? 'cordoned' : action === 'drain' ? 'draining' : 'ready' }, by);
  }
  async nodeMetrics(id: string, from: number, to: number): Promise<SeriesPoint[]> {
    this.#of(this.nodeMap, id, 'node');
    return [
      { minute: from, values: { cpu: [0, 0.1, 1] } },
      { minute: to, values: {} },
    ];
  }

  async apps(query: string, page: Page) {
    return this.#page(this.appMap.values(), query, page);
  }
  async app(name: string) {
    return this.#of(this.appMap, name, 'app');
  }
  async putApp(
    spec: AppSpec,
    given: { scale: boolean; start: boolean },
    { mode, ifMatch }: { mode: 'create' | 'put'; ifMatch: string | null; refetch: boolean },
    by: Caller,
  ) {
    const old = this.appMap.get(spec.name);
    if (old && mode === 'create') throw new Refusal('app-exists', `There is already an app ${spec.name}`, 'use PUT');
    if (ifMatch !== null && ifMatch !== old?.version)
      throw new Refusal('version-conflict', `App ${spec.name} was changed meanwhile`, 'read it again');
    this.#note(`putApp ${spec.name}`, by);
    const scale = given.scale || !old ? spec.placement.scale : old.scale;
    const app = this.addApp({ ...spec, placement: { ...spec.placement, scale } });
    this.changed({ apps: [spec.name] });
    return { app, created: !old, changed: true };
  }
  async planApp(spec: AppSpec) {
    return {
      app: spec.name,
      changes: [],
      steps: [{ slot: 0, what: 'place' as const, node: 'n1', reason: 'free' }],
      summary: `${spec.name} x ${spec.placement.scale}`,
      waiting: [],
    };
  }
  async scaleApp(name: string, scale: number, ifMatch: string | null, by: Caller) {
    const app = this.#of(this.appMap, name, 'app');
    if (ifMatch !== null && ifMatch !== app.version)
      throw new Refusal('version-conflict', 'changed meanwhile', 'read it again');
    this.#note(`scaleApp ${name} ${scale}`, by);
    const next = { ...app, scale, version: `v${++this.#version}` };
    this.appMap.set(name, next);
    this.changed({ apps: [name] });
    return next;
  }
  async appAction(name: string, action: 'start' | 'stop' | 'restart', by: Caller) {
    this.#note(`${action} ${name}`, by);
    return this.#of(this.appMap, name, 'app');
  }
  async rollback(name: string, revision: number, by: Caller) {
    this.#note(`rollback ${name} ${revision}`, by);
    return this.#of(this.appMap, name, 'app');
  }
  async recoverApp(name: string, by: Caller) {
    this.#note(`recoverApp ${name}`, by);
    return this.#of(this.appMap, name, 'app');
  }
  async deleteApp(name: string, by: Caller) {
    const app = this.#of(this.appMap, name, 'app');
    this.#note(`deleteApp ${name}`, by);
    this.appMap.delete(name);
    this.changed({ apps: [name] });
    return { ...app, deleting: true, status: 'deleting' as const };
  }
  async revisions(name: string, page: Page) {
    this.#of(this.appMap, name, 'app');
    return this.#page(this.revisionMap.get(name) ?? [], '', page);
  }
  async slots() {
    return [];
  }
  async why(name: string) {
    return {
      subject: name,
      status: this.#of(this.appMap, name, 'app').status,
      reason: null,
      funnel: [],
      nearest: [],
      waiting: [],
      decisions: [],
      events: [],
    };
  }

  async instances(query: string, page: Page) {
    return this.#page(this.instanceMap.values(), query, page);
  }
  async instance(id: string) {
    return this.#of(this.instanceMap, id, 'instance');
  }
  async whyInstance(id: string) {
    return {
      subject: id,
      status: this.#of(this.instanceMap, id, 'instance').status,
      reason: null,
      funnel: [],
      nearest: [],
      waiting: [],
      decisions: [],
      events: [],
    };
  }
  async instanceAction(id: string, action: 'restart' | 'kill' | 'stop' | 'adopt', by: Caller) {
    this.#note(`${action} ${id}`, by);
    return this.#of(this.instanceMap, id, 'instance');
  }
  async health(id: string) {
    return this.#of(this.instanceMap, id, 'instance').health;
  }
  async usage(id: string) {
    return { now: this.#of(this.instanceMap, id, 'instance').usage, recent: null, points: [] };
  }
  /** Whose usage is watched now. */
  readonly watchedUsage = new Set<UsageWatch>();
  watchUsage(of: UsageWatch) {
    this.watchedUsage.add(of);
    return () => {
      this.watchedUsage.delete(of);
    };
  }
  /** Files of every instance, by path; directories are what lies above them. */
  readonly fileMap = new Map<string, Buffer>();
  async files(id: string, path: string, from: number): Promise<FileView> {
    this.#of(this.instanceMap, id, 'instance');
    const at = path.replace(/\/$/, '');
    const stat = { modifiedAt: 1_700_000_000_000, mode: 'rw-r-----' };
    const file = this.fileMap.get(at);
    if (file)
      return {
        path: at,
        type: 'file',
        size: file.length,
        tag: `i-${file.length}`,
        ...stat,
        items: [],
        total: 0,
        from: 0,
        more: false,
      };
    const below = [...this.fileMap.keys()]
      .filter((name) => at === '' || name.startsWith(`${at}/`))
      .map((name) => name.slice(at === '' ? 0 : at.length + 1));
    if (below.length === 0) throw new Refusal('file-not-found', `There is no ${path}`);
    const names = [...new Set(below.map((name) => name.split('/')[0]!))].sort();
    const items: FileItem[] = names.slice(from, from + 1000).map((name) => ({
      name,
      type: below.includes(name) ? 'file' : 'directory',
      size: this.fileMap.get(at === '' ? name : `${at}/${name}`)?.length ?? 0,
      target: null,
      ...stat,
    }));
    return { path: at, type: 'directory', size: 0, tag: '', ...stat, items, total: names.length, from, more: false };
  }
  async readFile(id: string, path: string, { from, length }: { from: number; length: number; waitMs: number }) {
    const stat = await this.files(id, path, 0);
    const file = this.fileMap.get(path)!;
    const start = from < 0 ? Math.max(0, file.length + from) : from;
    return { stat, from: start, bytes: file.subarray(start, start + length) };
  }
  async whereabouts(id: string) {
    return { node: this.#of(this.instanceMap, id, 'instance').node, gone: false };
  }
  async exec(
    _id: string,
    request: ExecRequest,
    output: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => Promise<void>,
  ): Promise<ExecHandle> {
    await output('stdout', new TextEncoder().encode(request.command.join(' ')));
    return { ended: Promise.resolve(3), input: async () => {}, endInput: () => {}, resize: () => {} };
  }
  logs(_id: string, request: LogRequest, signal: AbortSignal) {
    return this.output(request, signal);
  }

  async events({
    query,
    after,
    before,
    limit,
    newestFirst,
  }: {
    query: string;
    after: number;
    before?: number | undefined;
    limit: number;
    newestFirst: boolean;
  }) {
    const found = this.#matching(this.log, query).filter(
      (e) => e.seq > after && (before === undefined || e.seq < before),
    );
    return {
      items: (newestFirst ? found.reverse() : found).slice(0, limit),
      oldest: this.log[0]?.seq ?? 0,
      newest: this.log.at(-1)?.seq ?? 0,
    };
  }
  subscribe(listener: (change: ClusterChange) => void) {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }
  async collections() {
    return [{ name: 'apps', count: this.appMap.size, bytes: null }];
  }
  async documents(collection: string, query: string, page: Page) {
    if (collection !== 'apps')
      throw new Refusal('not-found', `There is no collection ${collection}`, 'GET /v1/data lists them');
    const found = this.#page([...this.appMap.values()], query, page);
    return {
      items: found.items.map((app) => ({ key: app.name, version: app.version, doc: app as never })),
      total: found.total,
    };
  }
  async actors() {
    return this.actorList;
  }
  async inspect(actor: string, listener: (frame: InspectFrame) => void, signal: AbortSignal) {
    if (!this.actorList.some((a) => a.id === actor)) throw new Refusal('not-found', `There is no actor ${actor}`);
    this.inspecting.set(actor, listener);
    signal.addEventListener('abort', () => {
      this.inspecting.delete(actor);
    });
  }
  note(event: Omit<ClusterEvent, 'seq'>): void {
    this.addEvent(event.message, event);
  }
  async sendToActor(actor: string, event: { type: string }, by: Caller) {
    this.#note(`send ${actor} ${event.type}`, by);
  }
}
