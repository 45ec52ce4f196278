// What an instance uses: the last five minutes live, and its history by the minute with least and most.
import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { InstanceView } from '../../../src/model/instance/instance.ts';
import type { RecentUsage } from '../../../src/model/instance/usage.ts';
import { path } from '../../hub/api.ts';
import { appNamed } from '../../hub/cluster.ts';
import { cores, disk, memory, percent } from '../../look/format.ts';
import { t } from '../../words/i18n.tsx';
import { lazy } from '../../lazy.tsx';
import {
  ranges,
  rangeName,
  samples,
  table,
  withSample,
  type Range,
  type SeriesPoint,
  type Table,
} from '../../look/series.ts';
import { hubNow, second } from '../../hub/ticks.ts';
import { useAsk } from '../ask.ts';
import { Choice, Panel } from '../panel.tsx';

const Plot = lazy(() => import('../figures/plot.tsx').then((m) => m.Plot));
type Shown = 'live' | Range;
const liveMs = 300_000;
const pause = 75_000; // nobody watching: a sample each 30 s
const none: RecentUsage = { at: [], cpu: [], mem: [], ioRead: [], ioWrite: [] };
const most = (values: readonly (number | null)[]): number => values.reduce<number>((a, v) => Math.max(a, v ?? 0), 0);

/** The samples that its node still had, and those that came since. */
function useRecent(i: InstanceView, answered: RecentUsage | null): RecentUsage {
  const kept = useRef<{ id: string; from: RecentUsage | null; recent: RecentUsage }>({
    id: '',
    from: null,
    recent: none,
  });
  const now = kept.current;
  const { usage } = i;
  if (now.id !== i.id) kept.current = { id: i.id, from: answered, recent: answered ?? none };
  else if (answered && now.from !== answered) {
    // What came by itself since is newer than what was answered.
    const later = now.recent.at.flatMap((at, k) =>
      at > (answered.at.at(-1) ?? 0)
        ? [{ at, cpu: now.recent.cpu[k]!, mem: now.recent.mem[k]!, ioRead: null, ioWrite: null }]
        : [],
    );
    kept.current = { id: i.id, from: answered, recent: later.reduce((list, one) => withSample(list, one), answered) };
  }
  if (usage)
    kept.current.recent = withSample(kept.current.recent, {
      at: usage.at,
      cpu: usage.cpu,
      mem: usage.mem,
      ioRead: null,
      ioWrite: null,
    });
  return kept.current.recent;
}

export function Usage({ i }: { i: InstanceView }): VNode {
  const [shown, setShown] = useState<Shown>('live');
  const live = shown === 'live';
  const range = live ? '30m' : shown;
  const minute = Math.floor(second.value / 60_000);
  const { value } = useAsk<{ points: SeriesPoint[]; recent: RecentUsage | null }>(
    path`/instances/${i.id}/usage` + `?range=${range}`,
    minute,
  );
  const recent = useRecent(i, value?.recent ?? null);
  const u = i.usage;
  const alloc = appNamed(i.app)?.spec.resAlloc;
  const limit = alloc?.mem ?? null;
  const now = hubNow();
  const to = Math.floor(now / 60_000);
  const from = to - ranges[range];
  const data: Table = live ? samples(recent, pause) : table(value?.points ?? [], from, to);
  const span: [number, number] = live
    ? [Math.floor((now - liveMs) / 1000), Math.ceil(now / 1000)]
    : [from * 60, to * 60];
  const line = (name: string, label: string) => [
    { label, values: data.of(name), ...(live ? {} : { least: data.least(name), most: data.most(name) }) },
  ];
  const peak = most(data.most('mem'));
  const io = !live && (most(data.most('ioRead')) > 0 || most(data.most('ioWrite')) > 0);
  return (
    <Panel
      title={t('usage')}
      right={
        <Choice
          options={(['live', '30m', '4h', '24h', '7d'] as const).map((r) => ({
            id: r,
            name: r === 'live' ? t('usage.live') : rangeName(r),
          }))}
          now={shown}
          choose={setShown}
          label={t('usage')}
        />
      }
    >
      <div class="row small">
        <span class="mid">{t('memory')}</span>
        <b class="strong">{i.pid === null ? '' : memory(u?.mem)}</b>
        {i.pid === null && <span class="dim">{t('usage.still')}</span>}
        {u?.memShare != null && <span class="dim">{t('usage.share', { n: percent(u.memShare) })}</span>}
        <span class="dim push">{peak > 0 ? t('usage.peak', { n: memory(peak) }) : ''}</span>
      </div>
      <Plot
        x={data.x}
        lines={line('mem', t('memory'))}
        show={memory}
        height={110}
        range={span}
        base={1024}
        live={live}
        label={t('memory')}
        cap={limit ? { at: limit, label: t('usage.limit', { n: memory(limit) }) } : undefined}
      />
      <div class="row small">
        <span class="mid">{t('cpu')}</span>
        <b class="strong">{percent(u?.cpu)}</b>
        {u?.cpuShare != null && <span class="dim">{t('usage.share', { n: percent(u.cpuShare) })}</span>}
        <span class="dim push">{alloc?.cpus ? t('usage.reserved', { n: cores(alloc.cpus) }) : ''}</span>
      </div>
      <Plot
        x={data.x}
        lines={line('cpu', t('cpu'))}
        show={percent}
        height={86}
        range={span}
        top={0.1}
        live={live}
        label={t('cpu')}
      />
      {io && (
        <>
          <div class="row small">
            <span class="mid">{t('usage.io')}</span>
            <span class="dim push">{t('per.second')}</span>
          </div>
          <Plot
            x={data.x}
            lines={[
              { label: t('usage.read'), values: data.of('ioRead') },
              { label: t('usage.written'), values: data.of('ioWrite'), accent: true },
            ]}
            show={disk}
            height={86}
            range={span}
            top={1000}
            label={t('usage.io')}
          />
        </>
      )}
      <dl class="kv wide">
        <dt>{t('processes')}</dt>
        <dd>
          {u?.processes ?? '–'}
          {u?.threads != null && <span class="dim"> {t('usage.threads', { n: u.threads })}</span>}
        </dd>
        <dt>{t('fds')}</dt>
        <dd>{u?.fds ?? '–'}</dd>
        <dt>{t('usage.io')}</dt>
        <dd>{u?.ioRead == null ? '–' : t('usage.io.sum', { read: disk(u.ioRead), written: disk(u.ioWrite) })}</dd>
        <dt>{t('disk')}</dt>
        <dd>{disk(u?.disk)}</dd>
      </dl>
    </Panel>
  );
}
