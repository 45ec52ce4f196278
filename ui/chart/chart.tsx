// A statechart, live: current state lit with its parents, last edge traced, been-there darker, never-entered dashed, timers as rings.
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ChartView } from '../../src/protocol/live.ts';
import { stay } from '../format.ts';
import { GlyphAt, hasGlyph } from '../glyphs.tsx';
import { t } from '../i18n.tsx';
import { memo } from '../parts/memo.ts';
import { Loading, Trouble } from '../parts/states.tsx';
import { stateName } from './labels.ts';
import { drawings } from './elk.ts';
import { jump, type Box, type Drawing, type Line } from './drawing.ts';
import type { Visit } from './history.ts';
import { Ring } from './ring.tsx';
import { statusOfState } from './status-of.ts';

export interface Timer {
  from: number;
  until: number;
}
export interface ChartProps {
  chart: ChartView;
  mini?: boolean;
  /** Active paths, parents included. */ active: ReadonlySet<string>;
  visits: ReadonlyMap<string, Visit>;
  /** Edge ids taken ever, and by the last move. */ taken: ReadonlySet<string>;
  last: readonly string[];
  /** Grows with each move: the pulse runs once. */ move: number;
  /** A timer that runs in a state, by path. */ timers: ReadonlyMap<string, Timer>;
  /** Not the present: the ring stands still. */ past?: boolean;
  /** All of it at once, however small. */ fit?: boolean;
}

/** The direction that needs the least shrinking in the room there is. */
function fitting(all: Drawing[], width: number, height: number): Drawing {
  const fit = (d: Drawing): number => Math.min(1, width / d.width) * Math.min(1, height / d.height);
  return all.reduce((best, d) => (fit(d) > fit(best) * 1.05 ? d : best));
}

const Tip = ({ tip }: { tip: Line['tip'] }): VNode => (
  <path class="tip" d="M0 0l-7 -4.5v9z" transform={`translate(${tip.at.x} ${tip.at.y}) rotate(${tip.angle})`} />
);

interface EdgeProps {
  line: Line;
  past: boolean;
  last: boolean;
  next: string | null;
  move: number;
  lit: readonly string[];
}
const Edge = memo(function Edge({ line, past, last, next, move, lit }: EdgeProps): VNode {
  return (
    <g class={`edge${past ? ' past' : ''}${last ? ' last' : ''}${next ? ' next' : ''}`} data-s={next ?? undefined}>
      {line.paths.map((d, i) => (
        <path key={i} d={d} />
      ))}
      <Tip tip={line.tip} />
      {line.label &&
        line.lines.map((l, i) => (
          <text
            key={i}
            class={last && !lit.includes(l.edge) ? 'other' : ''}
            x={line.label!.x + line.label!.width / 2}
            y={line.label!.y + 12.5 + i * 15}
          >
            {l.text}
          </text>
        ))}
      {last && <path key={`run ${move}`} class="run" pathLength="100" d={line.whole} />}
    </g>
  );
});

interface StateProps {
  box: Box;
  chart: ChartView;
  lit: boolean;
  visit: Visit | undefined;
  timer: Timer | undefined;
  past: boolean;
  mini: boolean;
  taken: ReadonlySet<string>;
  last: readonly string[];
}
function State({ box, chart, lit, visit, timer, past, mini, taken, last }: StateProps): VNode {
  const s = statusOfState(box.path),
    name = stateName(box.path),
    glyph = hasGlyph(name) && !box.path.includes('.'),
    known = chart.states.find((x) => x.path === box.path);
  const sub = timer
    ? null
    : visit
      ? `${visit.times} ×${visit.lastStayMs !== null ? ` · ${stay(visit.lastStayMs)}` : ''}`
      : t('chart.not.yet');
  const tall = !mini && !box.group;
  return (
    <g
      class={`node${box.group ? ' group' : ''}${lit ? ' lit' : ''}${visit ? ' past' : ' never'}`}
      data-s={s}
      transform={`translate(${box.x} ${box.y})`}
    >
      <title>
        {box.path}
        {known?.description ? `\n${known.description}` : ''}
      </title>
      {lit && !box.group && <rect class="halo" x="-4" y="-4" width={box.width + 8} height={box.height + 8} rx="11" />}
      <rect class="box" width={box.width} height={box.height} rx="8" />
      {known?.type === 'final' && (
        <rect class="inner" x="3" y="3" width={box.width - 6} height={box.height - 6} rx="6" />
      )}
      {glyph && <GlyphAt s={name} x={11} y={mini ? 9 : 11} />}
      <text class="name" x={glyph ? 29 : 12} y={mini ? 19.5 : 21.5}>
        {name}
      </text>
      {tall && sub && (
        <text class="sub" x="12" y="38">
          {sub}
        </text>
      )}
      {box.entries.map((e, i) => (
        <text
          key={i}
          class={`entry${e.edges.some((id) => last.includes(id)) ? ' last' : e.edges.some((id) => taken.has(id)) ? ' taken' : ''}`}
          x="12"
          y={(box.group ? 38 : 56) + i * 16}
        >
          <title>{e.of.join(', ')}</title>
          <tspan class="ev">{e.text}</tspan>
          <tspan dx="6">{t('chart.from', { states: e.from })}</tspan>
        </text>
      ))}
      {timer &&
        !box.group &&
        (tall ? <Ring timer={timer} x={12} y={33.5} still={past} /> : <Ring timer={timer} x={6} y={42} still={past} />)}
    </g>
  );
}

export function Chart(props: ChartProps): VNode {
  const { chart, mini = false, active, visits, taken, last, move, timers, past = false } = props;
  const box = useRef<HTMLDivElement>(null);
  const [all, setAll] = useState<Drawing[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [room, setRoom] = useState<{ width: number; height: number } | null>(null);
  useEffect(() => {
    let gone = false;
    drawings(chart, mini).then(
      (d) => {
        if (!gone) {
          setAll(d);
          setError(null);
        }
      },
      (e: unknown) => {
        if (!gone) setError(e);
      },
    );
    return () => {
      gone = true;
    };
  }, [chart, mini]);
  useLayoutEffect(() => {
    const measure = (): void => {
      const width = box.current?.clientWidth ?? 0;
      if (width > 0)
        setRoom((old) =>
          old && Math.abs(old.width - width) < 24
            ? old
            : { width, height: mini ? 300 : Math.max(420, innerHeight - 330) },
        );
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, [mini]);
  const drawing = all && room ? fitting(all, room.width, room.height) : null;
  const current = [...active].filter((path) => ![...active].some((other) => other.startsWith(`${path}.`)));
  // Never below 10 px of label: 11 px shrinks to 0.91 at most, then it is panned.
  const scale =
    drawing && room
      ? Math.min(
          1,
          props.fit
            ? Math.min(room.width / drawing.width, (room.height - 20) / drawing.height)
            : Math.max(mini ? 0.62 : 0.91, (room.width - 24) / drawing.width),
        )
      : 1;
  const isLast = (line: Line): boolean => line.edges.some((e) => last.includes(e));
  const drawn = new Set(drawing?.lines.flatMap((l) => l.edges) ?? []);
  const jumps = drawing
    ? last
        .filter((id) => !drawn.has(id))
        .map((id) => chart.edges.find((e) => e.id === id))
        .flatMap((e) => {
          const j = e?.to ? jump(drawing, e.from, e.to) : null;
          return j ? [j] : [];
        })
    : [];
  useEffect(() => {
    const lit = box.current?.querySelector('.node.lit:not(.group)');
    const view = box.current;
    if (!lit || !view || mini) return;
    // Only the chart pans, not the page.
    const a = lit.getBoundingClientRect(),
      b = view.getBoundingClientRect();
    if (a.top < b.top || a.bottom > b.bottom) view.scrollTop += a.top - b.top - (view.clientHeight - a.height) / 2;
    if (a.left < b.left || a.right > b.right) view.scrollLeft += a.left - b.left - (view.clientWidth - a.width) / 2;
  }, [drawing, scale, current.join()]);
  if (error) return <Trouble error={error} />;
  return (
    <div
      class={`chartbox${mini ? ' mini' : ''}`}
      ref={box}
      tabIndex={0}
      role="group"
      aria-label={t('chart.label', { state: current.join(', ') || '–' })}
    >
      {!drawing ? (
        <Loading rows={5} />
      ) : (
        <svg
          class="sc"
          width={drawing.width * scale}
          height={(drawing.height + (mini && timers.size > 0 ? 16 : 0)) * scale}
          viewBox={`0 0 ${drawing.width} ${drawing.height + (mini && timers.size > 0 ? 16 : 0)}`}
          aria-hidden="true"
        >
          {drawing.boxes
            .filter((b) => b.group)
            .map((b) => (
              <State
                key={b.path}
                box={b}
                chart={chart}
                lit={active.has(b.path)}
                visit={visits.get(b.path)}
                timer={undefined}
                past={past}
                mini={mini}
                taken={taken}
                last={last}
              />
            ))}
          {drawing.initial && (
            <g class="edge past">
              <circle class="dot" cx={drawing.initial.dot.x} cy={drawing.initial.dot.y} r="5" />
              <path d={drawing.initial.line} />
              <Tip tip={drawing.initial.tip} />
            </g>
          )}
          {/* Two groups, not one that is sorted: preact moves nodes by moveBefore, after which Chromium 156 misses a change of class. */}
          <g>
            {drawing.lines
              .filter((l) => !isLast(l))
              .map((line) => {
                const after = line.edges.some((e) => chart.edges.find((x) => x.id === e)?.kind === 'after');
                return (
                  <Edge
                    key={line.id}
                    line={line}
                    past={line.edges.some((e) => taken.has(e))}
                    last={false}
                    next={after && timers.has(line.from) ? statusOfState(line.from) : null}
                    move={0}
                    lit={none}
                  />
                );
              })}
          </g>
          <g>
            {drawing.lines.filter(isLast).map((line) => (
              <Edge key={line.id} line={line} past last next={null} move={move} lit={last} />
            ))}
          </g>
          {drawing.extras.map((x) =>
            x.kind === 'pill' ? (
              <g key={x.id} class="pill">
                <rect x={x.x} y={x.y} width={x.width} height={x.height} rx={x.height / 2} />
                <text x={x.x + x.width / 2} y={x.y + 15.5}>
                  {x.text}
                </text>
              </g>
            ) : (
              <path
                key={x.id}
                class="choice"
                d={`M${x.x + x.width / 2} ${x.y}l${x.width / 2} ${x.height / 2}l${-x.width / 2} ${x.height / 2}l${-x.width / 2} ${-x.height / 2}z`}
              />
            ),
          )}
          {drawing.boxes
            .filter((b) => !b.group)
            .map((b) => (
              <State
                key={b.path}
                box={b}
                chart={chart}
                lit={active.has(b.path)}
                visit={visits.get(b.path)}
                timer={timers.get(b.path)}
                past={past}
                mini={mini}
                taken={taken}
                last={last}
              />
            ))}
          {jumps.map((j) => (
            <g key={`jump ${move}`} class="edge last">
              <path d={j.d} />
              <Tip tip={j.tip} />
              <path class="run" pathLength="100" d={j.d} />
            </g>
          ))}
        </svg>
      )}
    </div>
  );
}
const none: readonly string[] = [];
