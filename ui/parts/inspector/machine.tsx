// A machine as a list: each state with what it hears, what stays included. And as Mermaid text to copy.
import type { VNode } from 'preact';
import type { ChartView } from '../../../src/protocol/live.ts';
import { edgeLabel, stateName } from '../../chart/labels.ts';
import { t } from '../../words/i18n.tsx';

export function Machine({ chart, active }: { chart: ChartView; active: ReadonlySet<string> }): VNode {
  const own = (path: string): ChartView['edges'] => chart.edges.filter((e) => e.from === path);
  const list = (edges: ChartView['edges']): VNode => (
    <ul class="hears">
      {edges.map((e) => (
        <li key={e.id}>
          <span class="mono-s">{edgeLabel(e)}</span>
          {e.to !== null && e.to !== e.from ? (
            <span class="mono-s mid">→ {e.to}</span>
          ) : (
            <span class="dim small">{t('machine.stays')}</span>
          )}
        </li>
      ))}
    </ul>
  );
  return (
    <div class="machine">
      {own('').length > 0 && (
        <section>
          <p class="strong">{t('machine.any')}</p>
          {list(own(''))}
        </section>
      )}
      {chart.states.map((s) => (
        <section
          key={s.path}
          class={active.has(s.path) ? 'lit' : ''}
          style={{ marginLeft: `${(s.path.split('.').length - 1) * 16}px` }}
        >
          <p>
            <b class="strong">{stateName(s.path)}</b> <span class="small mid">{s.description}</span>
          </p>
          {list(own(s.path))}
        </section>
      ))}
    </div>
  );
}

const id = (path: string): string => path.replace(/[^A-Za-z0-9]/g, '_');

/** `stateDiagram-v2` of a chart. */
export function mermaid(chart: ChartView): string {
  const lines = ['stateDiagram-v2'];
  const write = (parent: string | null, indent: string): void => {
    for (const s of chart.states.filter((x) => x.parent === parent)) {
      const inner = chart.states.some((x) => x.parent === s.path);
      if (s.initial) lines.push(`${indent}[*] --> ${id(s.path)}`);
      lines.push(`${indent}state "${stateName(s.path)}" as ${id(s.path)}${inner ? ' {' : ''}`);
      if (inner) {
        write(s.path, `${indent}  `);
        lines.push(`${indent}}`);
      }
    }
  };
  write(null, '  ');
  for (const e of chart.edges)
    if (e.to !== null && e.to !== e.from && e.from !== '')
      lines.push(`  ${id(e.from)} --> ${id(e.to)}: ${edgeLabel(e).replaceAll(':', '#58;')}`);
  return `${lines.join('\n')}\n`;
}
