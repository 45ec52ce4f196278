// Time series: uPlot, in the colours of the page, loaded by the first page that draws one.
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { clock, hourMinute } from '../format.ts';
import { t } from '../i18n.tsx';
import { theme } from '../theme.ts';

export interface PlotLine { label: string; /** One value for each x; null where not known. */ values: (number | null)[]; accent?: boolean }
interface PlotProps { /** epoch seconds */ x: number[]; lines: PlotLine[]; show: (value: number) => string; /** A limit, drawn dashed. */ cap?: { at: number; label: string } | undefined; top?: number; height?: number; label: string; range: [number, number]; base?: 1000 | 1024 }

const colour = (name: string): string => {
  // light-dark() must be settled: a canvas knows no custom properties.
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
};

/** Round steps of an axis: 1, 2, 5 x 10^n, or powers of two for memory. */
function ticks(top: number, base: 1000 | 1024): number[] {
  if (top <= 0) return [0];
  const rough = top / 2.4, unit = base === 1024 ? 1024 ** Math.floor(Math.log(rough) / Math.log(1024)) : 10 ** Math.floor(Math.log10(rough));
  const steps = base === 1024 ? [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] : [1, 2, 5, 10];
  const step = unit * (steps.find((s) => s * unit >= rough) ?? 10);
  return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, i) => i * step);
}

/** A plot; where nothing was measured it says so, in the same height. */
export function Plot(props: PlotProps): VNode {
  if (props.lines.every((l) => l.values.every((v) => v === null))) return <div class="plotbox none small dim" style={{ height: `${props.height ?? 132}px` }}>{t('usage.none')}</div>;
  return <Drawn {...props} />;
}

function Drawn({ x, lines, show, cap, top, height = 132, label, range, base = 1000 }: PlotProps): VNode {
  const box = useRef<HTMLDivElement>(null), tip = useRef<HTMLDivElement>(null), plot = useRef<uPlot | null>(null);
  const dark = theme.value;
  const highest = Math.max(top ?? 0, cap?.at ?? 0, ...lines.flatMap((l) => l.values.filter((v): v is number => v !== null))) || 1;
  const data = [x, ...lines.map((l) => l.values)] as uPlot.AlignedData;
  useEffect(() => {
    const [text, line, mid, accent, broke] = ['--text-3', '--line', '--text-2', '--accent', '--broke'].map(colour) as [string, string, string, string, string];
    const font = '11px Inter, system-ui, sans-serif', axis = { stroke: text, font, ticks: { show: false }, grid: { stroke: line, width: 1 }, gap: 6 };
    const u = new uPlot({
      width: box.current!.clientWidth, height, legend: { show: false }, padding: [8, 18, 0, 0], cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
      scales: { x: { time: true, range: () => range }, y: { range: () => [0, highest * 1.04] } },
      axes: [{ ...axis, grid: { show: false }, size: 22, space: 90, values: (_, at) => at.map((v) => hourMinute(v * 1000)) },
        { ...axis, size: 62, splits: () => ticks(highest, base), values: (_, at) => at.map((v) => (v === 0 ? '0' : show(v))) }],
      series: [{}, ...lines.map((l) => ({ label: l.label, stroke: l.accent ? accent : mid, width: 1.5, points: { show: false }, fill: `color-mix(in srgb, ${l.accent ? accent : mid} 9%, transparent)`, spanGaps: false }))],
      hooks: {
        draw: [(p: uPlot) => {
          if (!cap) return;
          const y = p.valToPos(cap.at, 'y', true), { ctx } = p;
          ctx.save(); ctx.strokeStyle = broke; ctx.setLineDash([4, 4]); ctx.lineWidth = devicePixelRatio; ctx.beginPath(); ctx.moveTo(p.bbox.left, y); ctx.lineTo(p.bbox.left + p.bbox.width, y); ctx.stroke(); ctx.restore();
        }],
        setCursor: [(p: uPlot) => {
          const i = p.cursor.idx, el = tip.current!;
          if (i == null || p.cursor.left! < 0) { el.hidden = true; return; }
          el.hidden = false;
          el.textContent = `${clock(x[i]! * 1000).slice(0, 5)}  ${lines.map((l) => `${lines.length > 1 ? `${l.label} ` : ''}${l.values[i] == null ? '–' : show(l.values[i]!)}`).join(', ')}`;
          el.style.left = `${Math.min(p.cursor.left! + 62, box.current!.clientWidth - el.offsetWidth - 4)}px`;
        }],
      },
    }, data, box.current!);
    plot.current = u;
    const observer = new ResizeObserver(() => { const width = box.current?.clientWidth ?? 0; if (width > 0 && width !== u.width) u.setSize({ width, height }); });
    observer.observe(box.current!);
    return () => { observer.disconnect(); u.destroy(); plot.current = null; };
  }, [dark, height, lines.length, highest, range[0], range[1], x.length, x.at(-1)]);
  return <div class="plotbox" ref={box} role="img" aria-label={label}>{cap && <span class="cap-t micro">{cap.label}</span>}<div class="tip micro" ref={tip} hidden /></div>;
}
