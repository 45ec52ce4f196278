// What a watcher can ask for, and the frames that answer: a snapshot of a topic, and what changed of it.
import type { AppView } from '../model/app/app.ts';
import type { ClusterEvent } from '../model/event.ts';
import type { InstanceView } from '../model/instance/instance.ts';
import type { NodeView } from '../model/node.ts';
import { Refusal } from '../model/errors.ts';
import { allPages } from '../api/answers/all-pages.ts';
import type { Cluster, ClusterChange, UsageWatch } from '../api/cluster.ts';
import { toRow } from '../model/instance/usage.ts';
import { exactly } from '../protocol/exact.ts';
import type { ServerFrame } from '../protocol/live.ts';
import type { StatusView } from '../protocol/views.ts';

export type Topic =
  | { kind: 'cluster' | 'events' | 'actors' }
  | { kind: 'app' | 'node' | 'instance' | 'logs' | 'inspect'; of: string };

/** @returns null when there is no such topic */
export function topicOf(text: string): Topic | null {
  if (text === 'cluster' || text === 'events' || text === 'actors') return { kind: text };
  const match = /^(app|node|instance|logs|inspect):(.+)$/s.exec(text);
  return match ? { kind: match[1] as 'app', of: match[2]! } : null;
}

/** Whose usage who watches a topic wants to see; null: nobody's. */
export function usageOf(topic: Topic): UsageWatch | null {
  if (topic.kind === 'cluster') return { kind: 'cluster' };
  return topic.kind === 'app' || topic.kind === 'node' || topic.kind === 'instance'
    ? { kind: topic.kind, of: topic.of }
    : null;
}

/** `<app>.<slot>.<8 base32>`: names of apps may hold dots themselves. */
const appOfInstance = (id: string): string => id.replace(/\.\d+\.[^.]+$/, '');

/** Above this many, the overview gets instances without what only their own page shows. */
export const reduceAbove = 2000;

function reduced(instance: InstanceView): InstanceView {
  return {
    ...instance,
    usage: null,
    exit: instance.exit && { ...instance.exit, tail: [] },
    health: instance.health.map((h) => ({ ...h, detail: '' })),
  };
}

/** null where it is gone. Any other failure is the caller's. */
async function orNull<T>(wanted: Promise<T>): Promise<T | null> {
  try {
    return await wanted;
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return null;
    throw error;
  }
}

const about = (event: ClusterEvent, topic: Topic): boolean => {
  switch (topic.kind) {
    case 'app':
      return event.subject.app === topic.of;
    case 'node':
      return event.subject.node === topic.of;
    case 'instance':
      return event.subject.instance === topic.of;
    default:
      return true;
  }
};

type Snapshot = Extract<ServerFrame, { type: 'snapshot' }>;
type Change = Extract<ServerFrame, { type: 'change' }>;

/** The whole of a topic. `after`: for events, replay from that number on instead of the newest. */
export async function snapshotOf(
  cluster: Cluster,
  name: string,
  topic: Topic,
  after: number | undefined,
  at: number,
): Promise<Snapshot> {
  const events = async (query: string) =>
    (
      await cluster.events({
        query,
        after: after ?? 0,
        limit: after === undefined ? 100 : 1000,
        newestFirst: after === undefined,
      })
    ).items;
  const head = { type: 'snapshot', topic: name, at } as const;
  switch (topic.kind) {
    case 'cluster': {
      const [status, apps, nodes, instances] = await Promise.all([
        cluster.status(),
        allPages((p) => cluster.apps('', p)),
        allPages((p) => cluster.nodes('', p)),
        allPages((p) => cluster.instances('', p)),
      ]);
      return {
        ...head,
        status,
        apps,
        nodes,
        instances: instances.length > reduceAbove ? instances.map(reduced) : instances,
      };
    }
    case 'events':
      return { ...head, events: await events('') };
    case 'app': {
      const [app, instances] = await Promise.all([
        orNull(cluster.app(topic.of)),
        allPages((p) => cluster.instances(exactly('app', topic.of), p)),
      ]);
      return { ...head, apps: app ? [app] : [], instances, events: await events(exactly('subject.app', topic.of)) };
    }
    case 'node': {
      const [node, instances] = await Promise.all([
        orNull(cluster.node(topic.of)),
        allPages((p) => cluster.instances(exactly('node', topic.of), p)),
      ]);
      return { ...head, nodes: node ? [node] : [], instances, events: await events(exactly('subject.node', topic.of)) };
    }
    case 'instance': {
      const instance = await orNull(cluster.instance(topic.of));
      return {
        ...head,
        instances: instance ? [instance] : [],
        events: await events(exactly('subject.instance', topic.of)),
      };
    }
    default:
      throw new Error(`${topic.kind} has no views`);
  }
}

/** What changed, read once for all watchers. */
export interface Changes {
  status: StatusView | null;
  apps: Map<string, AppView | null>;
  nodes: Map<string, NodeView | null>;
  instances: Map<string, InstanceView | null>;
  /** Of which only the usage changed. */
  usage: Map<string, InstanceView | null>;
  events: ClusterEvent[];
}

/** Reads of what changed only what somebody watches. */
export async function readChanges(
  cluster: Cluster,
  change: ClusterChange,
  topics: Iterable<Topic>,
  events: ClusterEvent[],
): Promise<Changes> {
  const watched = [...topics];
  const overview = watched.some((t) => t.kind === 'cluster');
  const of = (kind: Topic['kind']) => new Set(watched.flatMap((t) => (t.kind === kind && 'of' in t ? [t.of] : [])));
  const [apps, nodes, single] = [of('app'), of('node'), of('instance')];
  const read = async <T>(ids: Iterable<string>, wanted: (id: string) => boolean, one: (id: string) => Promise<T>) =>
    new Map(
      await Promise.all(
        [...ids].filter((id) => overview || wanted(id)).map(async (id) => [id, await orNull(one(id))] as const),
      ),
    );
  const seen = (id: string): boolean => nodes.size > 0 || single.has(id) || apps.has(appOfInstance(id));
  const moved = change.apps.size + change.nodes.size + change.instances.size > 0 || change.status === true;
  return {
    apps: await read(
      change.apps,
      (name) => apps.has(name),
      (name) => cluster.app(name),
    ),
    nodes: await read(
      change.nodes,
      (id) => nodes.has(id),
      (id) => cluster.node(id),
    ),
    instances: await read(change.instances, seen, (id) => cluster.instance(id)),
    usage: await read(
      [...change.usage].filter((id) => !change.instances.has(id)),
      seen,
      (id) => cluster.instance(id),
    ),
    status: overview && moved ? await cluster.status() : null,
    events,
  };
}

const record = <T>(map: Map<string, T>): Record<string, T> | undefined =>
  map.size ? Object.fromEntries(map) : undefined;
const only = <T>(map: Map<string, T>, keep: (id: string, value: T) => boolean) =>
  new Map([...map].filter(([id, value]) => keep(id, value)));

/** What of the changes belongs to a topic; null when nothing does. `many`: the overview is in its reduced form. */
export function changeOf(name: string, topic: Topic, changes: Changes, many: boolean, at: number): Change | null {
  let { status, apps, nodes, instances, usage } = changes;
  const events = topic.kind === 'cluster' ? [] : changes.events.filter((event) => about(event, topic));
  if (topic.kind === 'cluster') {
    if (many) {
      instances = new Map([...instances].map(([id, view]) => [id, view && reduced(view)]));
      usage = new Map();
    }
  } else {
    const { kind } = topic;
    const id = 'of' in topic ? topic.of : '';
    status = null;
    apps = kind === 'app' ? only(apps, (name) => name === id) : new Map();
    nodes = kind === 'node' ? only(nodes, (node) => node === id) : new Map();
    const ofTopic = (i: string, view: InstanceView | null): boolean =>
      kind === 'app' ? appOfInstance(i) === id : kind === 'node' ? view?.node === id : kind === 'instance' && i === id;
    // Who watches a node is told of every instance that is gone: where it was is no longer known.
    instances = only(instances, (i, view) => ofTopic(i, view) || (kind === 'node' && view === null));
    usage = only(usage, ofTopic);
  }
  const rows = new Map([...usage].flatMap(([id, view]) => (view?.usage ? [[id, toRow(view.usage)] as const] : [])));
  const parts = {
    ...(status ? { status } : {}),
    apps: record(apps),
    nodes: record(nodes),
    instances: record(instances),
    usage: record(rows),
    ...(events.length ? { events } : {}),
  };
  if (!Object.values(parts).some((part) => part !== undefined)) return null;
  return { type: 'change', topic: name, at, ...parts } as Change;
}
