// Folds live frames into what the pages read. Pure: maps in, maps changed, what changed out.
import type { InstanceView } from '../../src/model/instance/instance.ts';
import { ofRow } from '../../src/model/instance/usage.ts';
import type { ServerFrame } from '../../src/protocol/live.ts';

type Snapshot = Extract<ServerFrame, { type: 'snapshot' }>;
type Change = Extract<ServerFrame, { type: 'change' }>;

/** Replaces what a map holds by a snapshot's list; equal records (by text) keep their identity, so that their rows are not drawn again. */
export function replaceAll<T>(map: Map<string, T>, items: readonly T[], id: (item: T) => string): boolean {
  const seen = new Set<string>();
  let changed = false;
  for (const item of items) {
    const key = id(item);
    const old = map.get(key);
    seen.add(key);
    if (old !== undefined && JSON.stringify(old) === JSON.stringify(item)) continue;
    map.set(key, item);
    changed = true;
  }
  for (const key of map.keys())
    if (!seen.has(key)) {
      map.delete(key);
      changed = true;
    }
  return changed;
}

/** Applies changes by id; null removes. */
export function applyChanges<T>(map: Map<string, T>, changes: Record<string, T | null>): boolean {
  let changed = false;
  for (const [key, item] of Object.entries(changes)) {
    if (item !== null) map.set(key, item);
    else if (!map.delete(key)) continue;
    changed = true;
  }
  return changed;
}

/** Puts a frame's part (`apps`, `nodes`, ...) into its map. */
export function foldPart<K extends 'apps' | 'nodes' | 'instances' | 'actors', T>(
  frame: Snapshot | Change,
  part: K,
  map: Map<string, T>,
  id: (item: T) => string,
): boolean {
  const given = frame[part] as unknown;
  if (given === undefined) return false;
  return Array.isArray(given)
    ? replaceAll(map, given as T[], id)
    : applyChanges(map, given as Record<string, T | null>);
}

/**
 * Puts the answer to a request into its map, unless the record changed there since the request was sent: what came then by the
 * socket is newer, or is followed by what the answer says. Nothing answered changes nothing.
 */
export async function foldAnswer<T>(
  map: Map<string, T>,
  answer: Promise<T | undefined>,
  id: (item: T) => string,
): Promise<boolean> {
  const before = new Map(map);
  const item = await answer;
  if (item === undefined || map.get(id(item)) !== before.get(id(item))) return false;
  map.set(id(item), item);
  return true;
}

/** Puts samples into the instances that they are of. */
export function foldUsage(frame: Change, map: Map<string, InstanceView>): boolean {
  let changed = false;
  for (const [id, row] of Object.entries(frame.usage ?? {})) {
    const old = map.get(id);
    const usage = ofRow(row);
    if (!old || !usage) continue;
    map.set(id, { ...old, usage });
    changed = true;
  }
  return changed;
}

/** Adds events to a list that is newest first, without doubles, at most `limit`. */
export function foldEvents<E extends { seq: number }>(list: readonly E[], more: readonly E[], limit: number): E[] {
  if (more.length === 0) return list as E[];
  const bySeq = new Map<number, E>();
  for (const event of list) bySeq.set(event.seq, event);
  for (const event of more) bySeq.set(event.seq, event);
  return [...bySeq.values()].sort((a, b) => b.seq - a.seq).slice(0, limit);
}

const byKey = <T>(items: readonly T[] | undefined, key: (item: T) => string): Record<string, T> | undefined =>
  items && Object.fromEntries(items.map((item) => [key(item), item]));

/** The snapshot of a part of the cluster as a change: what it does not name is not gone. */
export function partOf(frame: Snapshot): Change {
  const { topic, at, status, apps, nodes, instances, events } = frame;
  const parts = {
    status,
    apps: byKey(apps, (a) => a.name),
    nodes: byKey(nodes, (n) => n.id),
    instances: byKey(instances, (i) => i.id),
    events,
  };
  return {
    type: 'change',
    topic,
    at,
    ...Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined)),
  };
}
