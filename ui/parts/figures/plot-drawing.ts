// What uPlot is told: the columns, lines and bands of a plot, its axes, its limit and the words under the pointer.
import type uPlot from 'uplot';
import { colourOf } from '../../look/colour.ts';
import { clock, hourMinute } from '../../look/format.ts';

interface PlotLine {
  label: string;
  /** One value for each x; null where not known. */
  values: (number | null)[];
  accent?: boolean;
  /** Least and most around them, drawn as a band. */
  least?: (number | null)[];
  most?: (number | null)[];
}
/** What is plotted. */
export interface Figures {
  /** epoch seconds */
  x: number[];
  lines: PlotLine[];
  show: (value: number) => string;
  /** A limit, drawn dashed. */
  cap?: { at: number; label: string } | undefined;
  top?: number;
  range: [number, number];
  base?: 1000 | 1024;
  /** Samples of seconds, not of minutes. */
  live?: boolean;
}
type Now = () => Figures;

/** Columns of uPlot: x, then for each line its values and the two edges of its band. */
export const columnsOf = ({ x, lines }: Pick<Figures, 'x' | 'lines'>): uPlot.AlignedData =>
  [x, ...lines.flatMap((l) => (l.least && l.most ? [l.values, l.most, l.least] : [l.values]))] as uPlot.AlignedData;

/** What of the lines needs another drawing, not only other columns. */
export const shapeOf = (lines: readonly PlotLine[]): string =>
  lines.map((l) => `${l.label}${l.accent ? '!' : ''}${l.least ? '~' : ''}`).join();

/**
 * Options of a plot.
 * @param now the figures of the moment: the drawing outlives those it began with
 * @param tip says what is under the pointer
 */
export function optionsOf(now: Now, size: { width: number; height: number }, tip: HTMLElement): uPlot.Options {
  const colours = coloursNow();
  return {
    ...size,
    legend: { show: false },
    padding: [8, 18, 0, 0],
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    scales: {
      x: { time: true, range: () => now().range },
      y: { range: () => [0, highestOf(now()) * 1.04] },
    },
    axes: axesOf(now, colours),
    ...seriesOf(now().lines, colours),
    hooks: {
      draw: [(plot) => drawCap(plot, now(), colours.cap)],
      setCursor: [(plot) => tell(plot, now(), tip)],
    },
  };
}

/** Looked up once a drawing: each look-up settles the page's styles. */
const coloursNow = () => ({
  text: colourOf('--text-3'),
  grid: colourOf('--line'),
  line: colourOf('--text-2'),
  accent: colourOf('--accent'),
  cap: colourOf('--broke'),
});
type Colours = ReturnType<typeof coloursNow>;

/** The lines, each with the area below it, or with its band. */
function seriesOf(lines: readonly PlotLine[], colours: Colours): { series: uPlot.Series[]; bands: uPlot.Band[] } {
  const bands: uPlot.Band[] = [];
  const series: uPlot.Series[] = [{}];
  for (const l of lines) {
    const own = l.accent ? colours.accent : colours.line;
    const tint = (percent: number): string => `color-mix(in srgb, ${own} ${percent}%, transparent)`;
    const banded = l.least && l.most;
    series.push({
      label: l.label,
      stroke: own,
      width: 1.5,
      points: { show: (u, i) => dots(u, i).length > 0, filter: (u, i) => dots(u, i), size: 4, fill: own },
      ...(banded ? {} : { fill: tint(9) }),
      spanGaps: false,
    });
    if (!banded) continue;
    bands.push({ series: [series.length, series.length + 1], fill: tint(22) });
    series.push({ width: 0, points: { show: false } }, { width: 0, points: { show: false } });
  }
  return { series, bands };
}

/** Points that have no neighbour would not be drawn as a line: they are drawn as dots. */
const lonely = (values: uPlot.AlignedData[number], i: number): boolean =>
  values[i] != null && values[i - 1] == null && values[i + 1] == null;
const dots = (u: uPlot, series: number): number[] => {
  const values = u.data[series]!;
  return Array.from(values, (_, i) => i).filter((i) => lonely(values, i));
};

/** Time below, values to the left. */
function axesOf(now: Now, colours: Colours): uPlot.Axis[] {
  const axis: uPlot.Axis = {
    stroke: colours.text,
    font: '11px Inter, system-ui, sans-serif',
    ticks: { show: false },
    grid: { stroke: colours.grid, width: 1 },
    gap: 6,
  };
  return [
    {
      ...axis,
      grid: { show: false },
      size: 22,
      space: 90,
      values: (_, at) => at.map((v) => hourMinute(v * 1000)),
    },
    {
      ...axis,
      size: 62,
      splits: () => ticks(highestOf(now()), now().base ?? 1000),
      values: (_, at) => at.map((v) => (v === 0 ? '0' : now().show(v))),
    },
  ];
}

const highestOf = ({ top, cap, lines }: Figures): number =>
  Math.max(
    top ?? 0,
    cap?.at ?? 0,
    ...lines.flatMap((l) => [...l.values, ...(l.most ?? [])].filter((v): v is number => v !== null)),
  ) || 1;

/** Round steps of an axis: 1, 2, 5 x 10^n, or powers of two for memory. */
function ticks(top: number, base: 1000 | 1024): number[] {
  if (top <= 0) return [0];
  const rough = top / 2.4;
  const unit =
    base === 1024 ? 1024 ** Math.floor(Math.log(rough) / Math.log(1024)) : 10 ** Math.floor(Math.log10(rough));
  const steps = base === 1024 ? [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] : [1, 2, 5, 10];
  const step = unit * (steps.find((s) => s * unit >= rough) ?? 10);
  return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, i) => i * step);
}

/** The limit, dashed over the lines. */
function drawCap(plot: uPlot, { cap }: Figures, colour: string): void {
  if (!cap) return;
  const y = plot.valToPos(cap.at, 'y', true);
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.setLineDash([4, 4]);
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}

/** Time and values under the pointer, beside it and within the plot. */
function tell(plot: uPlot, { x, lines, show, live }: Figures, tip: HTMLElement): void {
  const { idx: i, left } = plot.cursor;
  tip.hidden = i == null || left! < 0;
  if (i == null || left! < 0) return;
  const said = ({ label, values, least, most }: PlotLine): string => {
    const value = values[i] == null ? '–' : show(values[i]);
    const around = least?.[i] != null && most?.[i] != null ? ` (${show(least[i])} – ${show(most[i])})` : '';
    return `${lines.length > 1 ? `${label} ` : ''}${value}${around}`;
  };
  const time = clock(x[i]! * 1000).slice(0, live ? 8 : 5);
  tip.textContent = `${time}  ${lines.map(said).join(', ')}`;
  tip.style.left = `${Math.min(left! + 62, plot.root.parentElement!.clientWidth - tip.offsetWidth - 4)}px`;
}
