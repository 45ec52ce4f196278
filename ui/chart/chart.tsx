// A statechart, live: current state lit with its parents, last edge traced, been-there darker, never-entered dashed, timers as rings.
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ChartView } from '../../src/protocol/live.ts';
import { t } from '../words/i18n.tsx';
import { Loading, Trouble } from '../parts/states.tsx';
import { Edge, Mark, Tip } from './edge.tsx';
import { drawings } from './elk.ts';
import { jump, type Box, type Drawing, type Jump, type Line } from './drawing.ts';
import type { Visit } from './history.ts';
import type { Timer } from './ring.tsx';
import { fitting, panTo, scaleIn, useRoom } from './room.ts';
import { State } from './state.tsx';
import { statusOfState } from './status-of.ts';

interface ChartProps {
  chart: ChartView;
  mini?: boolean;
  /** Active paths, parents included. */
  active: ReadonlySet<string>;
  visits: ReadonlyMap<string, Visit>;
  /** Edge ids taken ever, and by the last move. */
  taken: ReadonlySet<string>;
  last: readonly string[];
  /** Grows with each move: the pulse runs once. */
  move: number;
  /** A timer that runs in a state, by path. */
  timers: ReadonlyMap<string, Timer>;
  /** Not the present: the ring stands still. */
  past?: boolean;
  /** All of it at once, however small. */
  fit?: boolean;
}

const none: readonly string[] = [];

/** The drawings of a chart, one a direction; null until they are made, or the error of that. */
function useDrawings(chart: ChartView, mini: boolean): { all: Drawing[] | null; error: unknown } {
  const [made, setMade] = useState<{ all: Drawing[] | null; error: unknown }>({ all: null, error: null });
  useEffect(() => {
    let gone = false;
    drawings(chart, mini).then(
      (all) => {
        if (!gone) setMade({ all, error: null });
      },
      (error: unknown) => {
        if (!gone) setMade((old) => ({ ...old, error }));
      },
    );
    return () => {
      gone = true;
    };
  }, [chart, mini]);
  return made;
}

/** Edges of the last move that the drawing has no line for: drawn as they are needed. */
function jumpsOf(drawing: Drawing, chart: ChartView, last: readonly string[]): Jump[] {
  const drawn = new Set(drawing.lines.flatMap((line) => line.edges));
  return last
    .filter((id) => !drawn.has(id))
    .flatMap((id) => {
      const edge = chart.edges.find((one) => one.id === id);
      const found = edge?.to ? jump(drawing, edge.from, edge.to) : null;
      return found ? [found] : [];
    });
}

function Lines({ drawing, chart, taken, last, move, timers }: ChartProps & { drawing: Drawing }): VNode {
  const isLast = (line: Line): boolean => line.edges.some((id) => last.includes(id));
  const isTimed = (line: Line): boolean =>
    line.edges.some((id) => chart.edges.find((edge) => edge.id === id)?.kind === 'after');
  const rest = drawing.lines.filter((line) => !isLast(line));
  // Two groups, not one that is sorted: preact moves nodes by moveBefore, after which Chromium 156 misses a change of class.
  return (
    <>
      <g>
        {rest.map((line) => (
          <Edge
            key={line.id}
            line={line}
            past={line.edges.some((id) => taken.has(id))}
            last={false}
            next={isTimed(line) && timers.has(line.from) ? statusOfState(line.from) : null}
            move={0}
            lit={none}
          />
        ))}
      </g>
      <g>
        {drawing.lines.filter(isLast).map((line) => (
          <Edge key={line.id} line={line} past last next={null} move={move} lit={last} />
        ))}
      </g>
    </>
  );
}

/** All of a drawing: compound states below, then lines, then the states that hold no others. */
function Drawn(props: ChartProps & { drawing: Drawing; scale: number }): VNode {
  const { drawing, scale, chart, mini = false, active, visits, taken, last, move, timers, past = false } = props;
  // In a mini chart a ring stands below its state, so the lowest one needs room.
  const height = drawing.height + (mini && timers.size > 0 ? 16 : 0);
  const state = (box: Box): VNode => (
    <State
      key={box.path}
      box={box}
      chart={chart}
      lit={active.has(box.path)}
      visit={visits.get(box.path)}
      timer={box.group ? undefined : timers.get(box.path)}
      past={past}
      mini={mini}
      taken={taken}
      last={last}
    />
  );
  return (
    <svg
      class="sc"
      width={drawing.width * scale}
      height={height * scale}
      viewBox={`0 0 ${drawing.width} ${height}`}
      aria-hidden="true"
    >
      {drawing.boxes.filter((box) => box.group).map(state)}
      {drawing.initial && (
        <g class="edge past">
          <circle class="dot" cx={drawing.initial.dot.x} cy={drawing.initial.dot.y} r="5" />
          <path d={drawing.initial.line} />
          <Tip tip={drawing.initial.tip} />
        </g>
      )}
      <Lines {...props} />
      {drawing.extras.map((mark) => (
        <Mark key={mark.id} mark={mark} />
      ))}
      {drawing.boxes.filter((box) => !box.group).map(state)}
      {jumpsOf(drawing, chart, last).map((found) => (
        <g key={`jump ${move}`} class="edge last">
          <path d={found.d} />
          <Tip tip={found.tip} />
          <path class="run" pathLength="100" d={found.d} />
        </g>
      ))}
    </svg>
  );
}

export function Chart(props: ChartProps): VNode {
  const { chart, mini = false, active, fit = false } = props;
  const view = useRef<HTMLDivElement>(null);
  const { all, error } = useDrawings(chart, mini);
  const room = useRoom(view, mini);
  const drawing = all && room ? fitting(all, room) : null;
  const scale = drawing && room ? scaleIn(room, drawing, { mini, fit }) : 1;
  const current = [...active].filter((path) => ![...active].some((other) => other.startsWith(`${path}.`)));
  useEffect(() => {
    const lit = view.current?.querySelector('.node.lit:not(.group)');
    if (lit && !mini) panTo(lit, view.current!);
  }, [drawing, scale, current.join()]);
  if (error) return <Trouble error={error} />;
  return (
    <div
      class={`chartbox${mini ? ' mini' : ''}`}
      ref={view}
      tabIndex={0}
      role="group"
      aria-label={t('chart.label', { state: current.join(', ') || '–' })}
    >
      {drawing ? <Drawn {...props} drawing={drawing} scale={scale} /> : <Loading rows={5} />}
    </div>
  );
}
