// Minutes from the API as lines of a plot. Pure.
export interface SeriesPoint { minute: number; values: Record<string, [number, number, number]> }
export interface Table { /** epoch seconds */ x: number[]; of: (name: string) => (number | null)[] }

/** One slot a step over the whole range, null where nothing was measured; long ranges are thinned to about 400 steps by averages. */
export function table(points: readonly SeriesPoint[], fromMinute: number, toMinute: number): Table {
  const step = Math.max(1, Math.ceil((toMinute - fromMinute) / 400)), n = Math.max(1, Math.floor((toMinute - fromMinute) / step) + 1);
  const slots: SeriesPoint[][] = Array.from({ length: n }, () => []);
  for (const p of points) {
    const at = Math.floor((p.minute - fromMinute) / step);
    if (at >= 0 && at < n) slots[at]!.push(p);
  }
  return {
    x: slots.map((_, i) => (fromMinute + i * step) * 60),
    of: (name) => slots.map((slot) => {
      const values = slot.map((p) => p.values[name]?.[1]).filter((v): v is number => typeof v === 'number' && Number.isFinite(v));
      return values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;
    }),
  };
}

export const ranges = { '30m': 30, '1h': 60, '4h': 240, '8h': 480, '24h': 1440, '7d': 10_080 } as const;
export type Range = keyof typeof ranges;
/** The name of a range, as a button. */
export const rangeName = (r: Range): string => r.replace(/([a-z])$/, ' $1');
