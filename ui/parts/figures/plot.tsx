// Time series: uPlot, in the colours of the page, loaded by the first page that draws one.
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { colourOf } from '../../look/colour.ts';
import { clock, hourMinute } from '../../look/format.ts';
import { t } from '../../words/i18n.tsx';
import { theme } from '../../look/theme.ts';

interface PlotLine {
  label: string;
  /** One value for each x; null where not known. */
  values: (number | null)[];
  accent?: boolean;
  /** Least and most around them, drawn as a band. */
  least?: (number | null)[];
  most?: (number | null)[];
}
interface PlotProps {
  /** epoch seconds */
  x: number[];
  lines: PlotLine[];
  show: (value: number) => string;
  /** A limit, drawn dashed. */
  cap?: { at: number; label: string } | undefined;
  top?: number;
  height?: number;
  label: string;
  range: [number, number];
  base?: 1000 | 1024;
  /** Samples of seconds, not of minutes. */
  live?: boolean;
}

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

/** A plot; where nothing was measured it says so, in the same height. */
export function Plot(props: PlotProps): VNode {
  if (props.lines.every((l) => l.values.every((v) => v === null)))
    return (
      <div class="plotbox none small dim" style={{ height: `${props.height ?? 132}px` }}>
        {t('usage.none')}
      </div>
    );
  return <Drawn {...props} />;
}

/** Points that have no neighbour would not be drawn as a line: they are drawn as dots. */
const lonely = (values: uPlot.AlignedData[number], i: number): boolean =>
  values[i] != null && values[i - 1] == null && values[i + 1] == null;
const dots = (u: uPlot, series: number): number[] => {
  const values = u.data[series]!;
  return Array.from(values, (_, i) => i).filter((i) => lonely(values, i));
};

/** Columns of uPlot: x, then for each line its values and the two edges of its band. */
const columnsOf = ({ x, lines }: Pick<PlotProps, 'x' | 'lines'>): uPlot.AlignedData =>
  [x, ...lines.flatMap((l) => (l.least && l.most ? [l.values, l.most, l.least] : [l.values]))] as uPlot.AlignedData;

function Drawn(props: PlotProps): VNode {
  const { lines, cap, height = 132, label, range, x } = props;
  const box = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const now = useRef(props);
  const dark = theme.value;
  now.current = props;
  const highestOf = ({ top, cap: limit, lines: all }: PlotProps): number =>
    Math.max(
      top ?? 0,
      limit?.at ?? 0,
      ...all.flatMap((l) => [...l.values, ...(l.most ?? [])].filter((v): v is number => v !== null)),
    ) || 1;
  const shape = lines.map((l) => `${l.label}${l.accent ? '!' : ''}${l.least ? '~' : ''}`).join();
  useEffect(() => {
    const [text, line, mid, accent, broke] = ['--text-3', '--line', '--text-2', '--accent', '--broke'].map(
      colourOf,
    ) as [string, string, string, string, string];
    const font = '11px Inter, system-ui, sans-serif';
    const axis = { stroke: text, font, ticks: { show: false }, grid: { stroke: line, width: 1 }, gap: 6 };
    const bands: uPlot.Band[] = [];
    const series: uPlot.Series[] = [{}];
    for (const l of lines) {
      const own = l.accent ? accent : mid;
      const tint = `color-mix(in srgb, ${own} 9%, transparent)`;
      const banded = l.least && l.most;
      series.push({
        label: l.label,
        stroke: own,
        width: 1.5,
        points: { show: (u, i) => dots(u, i).length > 0, filter: (u, i) => dots(u, i), size: 4, fill: own },
        ...(banded ? {} : { fill: tint }),
        spanGaps: false,
      });
      if (!banded) continue;
      bands.push({ series: [series.length, series.length + 1], fill: `color-mix(in srgb, ${own} 22%, transparent)` });
      series.push({ width: 0, points: { show: false } }, { width: 0, points: { show: false } });
    }
    const u = new uPlot(
      {
        width: box.current!.clientWidth,
        height,
        legend: { show: false },
        padding: [8, 18, 0, 0],
        cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
        scales: {
          x: { time: true, range: () => now.current.range },
          y: { range: () => [0, highestOf(now.current) * 1.04] },
        },
        axes: [
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
            splits: () => ticks(highestOf(now.current), now.current.base ?? 1000),
            values: (_, at) => at.map((v) => (v === 0 ? '0' : now.current.show(v))),
          },
        ],
        series,
        bands,
        hooks: {
          draw: [
            (p: uPlot) => {
              const limit = now.current.cap;
              if (!limit) return;
              const y = p.valToPos(limit.at, 'y', true);
              const { ctx } = p;
              ctx.save();
              ctx.strokeStyle = broke;
              ctx.setLineDash([4, 4]);
              ctx.lineWidth = devicePixelRatio;
              ctx.beginPath();
              ctx.moveTo(p.bbox.left, y);
              ctx.lineTo(p.bbox.left + p.bbox.width, y);
              ctx.stroke();
              ctx.restore();
            },
          ],
          setCursor: [
            (p: uPlot) => {
              const i = p.cursor.idx;
              const el = tip.current!;
              const { x: at, lines: all, show, live } = now.current;
              if (i == null || p.cursor.left! < 0) {
                el.hidden = true;
                return;
              }
              el.hidden = false;
              const said = ({ label, values, least, most }: PlotLine): string => {
                const value = values[i] == null ? '–' : show(values[i]);
                const range = least?.[i] != null && most?.[i] != null ? ` (${show(least[i])} – ${show(most[i])})` : '';
                return `${all.length > 1 ? `${label} ` : ''}${value}${range}`;
              };
              const time = clock(at[i]! * 1000).slice(0, live ? 8 : 5);
              el.textContent = `${time}  ${all.map(said).join(', ')}`;
              el.style.left = `${Math.min(p.cursor.left! + 62, box.current!.clientWidth - el.offsetWidth - 4)}px`;
            },
          ],
        },
      },
      columnsOf(now.current),
      box.current!,
    );
    plot.current = u;
    const observer = new ResizeObserver(() => {
      const width = box.current?.clientWidth ?? 0;
      if (width > 0 && width !== u.width) u.setSize({ width, height });
    });
    observer.observe(box.current!);
    return () => {
      observer.disconnect();
      u.destroy();
      plot.current = null;
    };
  }, [dark, height, shape]);
  // New figures in the same drawing: what one points at stays where it is.
  useEffect(() => {
    plot.current?.setData(columnsOf(now.current));
  }, [x, lines, range[0], range[1]]);
  return (
    <div class="plotbox" ref={box} role="img" aria-label={label}>
      {cap && <span class="cap-t micro">{cap.label}</span>}
      <div class="tip micro" ref={tip} hidden />
    </div>
  );
}
