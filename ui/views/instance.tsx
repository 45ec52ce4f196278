// One instance: status, because, next; its life, live log, statechart, usage, health, exit and facts.
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import type { InstanceView } from '../../src/model/instance/instance.ts';
import type { ClusterEvent } from '../../src/model/event.ts';
import { events, instanceOf, loaded, watchInstance, writable } from '../hub/cluster.ts';
import { foldEvents } from '../hub/fold.ts';
import { t } from '../words/i18n.tsx';
import { useKeys } from '../keys.ts';
import { lazy } from '../lazy.tsx';
import { slotName } from '../hub/needs.ts';
import { appPath } from '../routes.ts';
import { route } from '../router.ts';
import { Page } from '../shell.tsx';
import { useAsk } from '../parts/ask.ts';
import { restartInstance } from '../parts/instance/instance-acts.tsx';
import { ExitRecord, Health, InstanceFacts } from '../parts/instance/instance-facts.tsx';
import { Life } from '../parts/instance/life.tsx';
import { Panel } from '../parts/panel.tsx';
import { Loading } from '../parts/states.tsx';
import { Usage } from '../parts/instance/usage.tsx';
import { Gone } from './instance/gone.tsx';
import { InstanceHead } from './instance/head.tsx';
import { Told, type Tab } from './instance/told.tsx';

const MiniChart = lazy(() => import('../chart/mini.tsx').then((m) => m.MiniChart));

export default function Instance(): VNode {
  const { id, query } = route.value;
  const i = instanceOf(id);
  const tab = (query.get('tab') ?? 'log') as Tab;
  const list = useInstanceEvents(id);
  useEffect(() => watchInstance(id), [id]);
  useRestartKey(id);
  const crumbs = crumbsOf(id, i);
  if (!i) return <Page crumbs={crumbs}>{loaded.value ? <Gone id={id} tab={tab} list={list} /> : <Loading />}</Page>;
  return (
    <Page crumbs={crumbs} title={slotName(i)}>
      <InstanceHead i={i} />
      <Life i={i} events={list} />
      <div class="cols inst">
        <div class="stack a1">
          <Told id={id} i={i} tab={tab} events={list} />
          {i.exit && <ExitRecord i={i} exit={i.exit} />}
          <InstanceFacts i={i} />
        </div>
        <div class="stack a2">
          <Statechart id={id} next={i.reason?.next?.at ?? null} />
          <Usage i={i} />
          <Health i={i} />
        </div>
      </div>
    </Page>
  );
}

/** What is kept of it, and what comes while one looks. */
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

function useRestartKey(id: string): void {
  const restart = (): void => {
    const now = instanceOf(id);
    if (now && now.status !== 'unknown' && writable.peek()) void restartInstance(now);
  };
  useKeys([{ keys: 'r', word: 'key.restart', run: restart }], [id]);
}

const crumbsOf = (id: string, i: InstanceView | undefined): { name: string; href?: string }[] => [
  { name: t('page.apps'), href: '/apps' },
  ...(i ? [{ name: i.app, href: appPath(i.app) }] : []),
  { name: i ? slotName(i) : id },
];

/** @param next when its state ends by itself, epoch ms */
function Statechart({ id, next }: { id: string; next: number | null }): VNode {
  const actor = `instance:${id}`;
  return (
    <Panel
      title={t('statechart')}
      note="instance"
      right={
        <a class="small link" href={`/inspector/${encodeURIComponent(actor)}`}>
          {t('open.inspector')}
        </a>
      }
    >
      <MiniChart actor={actor} next={next} />
    </Panel>
  );
}
