// Overview: one sentence, every instance on its node, what needs a look, what happened, what is left to give.
import { WhatNext, sentence } from '../parts/next.tsx';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { apps, events, hostOf, instances, loaded, nodes } from '../cluster.ts';
import { cores, disk, memory } from '../format.ts';
import { perMinute, topSubjects } from '../event-look.ts';
import { Glyph } from '../glyphs.tsx';
import { knownWord, rich, t } from '../i18n.tsx';
import { mapKind, type MapKind } from '../map-layout.ts';
import { statusOrder, type Need } from '../needs.ts';
import { needs, statusCounts } from '../needs-signal.ts';
import { appPath, instancePath, nodePath } from '../routes.ts';
import { Page } from '../shell.tsx';
import { second } from '../ticks.ts';
import { statusWord } from '../parts/chip.tsx';
import { FeedLine } from '../parts/feed.tsx';
import { Bars, Meter, Ribbon } from '../parts/figures.tsx';
import { ClusterMap } from '../parts/map.tsx';
import { Choice, Panel } from '../parts/panel.tsx';
import { Loading } from '../parts/states.tsx';
import { Age } from '../parts/time.tsx';
import { Welcome } from './welcome.tsx';

function Headline(): VNode {
  const counts = statusCounts.value,
    total = Object.values(counts).reduce((a, b) => a + b, 0);
  const resting = counts['stopped'] ?? 0,
    notRunning = total - (counts['running'] ?? 0) - resting,
    look = needs.value.length;
  return (
    <div class="sum">
      <p class="lead">
        {total === 0
          ? t('overview.none')
          : notRunning === 0
            ? t(total - resting === 1 ? 'overview.one' : 'overview.all', { n: total - resting })
            : t('overview.some', { n: notRunning, total })}{' '}
        <span class="plainw mid">
          {look > 0 ? t('overview.look', { n: look }) : total > 0 ? t('overview.fine') : ''}
        </span>
      </p>
      <Ribbon counts={counts} order={statusOrder} />
      <div class="legend">
        {statusOrder.map((s) =>
          counts[s] ? (
            <a key={s} href={`/instances?query=status:${s}`}>
              <Glyph s={s} />
              <span>{statusWord(s)}</span>
              <b>{counts[s]}</b>
            </a>
          ) : null,
        )}
      </div>
    </div>
  );
}

const needPath = (n: Need): string =>
  n.kind === 'store'
    ? '/data'
    : n.kind === 'instance'
      ? instancePath(n.id)
      : n.kind === 'node'
        ? nodePath(n.id)
        : appPath(n.id);
const whyPath = (n: Need): string =>
  n.kind === 'store' ? '/data' : n.kind === 'node' ? nodePath(n.id) : `${needPath(n)}?tab=why`;

function NeedLine({ n }: { n: Need }): VNode {
  const word = `needs.${n.what}`;
  const title =
    n.kind === 'store'
      ? t('needs.store')
      : n.kind === 'instance' && knownWord(word)
        ? t(word, { name: n.name, node: n.node ?? '' })
        : n.kind === 'app'
          ? t('needs.app', { name: n.name })
          : t('needs.is', { name: n.name, status: statusWord(n.s) });
  return (
    <li data-row>
      <Glyph s={n.s} />
      <a class="what" href={needPath(n)}>
        {title}
      </a>
      <Age at={n.at} />
      <p class="why">
        {sentence(n.why)}
        <WhatNext next={n.next} />
      </p>
      <span class="act">
        <a class="btn small" href={whyPath(n)}>
          {t('why')}
        </a>
      </span>
    </li>
  );
}

function Needs(): VNode {
  const [all, setAll] = useState(false);
  const list = needs.value,
    shown = all ? list : list.slice(0, 7);
  return (
    <Panel
      title={t('needs')}
      note={list.length > 0 && <span class="badge">{list.length}</span>}
      right={list.length > 1 && <span class="small dim">{t('needs.order')}</span>}
      flush
      foot={
        list.length > shown.length && (
          <button type="button" class="plain link" onClick={() => setAll(true)}>
            {t('needs.more', { n: list.length - shown.length })}
          </button>
        )
      }
    >
      {list.length === 0 ? (
        <p class="quiet-line">
          <Glyph s="passing" />
          {t('needs.none')}
        </p>
      ) : (
        <ul class="needs">
          {shown.map((n) => (
            <NeedLine key={n.key} n={n} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Capacity(): VNode {
  const up = nodes.value.filter((n) => n.status !== 'lost'),
    takes = up.filter((n) => n.status === 'ready').length;
  const sum = (f: (n: (typeof up)[number]) => number): number => up.reduce((a, n) => a + f(n), 0);
  const lines = [
    {
      name: t('memory'),
      used: sum((n) => n.load?.memUsed ?? 0),
      reserved: sum((n) => n.allocated.mem),
      whole: sum((n) => n.memory.total),
      show: memory,
    },
    {
      name: t('cpu'),
      used: sum((n) => (n.load?.cpu ?? 0) * n.os.cpus),
      reserved: sum((n) => n.allocated.cpus),
      whole: sum((n) => n.os.cpus),
      show: (n: number) => t('cores', { n: cores(n) }),
    },
    {
      name: t('disk'),
      used: sum((n) => n.load?.diskUsed ?? 0),
      reserved: sum((n) => n.allocated.disk),
      whole: sum((n) => n.disks.reduce((a, d) => a + d.total, 0)),
      show: disk,
    },
  ];
  return (
    <Panel title={t('capacity')} note={t('capacity.note', { n: up.length, takes })}>
      <div class="caps">
        {lines.map((l) => (
          <div key={l.name} class="cap">
            <div class="row small">
              <span class="mid">{l.name}</span>
              <span class="push">
                {rich('capacity.line', { used: l.show(l.used), reserved: l.show(l.reserved), whole: l.show(l.whole) })}
              </span>
            </div>
            <Meter used={l.used} reserved={l.reserved} whole={l.whole} title={l.name} />
          </div>
        ))}
      </div>
    </Panel>
  );
}

function LastHour(): VNode {
  const minute = Math.floor(second.value / 60_000) * 60_000 + 59_999;
  const all = events.value,
    hour = all.filter((e) => minute - e.at < 3_600_000),
    causes = topSubjects(hour, minute - 3_600_000, 5);
  const line = (name: string, href: string, n: number): VNode => (
    <tr key={href}>
      <td>
        <a href={href}>{name}</a>
      </td>
      <td class="num">{n}</td>
    </tr>
  );
  return (
    <Panel
      title={t('hour')}
      note={t('hour.note', { n: hour.length })}
      right={
        <a class="small link" href="/events">
          {t('hour.all')}
        </a>
      }
      flush
    >
      {all.length === 0 ? (
        <p class="quiet-line dim">{t('events.none')}</p>
      ) : (
        <div class="hour">
          <div class="h">
            <Bars values={perMinute(all, minute, 60)} newest={8} />
            <div class="row micro dim axis">
              <span>{t('hour.ago', { n: 60 })}</span>
              <span class="push">{t('now')}</span>
            </div>
            <table class="table causes">
              <tbody>
                {causes.map((c) =>
                  line(
                    c.kind === 'node' ? hostOf(c.id) : c.name,
                    c.kind === 'app' ? appPath(c.id) : nodePath(c.id),
                    c.n,
                  ),
                )}
              </tbody>
            </table>
          </div>
          <ol class="feed">
            {all.slice(0, 9).map((e) => (
              <FeedLine key={e.seq} e={e} />
            ))}
          </ol>
        </div>
      )}
    </Panel>
  );
}

export default function Overview(): VNode {
  const [chosen, choose] = useState<MapKind | null>(null);
  const crumbs = [{ name: t('page.overview') }];
  if (!loaded.value)
    return (
      <Page crumbs={crumbs}>
        <Panel title={t('map')}>
          <Loading rows={8} />
        </Panel>
      </Page>
    );
  if (nodes.value.length === 0 || (apps.value.length === 0 && instances.value.length === 0))
    return (
      <Page crumbs={crumbs}>
        <Welcome />
      </Page>
    );
  const natural = mapKind(apps.value.length, nodes.value.length),
    kind = chosen ?? natural;
  const kinds: { id: MapKind; name: string }[] =
    natural === 'cells'
      ? [
          { id: 'cells', name: t('map.cells') },
          { id: 'packed', name: t('map.packed') },
        ]
      : [
          { id: 'apps', name: t('map.by.app') },
          { id: 'packed', name: t('map.packed') },
        ];
  return (
    <Page crumbs={crumbs}>
      <Headline />
      <div class={`cols two${kind === 'apps' ? '' : ' top'}`}>
        <Panel
          title={t('map')}
          note={<span class="no-phone">{t('map.note')}</span>}
          class="mapbox"
          flush
          right={
            <span class="no-phone">
              <Choice options={kinds} now={kind} choose={choose} label={t('map')} />
            </span>
          }
          foot={
            <>
              <span>
                <span class="tile k" data-s="running" />
                {t('map.fine')}
              </span>
              <span>
                <span class="tile k" data-s="starting" />
                {t('map.moving')}
              </span>
              <span>
                <span class="tile k" data-s="failed" />
                {t('map.look')}
              </span>
              <span>
                <span class="u" />
                {t('map.newest')}
              </span>
              <span class="right">{rich('map.legend')}</span>
            </>
          }
        >
          <div class="mapscroll">
            <ClusterMap kind={kind} />
          </div>
        </Panel>
        <Needs />
      </div>
      <div class="cols two">
        <LastHour />
        <Capacity />
      </div>
    </Page>
  );
}
