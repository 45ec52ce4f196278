// Overview: one sentence, every instance on its node, what needs a look, what happened, what is left to give.
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { apps, instances, loaded, nodes } from '../hub/cluster.ts';
import { Glyph } from '../look/glyphs.tsx';
import { rich, t } from '../words/i18n.tsx';
import { mapKind, type MapKind } from '../look/map-layout.ts';
import { statusOrder } from '../hub/needs.ts';
import { needs, statusCounts } from '../hub/needs-signal.ts';
import { Page } from '../shell.tsx';
import { statusWord } from '../parts/chip.tsx';
import { Ribbon } from '../parts/figures/figures.tsx';
import { Choice, Panel } from '../parts/panel.tsx';
import { Loading } from '../parts/states.tsx';
import { Capacity } from './overview/capacity.tsx';
import { LastHour } from './overview/last-hour.tsx';
import { ClusterMap } from './overview/map.tsx';
import { Needs } from './overview/needs.tsx';
import { Welcome } from './welcome.tsx';

function Headline(): VNode {
  const counts = statusCounts.value;
  const total = Object.values(counts).reduce((a, b) => a + b, 0);
  const resting = counts['stopped'] ?? 0;
  const notRunning = total - (counts['running'] ?? 0) - resting;
  const look = needs.value.length;
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
  const natural = mapKind(apps.value.length, nodes.value.length);
  const kind = chosen ?? natural;
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
