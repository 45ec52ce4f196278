// Apps: a line an app, what it is, how it runs, what it does now; actions on hover and by key.
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { AppView } from '../../src/model/app/app.ts';
import type { InstanceView } from '../../src/model/instance/instance.ts';
import { appStatus, notRunning, usageOf } from '../app-look.ts';
import { apps, instancesByApp, loaded, writable } from '../cluster.ts';
import { cores, memory } from '../format.ts';
import { Glyph } from '../glyphs.tsx';
import { t } from '../i18n.tsx';
import { fieldsOf } from '../complete.ts';
import { missingSlots, slotName } from '../needs.ts';
import { appPath, newPath } from '../routes.ts';
import { route, setQuery } from '../router.ts';
import { Page } from '../shell.tsx';
import { restartApp, startApp, stopApp } from '../parts/app-acts.tsx';
import { statusWord } from '../parts/chip.tsx';
import { memo } from '../parts/memo.ts';
import { useMatches } from '../parts/matches.ts';
import { Choice } from '../parts/panel.tsx';
import { QueryBox } from '../parts/query-box.tsx';
import { Gap, useWindow } from '../parts/rows.tsx';
import { ScaleButton } from '../parts/scale.tsx';
import { Empty, Loading } from '../parts/states.tsx';
import { Age } from '../parts/time.tsx';

const DOTS = 24;

function Dots({ app, list }: { app: AppView; list: readonly InstanceView[] }): VNode {
  const waits = missingSlots(app, list),
    shown = list.slice(0, DOTS),
    more = list.length + waits.length - shown.length - Math.min(waits.length, Math.max(0, DOTS - shown.length));
  return (
    <span class="dots" style={{ '--gap': 'var(--c)' }}>
      {shown.map((i) => (
        <i key={i.id} data-s={i.status} title={`${slotName(i)} ${statusWord(i.status)}`}>
          {i.status !== 'running' && <Glyph s={i.status} />}
        </i>
      ))}
      {waits.slice(0, Math.max(0, DOTS - shown.length)).map((slot) => (
        <i key={slot} data-s="pending" title={`${app.name}.${slot} ${statusWord('pending')}`}>
          <Glyph s="pending" />
        </i>
      ))}
      {more > 0 && <span class="micro dim">+{more}</span>}
    </span>
  );
}

/** What an app does now: the statuses that are not running, and the hub's reason. */
function NowCell({ app, list }: { app: AppView; list: readonly InstanceView[] }): VNode {
  const s = appStatus(app, list),
    parts = notRunning(app, list).map(([status, n]) => `${n} ${statusWord(status)}`);
  const head = app.deleting
    ? t('app.deleting')
    : !app.start
      ? statusWord('stopped')
      : app.status === 'deploying'
        ? t('app.deploying', { revision: app.revision })
        : parts.length > 0
          ? parts.slice(0, 2).join(', ')
          : t('app.all.running');
  return (
    <span class="row" data-s={s}>
      <Glyph s={s} />
      <span class="min0">
        <span class="small strong worded">{head}</span>
        {app.reason && app.status !== 'running' && (
          <span class="micro dim blk cutoff" title={app.reason.text}>
            {app.reason.text}
          </span>
        )}
      </span>
    </span>
  );
}

interface RowProps {
  app: AppView;
  list: readonly InstanceView[];
  may: boolean;
}
const Row = memo(
  function Row({ app, list, may }: RowProps): VNode {
    const usage = usageOf(list),
      restarts = list.reduce((n, i) => n + i.restarts, 0),
      why = may ? '' : t('lost.writes');
    return (
      <tr data-row data-app={app.name}>
        <td>
          <a class="strong" href={appPath(app.name)}>
            {app.name}
          </a>
          <span class="micro dim blk cutoff">
            {app.spec.type} · {app.owner === 'local' ? t('app.local') : app.spec.placement.query}
          </span>
        </td>
        <td class="num off nw">
          <b class="strong">{app.instances.running}</b>
          <span class="dim"> / {app.instances.wanted}</span>
        </td>
        <td class="off">
          <Dots app={app} list={list} />
        </td>
        <td>
          <NowCell app={app} list={list} />
        </td>
        <td class="num small" data-l={t('cpu')}>
          {cores(usage.cpu)}
        </td>
        <td class="num small" data-l={t('memory')}>
          {memory(usage.mem)}
        </td>
        <td class="num off small x1">{restarts}</td>
        <td class="num off">
          <span class="tag">{app.revision}</span>
        </td>
        <td class="off actcell">
          <span class="num small dim chg">
            <Age at={app.updatedAt} />
          </span>
          <span class="acts">
            <ScaleButton app={app} disabled={!may} why={why} />
            {app.start ? (
              <>
                <button
                  type="button"
                  class="btn small"
                  disabled={!may}
                  title={why}
                  onClick={() => void restartApp(app)}
                >
                  {t('restart')}
                </button>
                <button type="button" class="btn small" disabled={!may} title={why} onClick={() => void stopApp(app)}>
                  {t('stop')}
                </button>
              </>
            ) : (
              <button type="button" class="btn small" disabled={!may} title={why} onClick={() => void startApp(app)}>
                {t('start')}
              </button>
            )}
          </span>
        </td>
      </tr>
    );
  },
  (a, b) =>
    a.app === b.app && a.may === b.may && a.list.length === b.list.length && a.list.every((i, at) => i === b.list[at]),
);

type Kind = 'all' | 'look' | 'deploying';
const ofKind = (kind: Kind, a: AppView): boolean =>
  kind === 'all' ||
  (kind === 'deploying' ? a.status === 'deploying' : ['degraded', 'waiting', 'failed'].includes(a.status));

export default function Apps(): VNode {
  const query = route.value.query.get('query') ?? '';
  const [kind, setKind] = useState<Kind>('all');
  const found = useMatches('apps', query, apps);
  const matching = apps.value.filter((a) => found.ids === null || found.ids.has(a.name)),
    list = matching.filter((a) => ofKind(kind, a));
  const { first, end, before, after, ref } = useWindow(list.length, 48);
  const byApp = instancesByApp.value,
    may = writable.value;
  const kinds: { id: Kind; name: string }[] = [
    { id: 'all', name: t('filter.all') },
    { id: 'look', name: t('filter.look', { n: matching.filter((a) => ofKind('look', a)).length }) },
    { id: 'deploying', name: t('filter.deploying', { n: matching.filter((a) => ofKind('deploying', a)).length }) },
  ];
  return (
    <Page crumbs={[{ name: t('page.apps') }]}>
      <div class="row querybar">
        <QueryBox
          value={query}
          onInput={(text) => setQuery({ query: text })}
          hits={t('apps.count', { n: matching.length })}
          error={found.error}
          placeholder="*"
          fields={() => fieldsOf(apps.value, /^(reason|version)/)}
        />
        <span class="no-phone">
          <Choice small={false} options={kinds} now={kind} choose={setKind} label={t('filter')} />
        </span>
        <a class="btn primary" href={newPath}>
          {t('app.new')}
        </a>
      </div>
      <section class="panel">
        {!loaded.value ? (
          <Loading rows={6} />
        ) : list.length === 0 ? (
          apps.value.length === 0 ? (
            <Empty
              title={t('apps.none')}
              actions={
                <a class="btn" href={newPath}>
                  {t('app.new')} <kbd>n</kbd>
                </a>
              }
            >
              {t('welcome.deploy.text')}
            </Empty>
          ) : (
            <Empty
              title={t('apps.no.match', { query: query || kinds.find((k) => k.id === kind)!.name })}
              actions={
                <button
                  type="button"
                  class="btn"
                  onClick={() => {
                    setQuery({ query: null });
                    setKind('all');
                  }}
                >
                  {t('query.clear')} <kbd>esc</kbd>
                </button>
              }
            >
              {t('apps.others', { n: apps.value.length })}
            </Empty>
          )
        ) : (
          <table class="table tall cards apps">
            <thead>
              <tr>
                <th>{t('thing.app.cap')}</th>
                <th class="num">{t('running.cap')}</th>
                <th>{t('slots')}</th>
                <th>{t('now.cap')}</th>
                <th class="num">{t('cpu')}</th>
                <th class="num">{t('memory')}</th>
                <th class="num x1">{t('restarts')}</th>
                <th class="num">{t('revision.short')}</th>
                <th class="num">{t('changed')}</th>
              </tr>
            </thead>
            <tbody ref={ref as { current: HTMLTableSectionElement | null }}>
              <Gap px={before} columns={9} />
              {list.slice(first, end).map((a) => (
                <Row key={a.name} app={a} list={byApp.get(a.name) ?? none} may={may} />
              ))}
              <Gap px={after} columns={9} />
            </tbody>
          </table>
        )}
      </section>
    </Page>
  );
}
const none: readonly InstanceView[] = [];
