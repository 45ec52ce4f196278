// One node: status, because, next; its instances, its figures over time, its tags and facts.
import { Because } from '../parts/next.tsx';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { NodeView } from '../../src/model/node.ts';
import { hostOf, instancesByNode, loaded, nodeOf, role, writable } from '../cluster.ts';
import { cores, disk, memory, memoryOf, percent } from '../format.ts';
import { rich, t } from '../i18n.tsx';
import { ranges, rangeName, table, type Range, type SeriesPoint } from '../series.ts';
import { actorPath } from '../routes.ts';
import { go, route } from '../router.ts';
import { Page } from '../shell.tsx';
import { path } from '../api.ts';
import { lazy } from '../lazy.tsx';
import { hubNow, second } from '../ticks.ts';
import { useAsk } from '../parts/ask.ts';
import { Chip } from '../parts/chip.tsx';
import { Copy } from '../parts/copy.tsx';
import { asText } from '../parts/diff.tsx';
import { InstanceTable } from '../parts/instance-table.tsx';
import { cordonNode, drainNode, endDrain, forgetNode, takeOverNode, uncordonNode } from '../parts/node-acts.tsx';
import { Choice, Panel } from '../parts/panel.tsx';
import { Empty, Loading } from '../parts/states.tsx';
import { Tags } from '../parts/tags.tsx';
import { Age } from '../parts/time.tsx';

const Plot = lazy(() => import('../parts/plot.tsx').then((m) => m.Plot));

function Actions({ n }: { n: NodeView }): VNode | null {
  const may = writable.value,
    why = may ? '' : t('lost.writes');
  if (role.value === 'agent') return null;
  return (
    <span class="right">
      {n.status === 'joining' && n.reason?.code === 'other-hub' && (
        <button type="button" class="btn danger" disabled={!may} title={why} onClick={() => void takeOverNode(n)}>
          {t('take.over')}…
        </button>
      )}
      {n.status === 'ready' && (
        <button type="button" class="btn" disabled={!may} title={why} onClick={() => void cordonNode(n)}>
          {t('cordon')}
        </button>
      )}
      {(n.status === 'cordoned' || n.status === 'draining') && (
        <button type="button" class="btn" disabled={!may} title={why} onClick={() => void uncordonNode(n)}>
          {t(n.status === 'draining' ? 'drain.stop' : 'uncordon')}
        </button>
      )}
      {n.status === 'draining' && (
        <button type="button" class="btn" disabled={!may} title={why} onClick={() => void endDrain(n)}>
          {t('drain.end')}…
        </button>
      )}
      {(n.status === 'ready' || n.status === 'cordoned') && (
        <button type="button" class="btn" disabled={!may} title={why} onClick={() => void drainNode(n)}>
          {t('drain')}…
        </button>
      )}
      {n.status === 'lost' && (
        <button
          type="button"
          class="btn danger"
          disabled={!may}
          title={why}
          onClick={() =>
            void forgetNode(n).then((done) => {
              if (done) go('/nodes');
            })
          }
        >
          {t('forget')}…
        </button>
      )}
    </span>
  );
}

function Usage({ n }: { n: NodeView }): VNode {
  const [range, setRange] = useState<Range>('1h');
  const minute = Math.floor(second.value / 60_000);
  const { value, error } = useAsk<{ items: SeriesPoint[] }>(path`/nodes/${n.id}/metrics` + `?range=${range}`, minute);
  const to = Math.floor(hubNow() / 60_000),
    from = to - ranges[range],
    data = table(value?.items ?? [], from, to),
    span: [number, number] = [from * 60, to * 60];
  const whole = n.disks.reduce((a, d) => a + d.total, 0),
    load = n.load;
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

/** What holds programs to their limits; what does not is named with its reason. */
function Isolation({ n: { isolation } }: { n: NodeView }): VNode {
  return (
    <>
      <span class="blk">
        {isolation.cgroup === 'none' ? t('isolation.none') : `cgroup ${isolation.cgroup}`}{' '}
        <span class="dim">{isolation.enforced.join(', ')}</span>
      </span>
      {isolation.not.map(({ limit, why }) => (
        <span key={limit} class="blk">
          <span class="strong">{t('isolation.not', { limit })}</span> <span class="dim">{why}</span>
        </span>
      ))}
    </>
  );
}

function Facts({ n }: { n: NodeView }): VNode {
  return (
    <Panel title={t('facts')} right={<Copy text={() => asText(n)}>{t('copy.json')}</Copy>}>
      <dl class="kv">
        <dt>{t('address')}</dt>
        <dd class="mono-s">{n.agentAddress}</dd>
        <dt>{t('system')}</dt>
        <dd>
          {n.os.distribution || n.os.name}{' '}
          <span class="dim">
            {n.os.name} {n.os.version}, {n.os.architecture}
          </span>
        </dd>
        <dt>{t('hardware')}</dt>
        <dd>
          {[t('cores', { n: n.os.cpus }), n.hardware.cpu, n.hardware.vendor, n.hardware.model]
            .filter(Boolean)
            .join(', ')}
        </dd>
        <dt>{t('memory')}</dt>
        <dd>
          {memoryOf(n.allocated.mem, n.memory.total)} <span class="dim">{t('reserved')}</span>
        </dd>
        <dt>{t('cpu')}</dt>
        <dd>{rich('reserved.of', { n: cores(n.allocated.cpus), whole: t('cores', { n: n.os.cpus }) })}</dd>
        <dt>{t('networks')}</dt>
        <dd class="mono-s">
          {n.networks.map((x) => (
            <span key={`${x.name}${x.address}`} class="blk">
              {x.name} {x.address} <span class="dim">{x.mtu || ''}</span>
            </span>
          ))}
        </dd>
        <dt>{t('disks')}</dt>
        <dd>
          {n.disks.map((d) => (
            <span key={d.dirName} class="blk">
              <span class="mono-s">{d.dirName}</span> {disk(d.total)} <span class="dim">{d.sysTypeName}</span>
            </span>
          ))}
        </dd>
        <dt>{t('membership')}</dt>
        <dd>{t(`membership.${n.capabilities.membership}`)}</dd>
        <dt>{t('limits')}</dt>
        <dd>
          <Isolation n={n} />
        </dd>
        <dt>{t('rotation')}</dt>
        <dd>{t(`rotation.${n.capabilities.rotation}`)}</dd>
        <dt>{t('ports')}</dt>
        <dd class="mono-s">
          {n.ports[0]}–{n.ports[1]}
        </dd>
        <dt>{t('agent')}</dt>
        <dd>
          {n.version}{' '}
          <a class="link" href={actorPath(role.value === 'agent' ? 'agent' : `node:${n.id}`)}>
            {t('statechart')}
          </a>
        </dd>
        <dt>{t('last.beat')}</dt>
        <dd>
          <Age at={n.beatAt} /> <span class="dim">{t(`link.${n.link}`)}</span>
        </dd>
        <dt>{t('id')}</dt>
        <dd class="mono-s">{n.id}</dd>
      </dl>
    </Panel>
  );
}

export default function Node(): VNode {
  const { id } = route.value,
    n = nodeOf(id),
    list = instancesByNode.value.get(id) ?? [];
  const crumbs = [{ name: t('page.nodes'), href: '/nodes' }, { name: hostOf(id) }];
  if (!n)
    return (
      <Page crumbs={crumbs}>
        {loaded.value ? (
          <section class="panel">
            <Empty
              title={t('node.missing', { id })}
              actions={
                <a class="btn" href="/nodes">
                  {t('page.nodes')} <kbd>g n</kbd>
                </a>
              }
            >
              {t('node.missing.text')}
            </Empty>
          </section>
        ) : (
          <Loading />
        )}
      </Page>
    );
  const sentence = n.reason ? (
    <Because reason={n.reason} />
  ) : (
    rich(n.status === 'ready' ? 'node.sentence' : 'node.holds', {
      n: list.length,
      room: memory(n.allocatable.mem - n.allocated.mem),
      cpus: cores(Math.max(0, n.allocatable.cpus - n.allocated.cpus)),
    })
  );
  return (
    <Page crumbs={crumbs} title={hostOf(n.id)}>
      <div class="head">
        <h1>{hostOf(n.id)}</h1>
        <Chip s={n.status} big />
        <p class="because">{sentence}</p>
        <Actions n={n} />
      </div>
      <div class="cols side">
        <div class="stack">
          <Panel title={t('instances')} note={list.length} flush lined={list.length === 0}>
            {list.length === 0 ? (
              <p class="quiet-line dim">{t('node.empty')}</p>
            ) : (
              <InstanceTable list={list} node={false} />
            )}
          </Panel>
          <Usage n={n} />
        </div>
        <div class="stack">
          <Tags n={n} />
          <Facts n={n} />
          {Object.keys(n.envs).length > 0 && (
            <Panel title={t('node.envs')}>
              <p class="micro dim">{t('node.envs.when')}</p>
              <dl class="kv">
                {Object.entries(n.envs).map(([key, value]) => (
                  <>
                    <dt class="mono-s">{key}</dt>
                    <dd class="mono-s">{value}</dd>
                  </>
                ))}
              </dl>
            </Panel>
          )}
        </div>
      </div>
    </Page>
  );
}
