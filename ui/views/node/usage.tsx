// A node's figures over time: cpu, memory, network, disk.
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { NodeView } from '../../../src/model/node.ts';
import { path } from '../../hub/api.ts';
import { disk, memory, percent } from '../../look/format.ts';
import { t } from '../../words/i18n.tsx';
import { lazy } from '../../lazy.tsx';
import { ranges, rangeName, table, type Range, type SeriesPoint } from '../../look/series.ts';
import { hubNow, second } from '../../hub/ticks.ts';
import { useAsk } from '../../parts/ask.ts';
import { Choice, Panel } from '../../parts/panel.tsx';

const Plot = lazy(() => import('../../parts/figures/plot.tsx').then((m) => m.Plot));

export function Usage({ n }: { n: NodeView }): VNode {
  const [range, setRange] = useState<Range>('1h');
  const minute = Math.floor(second.value / 60_000);
  const { value, error } = useAsk<{ items: SeriesPoint[] }>(path`/nodes/${n.id}/metrics` + `?range=${range}`, minute);
  const to = Math.floor(hubNow() / 60_000);
  const from = to - ranges[range];
  const data = table(value?.items ?? [], from, to);
  const span: [number, number] = [from * 60, to * 60];
  const whole = n.disks.reduce((a, d) => a + d.total, 0);
  const load = n.load;
  const banded = (label: string, name: string) => ({
    label,
    values: data.of(name),
    least: data.least(name),
    most: data.most(name),
  });
  const plots = [
    {
      title: t('cpu'),
      now: (
        <>
          <b class="strong">{percent(load?.cpu)}</b> <span class="dim">{t('of.cores', { n: n.os.cpus })}</span>
        </>
      ),
      lines: [banded(t('cpu'), 'cpu')],
      show: percent,
      top: 1,
    },
    {
      title: t('memory'),
      now: (
        <>
          <b class="strong">{memory(load?.memUsed)}</b>{' '}
          <span class="dim">{t('of', { whole: memory(n.memory.total) })}</span>
        </>
      ),
      lines: [banded(t('memory'), 'memUsed')],
      show: memory,
      top: n.memory.total,
      base: 1024 as const,
    },
    {
      title: t('network'),
      now: (
        <>
          <b class="strong">
            {t('net.in', { n: disk(load?.netIn) })},{' '}
            <span class="accented">{t('net.out', { n: disk(load?.netOut) })}</span>
          </b>{' '}
          <span class="dim">{t('per.second')}</span>
        </>
      ),
      lines: [
        { label: t('in'), values: data.of('netIn') },
        { label: t('out'), values: data.of('netOut'), accent: true },
      ],
      show: disk,
      top: 1000,
    },
    {
      title: t('disk'),
      now: (
        <>
          <b class="strong">{disk(load?.diskUsed)}</b> <span class="dim">{t('of', { whole: disk(whole) })}</span>
        </>
      ),
      lines: [banded(t('disk'), 'diskUsed')],
      show: disk,
      top: whole,
    },
  ];
  return (
    <>
      <div class="row usagehead">
        <h2 class="lead">{t('usage')}</h2>
        <span class="small dim">
          {error ? t('usage.failed') : value && value.items.length === 0 ? t('usage.none') : t('usage.note')}
        </span>
        <span class="push">
          <Choice
            options={(Object.keys(ranges) as Range[]).map((r) => ({ id: r, name: rangeName(r) }))}
            now={range}
            choose={setRange}
            label={t('usage')}
          />
        </span>
      </div>
      <div class="cols pair">
        {plots.map((p) => (
          <Panel key={p.title} title={p.title} right={<span class="small">{p.now}</span>}>
            <Plot
              x={data.x}
              lines={p.lines}
              show={p.show}
              top={p.top}
              range={span}
              label={p.title}
              base={p.base ?? 1000}
            />
          </Panel>
        ))}
      </div>
    </>
  );
}
