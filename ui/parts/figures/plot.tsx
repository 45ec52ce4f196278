// Time series: uPlot, in the colours of the page, loaded by the first page that draws one.
import type { RefObject, VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { t } from '../../words/i18n.tsx';
import { theme } from '../../look/theme.ts';
import { columnsOf, optionsOf, shapeOf, type Figures } from './plot-drawing.ts';

interface PlotProps extends Figures {
  /** px */
  height?: number;
  label: string;
}

const usualHeight = 132;

/** A plot; where nothing was measured it says so, in the same height. */
export function Plot(props: PlotProps): VNode {
  if (props.lines.every((l) => l.values.every((v) => v === null)))
    return (
      <div class="plotbox none small dim" style={{ height: `${props.height ?? usualHeight}px` }}>
        {t('usage.none')}
      </div>
    );
  return <Drawn {...props} />;
}

function Drawn(props: PlotProps): VNode {
  const box = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  useDrawing(props, box, tip);
  return (
    <div class="plotbox" ref={box} role="img" aria-label={props.label}>
      {props.cap && <span class="cap-t micro">{props.cap.label}</span>}
      <div class="tip micro" ref={tip} hidden />
    </div>
  );
}

/** Draws in the box, as wide as that is; anew only when colours, height or the kind of lines change. */
function useDrawing(
  props: PlotProps,
  box: RefObject<HTMLDivElement | null>,
  tip: RefObject<HTMLDivElement | null>,
): void {
  const { lines, height = usualHeight, range, x } = props;
  const plot = useRef<uPlot | null>(null);
  const now = useRef(props);
  now.current = props;
  useEffect(() => {
    const host = box.current!;
    const options = optionsOf(() => now.current, { width: host.clientWidth, height }, tip.current!);
    const u = new uPlot(options, columnsOf(now.current), host);
    plot.current = u;
    const observer = new ResizeObserver(() => {
      const width = host.clientWidth;
      if (width > 0 && width !== u.width) u.setSize({ width, height });
    });
    observer.observe(host);
    return () => {
      observer.disconnect();
      u.destroy();
      plot.current = null;
    };
  }, [theme.value, height, shapeOf(lines)]);
  // New figures in the same drawing: what one points at stays where it is.
  useEffect(() => {
    plot.current?.setData(columnsOf(now.current));
  }, [x, lines, range[0], range[1]]);
}
