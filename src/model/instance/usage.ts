// What instances use, as it travels and as it is judged.
import type { Usage } from './instance.ts';

/**
 * Samples of the last five minutes, oldest first: epoch ms, and what was measured then. cpu in cores, mem in bytes, io in
 * bytes a second.
 */
export interface RecentUsage {
  at: number[];
  cpu: (number | null)[];
  mem: (number | null)[];
  ioRead: (number | null)[];
  ioWrite: (number | null)[];
}
/** Of one instance: the newest sample, and those of the last five minutes. */
export interface UsageAnswer {
  now: Usage | null;
  recent: RecentUsage | null;
}

const order = [
  'at',
  'cpu',
  'mem',
  'fds',
  'processes',
  'threads',
  'disk',
  'ioRead',
  'ioWrite',
  'cpuShare',
  'memShare',
] as const;
/** A usage as a row of numbers: it travels every two seconds while somebody watches. */
export type UsageRow = (number | null)[];
const rounded = (name: (typeof order)[number], value: number | null): number | null =>
  value === null
    ? null
    : name === 'cpu' || name === 'cpuShare' || name === 'memShare'
      ? Math.round(value * 1e4) / 1e4
      : Math.round(value);

export const toRow = (usage: Usage): UsageRow => order.map((name) => rounded(name, usage[name]));

/** @returns null: it is no row */
export function ofRow(row: UsageRow): Usage | null {
  if (row.length < order.length || typeof row[0] !== 'number') return null;
  return Object.fromEntries(
    order.map((name, index) => [name, typeof row[index] === 'number' ? row[index] : null]),
  ) as unknown as Usage;
}
