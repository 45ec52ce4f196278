// Apps: a line an app, what it is, how it runs, what it does now; actions on hover and by key.
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { AppView } from '../../src/model/app/app.ts';
import type { InstanceView } from '../../src/model/instance/instance.ts';
import { apps, instancesByApp, loaded, writable } from '../hub/cluster.ts';
import { fieldsOf } from '../lists/complete.ts';
import { t } from '../words/i18n.tsx';
import { route, setQuery } from '../router.ts';
import { newPath } from '../routes.ts';
import { Page } from '../shell.tsx';
import { useMatches } from '../parts/find/matches.ts';
import { Choice } from '../parts/panel.tsx';
import { QueryBox } from '../parts/find/query-box.tsx';
import { Gap, useWindow } from '../parts/rows.tsx';
import { Empty, Loading } from '../parts/states.tsx';
import { Row } from './apps/row.tsx';

type Kind = 'all' | 'look' | 'deploying';
const ofKind = (kind: Kind, a: AppView): boolean =>
  kind === 'all' ||
  (kind === 'deploying' ? a.status === 'deploying' : ['degraded', 'waiting', 'failed'].includes(a.status));

export default function Apps(): VNode {
  const query = route.value.query.get('query') ?? '';
  const [kind, setKind] = useState<Kind>('all');
  const found = useMatches('apps', query, apps);
  const matching = apps.value.filter((a) => found.ids === null || found.ids.has(a.name));
  const list = matching.filter((a) => ofKind(kind, a));
  const { first, end, before, after, ref } = useWindow(list.length, 48);
  const byApp = instancesByApp.value;
  const may = writable.value;
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
