// What needs a person, worst first. Pure: a function of the cluster's records.
import type { AppView } from '../../src/model/app/app.ts';
import type { InstanceView } from '../../src/model/instance/instance.ts';
import type { NodeView } from '../../src/model/node.ts';
import type { TroubleView } from '../../src/protocol/views.ts';

export interface Need {
  key: string;
  /** Status whose glyph stands before it. */
  s: string;
  kind: 'instance' | 'app' | 'node' | 'store';
  /** What is wrong. */
  what: string;
  /** Its id. */
  id: string;
  /** Its name as people say it. */
  name: string;
  /** Where, for an instance. */
  node: string | null;
  /** The hub's sentence. */
  why: string;
  next: { what: string; at: number | null } | null;
  /** epoch ms */
  at: number | null;
  weight: number;
}

const weights: Record<string, number> = {
  store: -1,
  failed: 0,
  unknown: 1,
  lost: 2,
  'crash-loop': 3,
  unhealthy: 4,
  killing: 5,
  suspect: 6,
  waiting: 7,
  degraded: 8,
};

/** A person should look: it will not be fine by itself, or it just ended against its will. */
function instanceNeed(i: InstanceView): string | null {
  if (i.goal === 'stop') return null;
  if (i.status === 'failed' || i.status === 'unknown' || i.status === 'lost' || i.status === 'unhealthy')
    return i.status;
  if (i.status === 'restarting' && (i.reason?.code === 'crash-loop' || i.escalated)) return 'crash-loop';
  if (i.status === 'killing' && (i.exit?.reason === 'unhealthy' || i.reason?.code === 'unhealthy')) return 'killing';
  return null;
}

/** Name of an instance as people say it: `web.2`. */
export const slotName = (i: Pick<InstanceView, 'app' | 'slot'>): string => `${i.app}.${i.slot}`;

/** The list, worst first, then the newest. Apps stand in it only for what no instance shows: slots without a node. */
export function findNeeds(
  apps: readonly AppView[],
  nodes: readonly NodeView[],
  instances: readonly InstanceView[],
  nodeName: (id: string) => string,
  trouble: TroubleView | null = null,
): Need[] {
  const out: Need[] = [];
  if (trouble) {
    out.push({
      key: 'store',
      s: 'failed',
      kind: 'store',
      what: 'store',
      id: 'store',
      name: 'store',
      node: null,
      why: `${trouble.message}. ${trouble.hint}`,
      next: null,
      at: trouble.since,
      weight: weights['store']!,
    });
  }
  for (const i of instances) {
    const kind = instanceNeed(i);
    if (!kind) continue;
    out.push({
      key: `i:${i.id}`,
      s: i.status,
      kind: 'instance',
      what: kind,
      id: i.id,
      name: slotName(i),
      node: nodeName(i.node),
      why: i.reason?.text ?? i.exit?.reason ?? '',
      next: i.reason?.next ?? null,
      at: i.at,
      weight: weights[kind]!,
    });
  }
  const shown = new Set(instances.filter(instanceNeed).map(({ app }) => app));
  for (const a of apps) {
    if (a.status !== 'waiting' && !(a.status === 'failed' && a.instances.total === 0 && !shown.has(a.name))) continue;
    out.push({
      key: `a:${a.name}`,
      s: a.status === 'failed' ? 'failed' : 'pending',
      kind: 'app',
      what: a.status,
      id: a.name,
      name: a.name,
      node: null,
      why: a.reason?.text ?? '',
      next: a.reason?.next ?? null,
      at: a.updatedAt,
      weight: weights[a.status]!,
    });
  }
  for (const n of nodes) {
    if (n.status !== 'suspect' && n.status !== 'lost' && !(n.status === 'joining' && n.reason)) continue;
    out.push({
      key: `n:${n.id}`,
      s: n.status,
      kind: 'node',
      what: n.status,
      id: n.id,
      name: nodeName(n.id),
      node: null,
      why: n.reason?.text ?? '',
      next: n.reason?.next ?? null,
      at: n.beatAt,
      weight: weights[n.status] ?? 6,
    });
  }
  return out.sort((a, b) => a.weight - b.weight || (b.at ?? 0) - (a.at ?? 0) || (a.key < b.key ? -1 : 1));
}

/** Order of the statuses wherever they are listed. */
export const statusOrder = [
  'running',
  'fetching',
  'starting',
  'restarting',
  'unhealthy',
  'killing',
  'failed',
  'lost',
  'unknown',
  'stopped',
  'pending',
] as const;

/** Slots that an app wants and that none of its instances holds. */
export function missingSlots(app: AppView, itsInstances: readonly InstanceView[]): number[] {
  if (!app.start || app.deleting || app.spec.type !== 'service') return [];
  const held = new Set<number>();
  for (const i of itsInstances) if (i.goal !== 'stop') held.add(i.slot);
  const out: number[] = [];
  for (let slot = 0; slot < app.scale && held.size + out.length < app.scale; slot++)
    if (!held.has(slot)) out.push(slot);
  return out;
}

/** How many instances of each status; slots that have no instance count as pending. */
export function countStatuses(
  apps: readonly AppView[],
  byApp: ReadonlyMap<string, readonly InstanceView[]>,
): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const group of byApp.values()) for (const i of group) counts[i.status] = (counts[i.status] ?? 0) + 1;
  const missing = apps.reduce((n, a) => n + missingSlots(a, byApp.get(a.name) ?? []).length, 0);
  if (missing > 0) counts['pending'] = (counts['pending'] ?? 0) + missing;
  return counts;
}
