// An edge of a statechart: its line and tip, its label in a gap of its own, and the pulse that runs along the last one once.
import type { VNode } from 'preact';
import { memo } from '../parts/memo.ts';
import type { Drawing, Line } from './drawing.ts';

export const Tip = ({ tip }: { tip: Line['tip'] }): VNode => (
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
export const Edge = memo(function Edge({ line, past, last, next, move, lit }: EdgeProps): VNode {
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

/** What stands on a line without being a state: a pill with a name, or the diamond of a choice. */
export function Mark({ mark: m }: { mark: Drawing['extras'][number] }): VNode {
  if (m.kind === 'pill')
    return (
      <g class="pill">
        <rect x={m.x} y={m.y} width={m.width} height={m.height} rx={m.height / 2} />
        <text x={m.x + m.width / 2} y={m.y + 15.5}>
          {m.text}
        </text>
      </g>
    );
  const [across, down] = [m.width / 2, m.height / 2];
  return (
    <path class="choice" d={`M${m.x + across} ${m.y}l${across} ${down}l${-across} ${down}l${-across} ${-down}z`} />
  );
}
