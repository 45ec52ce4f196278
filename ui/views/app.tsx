// One app: status, because, next; its instances, revisions, why, events and spec.
import type { VNode } from 'preact';
import { path } from '../hub/api.ts';
import { appNamed, events, instancesByApp, loaded, writable } from '../hub/cluster.ts';
import { t } from '../words/i18n.tsx';
import { useKeys } from '../keys.ts';
import { statusOrder } from '../hub/needs.ts';
import { go, route, setQuery } from '../router.ts';
import { editPath } from '../routes.ts';
import { Page } from '../shell.tsx';
import { written } from '../json/spec-text.ts';
import { restartApp } from '../parts/app/app-acts.tsx';
import { useAsk } from '../parts/ask.ts';
import { Coded } from '../parts/coded.tsx';
import { FeedLine } from '../parts/feed.tsx';
import { Ribbon } from '../parts/figures/figures.tsx';
import { InstanceTable } from '../parts/instance/instance-table.tsx';
import { Json } from '../parts/json.tsx';
import { Tabs } from '../parts/panel.tsx';
import { Empty, Loading } from '../parts/states.tsx';
import { Why } from '../parts/app/why.tsx';
import { Facts } from './app/facts.tsx';
import { Head } from './app/head.tsx';
import { Revisions } from './app/revisions.tsx';

type Tab = 'instances' | 'revisions' | 'why' | 'events' | 'spec';

function Events({ name }: { name: string }): VNode {
  const live = events.value.filter((e) => e.subject.app === name);
  const { value } = useAsk<{ items: typeof live }>(
    `/events?query=${encodeURIComponent(`subject.app:${JSON.stringify(name)}`)}&size=100`,
  );
  const known = new Set(live.map((e) => e.seq));
  const list = [...live, ...(value?.items ?? []).filter((e) => !known.has(e.seq))].sort((a, b) => b.seq - a.seq);
  return list.length === 0 ? (
    <Empty title={t('events.none')} />
  ) : (
    <ol class="feed wide">
      {list.slice(0, 300).map((e) => (
        <FeedLine key={e.seq} e={e} kind />
      ))}
    </ol>
  );
}

export default function App(): VNode {
  const { id: name, query } = route.value;
  const app = appNamed(name);
  const list = instancesByApp.value.get(name) ?? [];
  const tab = (query.get('tab') ?? 'instances') as Tab;
  const crumbs = [{ name: t('page.apps'), href: '/apps' }, { name }];
  useKeys(
    [
      {
        keys: 'r',
        word: 'key.restart',
        run: () => {
          const a = appNamed(name);
          if (a && writable.peek()) void restartApp(a);
        },
      },
      {
        keys: 's',
        word: 'key.scale',
        run: () => document.querySelector<HTMLButtonElement>('main [data-scale]')?.click(),
      },
      { keys: 'e', word: 'key.edit', run: () => go(editPath(name)) },
    ],
    [name],
  );
  if (!app)
    return (
      <Page crumbs={crumbs}>
        {loaded.value ? (
          <section class="panel">
            <Empty
              title={t('app.missing', { name })}
              actions={
                <a class="btn" href="/apps">
                  {t('page.apps')} <kbd>g a</kbd>
                </a>
              }
            >
              {t('app.missing.text')}
            </Empty>
          </section>
        ) : (
          <Loading />
        )}
      </Page>
    );
  const counts: Record<string, number> = {};
  for (const i of list) counts[i.status] = (counts[i.status] ?? 0) + 1;
  const tabs: { id: Tab; name: string; count?: number }[] = [
    { id: 'instances', name: t('instances'), count: list.length },
    { id: 'revisions', name: t('revisions'), count: app.revision },
    { id: 'why', name: t('why') },
    { id: 'events', name: t('page.events') },
    { id: 'spec', name: t('spec') },
  ];
  return (
    <Page crumbs={crumbs} title={name}>
      <Head app={app} list={list} />
      {list.length > 0 && <Ribbon counts={counts} order={statusOrder} />}
      <div class="cols side">
        <section class="panel">
          <header class="lined">
            <Tabs tabs={tabs} now={tab} choose={(id) => setQuery({ tab: id === 'instances' ? null : id })} />
          </header>
          {tab === 'instances' &&
            (list.length === 0 ? (
              <Empty title={t('app.no.instances', { name })}>
                <Coded text={app.start ? (app.reason?.text ?? '') : t('app.stopped.text')} />
              </Empty>
            ) : (
              <InstanceTable list={list} newest={app.status === 'deploying' ? app.revision : null} />
            ))}
          {tab === 'revisions' && (
            <div class="body pad">
              <Revisions app={app} />
            </div>
          )}
          {tab === 'why' && (
            <div class="body pad">
              <Why path={path`/apps/${name}/why`} version={app.version} />
            </div>
          )}
          {tab === 'events' && <Events name={name} />}
          {tab === 'spec' && (
            <div class="body pad">
              <Json value={written(app.spec, app.scale)} readings />
            </div>
          )}
        </section>
        <Facts app={app} list={list} />
      </div>
    </Page>
  );
}
