// One instance: status, because, next; its life, live log, statechart, usage, health, exit and facts.
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import type { InstanceView } from '../../src/model/instance/instance.ts';
import type { ClusterEvent } from '../../src/model/event.ts';
import { appNamed, events, instanceOf, loaded, watchInstance, writable } from '../hub/cluster.ts';
import { foldEvents } from '../hub/fold.ts';
import { rich, t } from '../words/i18n.tsx';
import { useKeys } from '../keys.ts';
import { lazy } from '../lazy.tsx';
import { slotName } from '../hub/needs.ts';
import { appPath } from '../routes.ts';
import { route, setQuery } from '../router.ts';
import { Page } from '../shell.tsx';
import { path } from '../hub/api.ts';
import { useAsk } from '../parts/ask.ts';
import { Chip } from '../parts/chip.tsx';
import { FeedLine } from '../parts/feed.tsx';
import { adoptInstance, killInstance, restartInstance, stopUnknown } from '../parts/instance/instance-acts.tsx';
import { ExitRecord, Health, InstanceFacts } from '../parts/instance/instance-facts.tsx';
import { Files } from '../parts/instance/files.tsx';
import { Json } from '../parts/json.tsx';
import { Life } from '../parts/instance/life.tsx';
import { Log } from '../parts/log/log.tsx';
import { Panel, Tabs } from '../parts/panel.tsx';
import { Empty, Loading } from '../parts/states.tsx';
import { Because as Reason } from '../parts/app/next.tsx';
import { Usage } from '../parts/instance/usage.tsx';
import { Why } from '../parts/app/why.tsx';
import { written } from '../json/spec-text.ts';
import { Gone } from './instance/gone.tsx';

const InstanceTerminal = lazy(() => import('../parts/instance/terminal.tsx').then((m) => m.InstanceTerminal));
const MiniChart = lazy(() => import('../chart/mini.tsx').then((m) => m.MiniChart));
type Tab = 'log' | 'files' | 'terminal' | 'why' | 'events' | 'spec';

function useInstanceEvents(id: string): ClusterEvent[] {
  const { value } = useAsk<{ items: ClusterEvent[] }>(
    `/events?query=${encodeURIComponent(`subject.instance:${JSON.stringify(id)}`)}&size=200`,
  );
  return foldEvents(
    value?.items ?? [],
    events.value.filter((e) => e.subject.instance === id),
    500,
  );
}

/** The sentence: because what, and what comes next and when. */
function Because({ i }: { i: InstanceView }): VNode {
  const failing = i.health.find((h) => h.status === 'failing');
  return (
    <p class="because">
      {i.reason ? (
        <Reason reason={i.reason} />
      ) : i.status === 'running' ? (
        failing ? (
          t('health.failing', { detail: failing.detail })
        ) : (
          rich(i.health.length > 0 ? 'instance.sentence' : 'instance.sentence.bare', {
            pid: i.pid ?? '–',
            n: i.health.length,
          })
        )
      ) : (
        ''
      )}
    </p>
  );
}

export default function Instance(): VNode {
  const { id, query } = route.value;
  const i = instanceOf(id);
  const tab = (query.get('tab') ?? 'log') as Tab;
  const list = useInstanceEvents(id);
  useEffect(() => watchInstance(id), [id]);
  useKeys(
    [
      {
        keys: 'r',
        word: 'key.restart',
        run: () => {
          const now = instanceOf(id);
          if (now && now.status !== 'unknown' && writable.peek()) void restartInstance(now);
        },
      },
    ],
    [id],
  );
  const name = i ? slotName(i) : id;
  const crumbs = [
    { name: t('page.apps'), href: '/apps' },
    ...(i ? [{ name: i.app, href: appPath(i.app) }] : []),
    { name },
  ];
  if (!i) return <Page crumbs={crumbs}>{loaded.value ? <Gone id={id} tab={tab} list={list} /> : <Loading />}</Page>;
  const may = writable.value;
  const why = may ? '' : t('lost.writes');
  const app = appNamed(i.app);
  const tabs: { id: Tab; name: string; count?: number }[] = [
    { id: 'log', name: t('log') },
    { id: 'files', name: t('files') },
    { id: 'terminal', name: t('terminal') },
    { id: 'why', name: t('why') },
    { id: 'events', name: t('page.events'), count: list.length },
    { id: 'spec', name: t('spec') },
  ];
  return (
    <Page crumbs={crumbs} title={name}>
      <div class="head">
        <h1>{name}</h1>
        <Chip s={i.status} big />
        <Because i={i} />
        <span class="right">
          {i.status === 'unknown' ? (
            <>
              <button type="button" class="btn" disabled={!may} title={why} onClick={() => void adoptInstance(i)}>
                {t('adopt')}
              </button>
              <button type="button" class="btn danger" disabled={!may} title={why} onClick={() => void stopUnknown(i)}>
                {t('stop')}…
              </button>
            </>
          ) : (
            <>
              <button
                type="button"
                class="btn"
                disabled={!may}
                title={why || 'r'}
                onClick={() => void restartInstance(i)}
              >
                {t(i.status === 'restarting' ? 'restart.now' : 'restart')}
              </button>
              <button
                type="button"
                class="btn danger"
                disabled={!may || i.pid === null}
                title={why || (i.pid === null ? t('kill.nothing') : '')}
                onClick={() => void killInstance(i)}
              >
                {t('kill')}…
              </button>
            </>
          )}
        </span>
      </div>
      <Life i={i} events={list} />
      <div class="cols inst">
        <div class="stack a1">
          <section class="panel logpanel">
            <header class="lined">
              <Tabs
                tabs={tabs}
                now={tab}
                choose={(next) => setQuery({ tab: next === 'log' ? null : next, path: null })}
              />
            </header>
            {tab === 'log' && <Log id={id} />}
            {tab === 'files' && <Files id={id} />}
            {tab === 'terminal' && <InstanceTerminal id={id} />}
            {tab === 'why' && (
              <div class="body pad">
                <Why path={path`/instances/${id}/why`} version={i.at} />
              </div>
            )}
            {tab === 'events' &&
              (list.length === 0 ? (
                <Empty title={t('events.none')} />
              ) : (
                <ol class="feed wide">
                  {list.map((e) => (
                    <FeedLine key={e.seq} e={e} kind />
                  ))}
                </ol>
              ))}
            {tab === 'spec' && (
              <div class="body pad">
                {app ? (
                  <Json value={written(app.spec, app.scale)} readings />
                ) : (
                  <p class="dim">{t('instance.no.app')}</p>
                )}
              </div>
            )}
          </section>
          {i.exit && <ExitRecord i={i} exit={i.exit} />}
          <InstanceFacts i={i} />
        </div>
        <div class="stack a2">
          <Panel
            title={t('statechart')}
            note="instance"
            right={
              <a class="small link" href={`/inspector/${encodeURIComponent(`instance:${id}`)}`}>
                {t('open.inspector')}
              </a>
            }
          >
            <MiniChart actor={`instance:${id}`} next={i.reason?.next?.at ?? null} />
          </Panel>
          <Usage i={i} />
          <Health i={i} />
        </div>
      </div>
    </Page>
  );
}
