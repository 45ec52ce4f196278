// Minutes from the API, and samples, as lines of a plot. Pure.
import type { RecentUsage } from '../../src/model/instance/usage.ts';

export interface SeriesPoint {
  minute: number;
  values: Record<string, [number, number, number]>;
}
export interface Table {
  /** epoch seconds */
  x: number[];
  /** Averages. */
  of: (name: string) => (number | null)[];
  least: (name: string) => (number | null)[];
  most: (name: string) => (number | null)[];
}

/** One slot a step over the whole range, null where nothing was measured; long ranges are thinned to about 400 steps by averages. */
export function table(points: readonly SeriesPoint[], fromMinute: number, toMinute: number): Table {
  const step = Math.max(1, Math.ceil((toMinute - fromMinute) / 400));
  const n = Math.max(1, Math.floor((toMinute - fromMinute) / step) + 1);
  const slots: SeriesPoint[][] = Array.from({ length: n }, () => []);
  for (const p of points) {
    const at = Math.floor((p.minute - fromMinute) / step);
    if (at >= 0 && at < n) slots[at]!.push(p);
  }
  const each = (name: string, which: 0 | 1 | 2, fold: (values: number[]) => number): (number | null)[] =>
    slots.map((slot) => {
      const values = slot
        .map((p) => p.values[name]?.[which])
        .filter((v): v is number => typeof v === 'number' && Number.isFinite(v));
      return values.length === 0 ? null : fold(values);
    });
  return {
    x: slots.map((_, i) => (fromMinute + i * step) * 60),
    of: (name) => each(name, 1, (values) => values.reduce((sum, v) => sum + v, 0) / values.length),
    least: (name) => each(name, 0, (values) => Math.min(...values)),
    most: (name) => each(name, 2, (values) => Math.max(...values)),
  };
}

/** Samples as lines: the same shape, one slot a sample. A pause of more than `gapMs` breaks the line. */
export function samples(recent: RecentUsage, gapMs: number): Table {
  const kept: number[] = [];
  for (const [i, at] of recent.at.entries()) {
    if (i > 0 && at - recent.at[i - 1]! > gapMs) kept.push(-1);
    kept.push(i);
  }
  const of = (name: string): (number | null)[] =>
    kept.map((i) => (i < 0 ? null : (recent[name as keyof RecentUsage][i] ?? null)));
  return {
    x: kept.map((i, k) => (i < 0 ? recent.at[kept[k + 1]!]! - 1 : recent.at[i]!) / 1000),
    of,
    least: of,
    most: of,
  };
}

/** Samples of the last five minutes with one more, where it is newer. */
export function withSample(
  recent: RecentUsage,
  sample: { at: number; cpu: number | null; mem: number | null; ioRead: number | null; ioWrite: number | null },
  keptMs = 300_000,
): RecentUsage {
  if (sample.at <= (recent.at.at(-1) ?? 0)) return recent;
  const from = recent.at.findIndex((at) => at > sample.at - keptMs);
  const cut = <T>(list: T[], last: T): T[] => [...(from < 0 ? [] : list.slice(from)), last];
  return {
    at: cut(recent.at, sample.at),
    cpu: cut(recent.cpu, sample.cpu),
    mem: cut(recent.mem, sample.mem),
    ioRead: cut(recent.ioRead, sample.ioRead),
    ioWrite: cut(recent.ioWrite, sample.ioWrite),
  };
}

export const ranges = { '30m': 30, '1h': 60, '4h': 240, '8h': 480, '24h': 1440, '7d': 10_080 } as const;
export type Range = keyof typeof ranges;
/** The name of a range, as a button. */
export const rangeName = (r: Range): string => r.replace(/([a-z])$/, ' $1');
