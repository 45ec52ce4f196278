// The hub's state as signals, folded from the topic `cluster`. The maps change in place; `*Version` says that they did.
import { computed, signal } from '@preact/signals';
import type { AppView } from '../../src/model/app/app.ts';
import type { ClusterEvent } from '../../src/model/event.ts';
import type { InstanceView } from '../../src/model/instance/instance.ts';
import type { NodeView } from '../../src/model/node.ts';
import type { ActorView, ServerFrame } from '../../src/protocol/live.ts';
import type { StatusView } from '../../src/protocol/views.ts';
import { foldAnswer, foldEvents, foldPart, foldUsage, partOf } from './fold.ts';
import { hello, link, watch } from './live.ts';

/** The hub's figures; null before the first snapshot. */
export const status = signal<StatusView | null>(null);
/** The cluster's state is here (or was: it stays while the connection is lost). */
export const loaded = signal(false);
/** The moment of the newest frame of the cluster, hub's time, epoch ms. */
export const asOf = signal(0);

const appMap = new Map<string, AppView>();
const nodeMap = new Map<string, NodeView>();
const instanceMap = new Map<string, InstanceView>();
const actorMap = new Map<string, ActorView>();
const appsVersion = signal(0);
const nodesVersion = signal(0);
const instancesVersion = signal(0);
const actorsVersion = signal(0);

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const natural = new Intl.Collator('en', { numeric: true }).compare;

/** All apps by name. */
export const apps = computed(() => {
  void appsVersion.value;
  return [...appMap.values()].sort((a, b) => byName(a.name, b.name));
});
/** All nodes by host name, then id. */
export const nodes = computed(() => {
  void nodesVersion.value;
  return [...nodeMap.values()].sort((a, b) => natural(a.hostname, b.hostname) || byName(a.id, b.id));
});
/** All instances by app, slot, then age (the older epoch first). */
export const instances = computed(() => {
  void instancesVersion.value;
  return [...instanceMap.values()].sort(
    (a, b) => byName(a.app, b.app) || a.slot - b.slot || a.epoch - b.epoch || byName(a.id, b.id),
  );
});
/** Every actor of master and agents, while the inspector watches them. */
export const actors = computed(() => {
  void actorsVersion.value;
  return [...actorMap.values()];
});

export const appNamed = (name: string): AppView | undefined => {
  void appsVersion.value;
  return appMap.get(name);
};
export const nodeOf = (id: string): NodeView | undefined => {
  void nodesVersion.value;
  return nodeMap.get(id);
};
export const instanceOf = (id: string): InstanceView | undefined => {
  void instancesVersion.value;
  return instanceMap.get(id);
};
export const actorOf = (id: string): ActorView | undefined => {
  void actorsVersion.value;
  return actorMap.get(id);
};

/** What nodes are called: their host name, or, where several share it, their id. */
const names = computed(() => {
  const shared = new Map<string, number>();
  for (const n of nodes.value) shared.set(n.hostname, (shared.get(n.hostname) ?? 0) + 1);
  return new Map(nodes.value.map((n) => [n.id, shared.get(n.hostname) === 1 ? n.hostname : n.id]));
});
/** The name of a node; of one that is not known (any more) its id. */
export const hostOf = (id: string): string => names.value.get(id) ?? id;

/** The instances of each app and of each node, in the order of `instances`. */
function grouped(key: 'app' | 'node'): Map<string, InstanceView[]> {
  const groups = new Map<string, InstanceView[]>();
  for (const instance of instances.value) {
    const group = groups.get(instance[key]);
    if (group) group.push(instance);
    else groups.set(instance[key], [instance]);
  }
  return groups;
}
export const instancesByApp = computed(() => grouped('app'));
export const instancesByNode = computed(() => grouped('node'));

/** Newest first; fed by the topic `events`. */
export const events = signal<ClusterEvent[]>([]);
const eventsKept = 2_000;

export const role = computed(() => hello.value?.role ?? status.value?.role ?? 'master');
/** Writes are possible; else why not. */
export const writable = computed(() => link.value.state === 'open' || link.value.state === 'asleep');

function foldCluster(given: ServerFrame): void {
  if (given.type !== 'snapshot' && given.type !== 'change') return;
  // Only the cluster's own snapshot is everything; that of one app, node or instance adds to it.
  const frame = given.type === 'snapshot' && given.topic !== 'cluster' ? partOf(given) : given;
  if (frame.status) status.value = frame.status;
  if (foldPart(frame, 'apps', appMap, (a: AppView) => a.name)) appsVersion.value++;
  if (foldPart(frame, 'nodes', nodeMap, (n: NodeView) => n.id)) nodesVersion.value++;
  if (foldPart(frame, 'instances', instanceMap, (i: InstanceView) => i.id)) instancesVersion.value++;
  if (frame.type === 'change' && foldUsage(frame, instanceMap)) instancesVersion.value++;
  if (frame.events) events.value = foldEvents(events.peek(), frame.events, eventsKept);
  asOf.value = frame.at;
  if (given.topic === 'cluster' && given.type === 'snapshot') loaded.value = true;
}

/** Watches the cluster as long as the page lives. */
export const watchCluster = (): (() => void) => watch('cluster', foldCluster);

interface Answers {
  app?: Promise<AppView>;
  node?: Promise<NodeView>;
  instance?: Promise<InstanceView | undefined>;
}

/** Puts the record that the API answers in its place, before the frame that says the same. Called as the request is sent. */
export async function learn({ app, node, instance }: Answers): Promise<void> {
  if (app && (await foldAnswer(appMap, app, (a) => a.name))) appsVersion.value++;
  if (node && (await foldAnswer(nodeMap, node, (n) => n.id))) nodesVersion.value++;
  if (instance && (await foldAnswer(instanceMap, instance, (i) => i.id))) instancesVersion.value++;
}

/** Watches new events; resumes after the newest known one. */
export const watchEvents = (): (() => void) =>
  watch('events', foldCluster, () => (events.peek().length > 0 ? { after: events.peek()[0]!.seq } : {}));

/** Watches the tree of actors. */
export function watchActors(): () => void {
  return watch('actors', (frame) => {
    if (
      (frame.type === 'snapshot' || frame.type === 'change') &&
      foldPart(frame, 'actors', actorMap, (a: ActorView) => a.id)
    )
      actorsVersion.value++;
  });
}

/** Above 2,000 instances the cluster's topic carries them reduced: the page of one watches it in full. */
export const watchInstance = (id: string): (() => void) => watch(`instance:${id}`, foldCluster);
