// A state of a statechart: its box with glyph and name, how often and how long it was entered, its timer.
import type { VNode } from 'preact';
import type { ChartView } from '../../src/protocol/live.ts';
import { stay } from '../look/format.ts';
import { GlyphAt, hasGlyph } from '../look/glyphs.tsx';
import { t } from '../words/i18n.tsx';
import type { Box } from './drawing.ts';
import type { Visit } from './history.ts';
import { stateName } from './labels.ts';
import { Ring, type Timer } from './ring.tsx';
import { statusOfState } from './status-of.ts';

interface StateProps {
  box: Box;
  chart: ChartView;
  lit: boolean;
  visit: Visit | undefined;
  timer: Timer | undefined;
  past: boolean;
  mini: boolean;
  /** Edges taken ever, and by the last move. */
  taken: ReadonlySet<string>;
  last: readonly string[];
}

/** "3 ×  ·  2.1 s": times entered and the last stay. */
function visited(visit: Visit | undefined): string {
  if (!visit) return t('chart.not.yet');
  const times = `${visit.times} ×`;
  return visit.lastStayMs === null ? times : `${times} · ${stay(visit.lastStayMs)}`;
}

/** Ways in that have no line of their own: what is heard, and from where. */
function Entries({ box, taken, last }: Pick<StateProps, 'box' | 'taken' | 'last'>): VNode {
  const top = box.group ? 38 : 56;
  const mark = (edges: readonly string[]): string => {
    if (edges.some((id) => last.includes(id))) return 'entry last';
    return edges.some((id) => taken.has(id)) ? 'entry taken' : 'entry';
  };
  return (
    <>
      {box.entries.map((entry, i) => (
        <text key={i} class={mark(entry.edges)} x="12" y={top + i * 16}>
          <title>{entry.of.join(', ')}</title>
          <tspan class="ev">{entry.text}</tspan>
          <tspan dx="6">{t('chart.from', { states: entry.from })}</tspan>
        </text>
      ))}
    </>
  );
}

export function State({ box, chart, lit, visit, timer, past, mini, taken, last }: StateProps): VNode {
  const name = stateName(box.path);
  const glyph = hasGlyph(name) && !box.path.includes('.');
  const known = chart.states.find((state) => state.path === box.path);
  const tall = !mini && !box.group;
  const marks = `${box.group ? ' group' : ''}${lit ? ' lit' : ''}${visit ? ' past' : ' never'}`;
  return (
    <g class={`node${marks}`} data-s={statusOfState(box.path)} transform={`translate(${box.x} ${box.y})`}>
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
      {tall && !timer && (
        <text class="sub" x="12" y="38">
          {visited(visit)}
        </text>
      )}
      <Entries box={box} taken={taken} last={last} />
      {timer && !box.group && <Ring timer={timer} x={tall ? 12 : 6} y={tall ? 33.5 : 42} still={past} />}
    </g>
  );
}
