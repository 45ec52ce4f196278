// How the map of nodes and apps is cut. Pure.
import type { AppView } from '../../src/model/app/app.ts';

export type MapKind = 'apps' | 'packed' | 'cells';

/** Up to 12 apps and 40 nodes: nodes x apps. Up to 1,000 nodes: one packed lane a node. More: one cell a node. */
export const mapKind = (apps: number, nodes: number): MapKind =>
  nodes > 1000 ? 'cells' : apps > 12 || nodes > 40 ? 'packed' : 'apps';

const mib = 1024 ** 2;
/** Width of an instance's tile, 28 to 60 px, by its memory in bytes (reserved, else used): 6 px each doubling above 256 MiB. */
export const tileWidth = (mem: number | null | undefined): number =>
  Math.round(Math.min(60, Math.max(28, 28 + 6 * Math.log2(Math.max(1, (mem ?? 0) / (256 * mib))))));

export const reservedMemory = (app: AppView | undefined): number | null => app?.spec.resAlloc?.mem ?? null;

/** Statuses from the worst to the best: a cell has the colour of its worst instance. */
const worst = [
  'failed',
  'unknown',
  'lost',
  'unhealthy',
  'killing',
  'restarting',
  'pending',
  'starting',
  'fetching',
  'stopped',
  'running',
];
export const worstStatus = (statuses: Iterable<string>): string => {
  let at = worst.length - 1;
  for (const s of statuses) at = Math.min(at, Math.max(0, worst.indexOf(s)));
  return worst[at]!;
};
