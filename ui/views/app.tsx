// One app: status, because, next; its instances, revisions, why, events and spec.
import { Because } from '../parts/next.tsx';
import type { VNode } from 'preact';
import type { Revision } from '../../src/model/app/app.ts';
import { appStatus, usageOf } from '../app-look.ts';
import { appNamed, events, instancesByApp, loaded, writable } from '../cluster.ts';
import { cores, memory } from '../format.ts';
import { rich, t } from '../i18n.tsx';
import { statusOrder } from '../needs.ts';
import { editPath } from '../routes.ts';
import { route, setQuery, go } from '../router.ts';
import { Page } from '../shell.tsx';
import { pretty, written } from '../spec-text.ts';
import { path } from '../api.ts';
import { useKeys } from '../keys.ts';
import { deleteApp, restartApp, rollbackApp, startApp, stopApp } from '../parts/app-acts.tsx';
import { useAsk } from '../parts/ask.ts';
import { Chip, statusWord } from '../parts/chip.tsx';
import { Copy } from '../parts/copy.tsx';
import { Diff } from '../parts/diff.tsx';
import { FeedLine } from '../parts/feed.tsx';
import { Ribbon } from '../parts/figures.tsx';
import { InstanceTable } from '../parts/instance-table.tsx';
import { Json } from '../parts/json.tsx';
import { Panel, Tabs } from '../parts/panel.tsx';
import { ScaleButton } from '../parts/scale.tsx';
import { Empty, Loading, Trouble } from '../parts/states.tsx';
import { Clock } from '../parts/time.tsx';
import { Why } from '../parts/why.tsx';
import type { AppView } from '../../src/model/app/app.ts';

type Tab = 'instances' | 'revisions' | 'why' | 'events' | 'spec';

function Revisions({ app }: { app: AppView }): VNode {
  const { value, error, again } = useAsk<{ items: Revision[]; total: number }>(
    path`/apps/${app.name}/revisions?size=50`,
    app.revision,
  );
  if (error) return <Trouble error={error} retry={again} />;
  if (!value) return <Loading />;
  const list = [...value.items].sort((a, b) => b.revision - a.revision);
  return (
    <ol class="revisions">
      {list.map((r, i) => (
        <li key={r.revision}>
          <div class="row">
            <span class={`tag${r.revision === app.revision ? ' on' : ''}`}>{r.revision}</span>
            <span class="small">
              {rich('revision.by', { who: <b>{r.createdBy}</b>, at: <Clock at={r.createdAt} /> })}
            </span>
            {r.revision === app.revision && <span class="small dim">{t('revision.in.force')}</span>}
            {r.revision !== app.revision && (
              <button
                type="button"
                class="btn small push"
                disabled={!writable.value}
                onClick={() => void rollbackApp(app, r.revision)}
              >
                {t('revision.back')}
              </button>
            )}
          </div>
          {list[i + 1] ? (
            <Diff
              before={pretty(written(list[i + 1]!.spec, list[i + 1]!.spec.placement.scale))}
              after={pretty(written(r.spec, r.spec.placement.scale))}
            />
          ) : (
            <p class="small dim">{t(list.length < value.total ? 'revision.oldest' : 'revision.first')}</p>
          )}
        </li>
      ))}
    </ol>
  );
}

function Events({ name }: { name: string }): VNode {
  const live = events.value.filter((e) => e.subject.app === name);
  const { value } = useAsk<{ items: typeof live }>(
    `/events?query=${encodeURIComponent(`subject.app:${JSON.stringify(name)}`)}&size=100`,
  );
  const known = new Set(live.map((e) => e.seq)),
    list = [...live, ...(value?.items ?? []).filter((e) => !known.has(e.seq))].sort((a, b) => b.seq - a.seq);
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
  const app = appNamed(name),
    list = instancesByApp.value.get(name) ?? [],
    tab = (query.get('tab') ?? 'instances') as Tab;
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
  const s = appStatus(app, list),
    usage = usageOf(list),
    may = writable.value && !app.deleting,
    why = !writable.value ? t('lost.writes') : app.deleting ? t('app.deleting') : '';
  const counts: Record<string, number> = {};
  for (const i of list) counts[i.status] = (counts[i.status] ?? 0) + 1;
  const tabs: { id: Tab; name: string; count?: number }[] = [
    { id: 'instances', name: t('instances'), count: list.length },
    { id: 'revisions', name: t('revisions'), count: app.revision },
    { id: 'why', name: t('why') },
    { id: 'events', name: t('page.events') },
    { id: 'spec', name: t('spec') },
  ];
  const spec = written(app.spec, app.scale);
  return (
    <Page crumbs={crumbs} title={name}>
      <div class="head">
        <h1>{name}</h1>
        <Chip s={s} big>
          {app.status === 'deploying' ? t('app.deploying.short') : s === 'running' ? statusWord('running') : undefined}
        </Chip>
        <p class="because">
          {app.reason ? (
            <Because reason={app.reason} />
          ) : (
            rich('app.sentence', {
              running: app.instances.running,
              wanted: app.instances.wanted,
              healthy: app.instances.healthy,
            })
          )}
        </p>
        <span class="right">
          <ScaleButton app={app} disabled={!may} why={why} small={false} />
          {app.start ? (
            <>
              <button type="button" class="btn" disabled={!may} title={why || 'r'} onClick={() => void restartApp(app)}>
                {t('restart')}
              </button>
              <button type="button" class="btn" disabled={!may} title={why} onClick={() => void stopApp(app)}>
                {t('stop')}
              </button>
            </>
          ) : (
            <button type="button" class="btn" disabled={!may} title={why} onClick={() => void startApp(app)}>
              {t('start')}
            </button>
          )}
          <a class="btn" href={editPath(name)}>
            {t('edit')}
          </a>
          <button
            type="button"
            class="btn danger"
            disabled={!may}
            title={why}
            onClick={() =>
              void deleteApp(app).then((done) => {
                if (done) go('/apps');
              })
            }
          >
            {t('delete')}…
          </button>
        </span>
      </div>
      {list.length > 0 && <Ribbon counts={counts} order={statusOrder} />}
      <div class="cols side">
        <section class="panel">
          <header class="lined">
            <Tabs tabs={tabs} now={tab} choose={(id) => setQuery({ tab: id === 'instances' ? null : id })} />
          </header>
          {tab === 'instances' &&
            (list.length === 0 ? (
              <Empty title={t('app.no.instances', { name })}>
                {app.start ? app.reason?.text : t('app.stopped.text')}
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
              <Json value={spec} readings />
            </div>
          )}
        </section>
        <Panel title={t('facts')} right={<Copy text={() => pretty(spec)}>{t('copy.json')}</Copy>}>
          <dl class="kv">
            <dt>{t('runs')}</dt>
            <dd class="mono-s">
              {app.spec.toProcess} {app.spec.args.join(' ')}
            </dd>
            <dt>{t('type')}</dt>
            <dd>{app.spec.type}</dd>
            <dt>{t('placed.on')}</dt>
            <dd class="mono-s">
              {app.spec.placement.query}
              {app.spec.placement.maxPerNode !== null && (
                <span class="dim"> {t('at.most', { n: app.spec.placement.maxPerNode })}</span>
              )}
            </dd>
            <dt>{t('reserves')}</dt>
            <dd>
              {app.spec.resAlloc.mem === null && app.spec.resAlloc.cpus === null ? (
                <span class="dim">{t('nothing')}</span>
              ) : (
                <>
                  {memory(app.spec.resAlloc.mem)}, {t('cores', { n: cores(app.spec.resAlloc.cpus) })}
                </>
              )}
            </dd>
            <dt>{t('uses')}</dt>
            <dd>
              {memory(usage.mem)}, {t('cores', { n: cores(usage.cpu) })}
            </dd>
            <dt>{t('checks')}</dt>
            <dd>
              {app.spec.healthChecks.length === 0 ? (
                <span class="dim">{t('checks.none')}</span>
              ) : (
                app.spec.healthChecks.map((c, i) => (
                  <span key={i} class="blk">
                    <span class="mono-s">
                      {c.protocol}{' '}
                      {c.protocol === 'COMMAND'
                        ? c.command
                        : c.protocol === 'TCP'
                          ? `:${c.port ?? c.portIndex}`
                          : c.path}
                    </span>{' '}
                    <span class="dim">{t('check.every', { s: c.intervalSeconds })}</span>
                  </span>
                ))
              )}
            </dd>
            <dt>{t('restarts')}</dt>
            <dd>
              {t('restart.policy', {
                policy: app.spec.restart.policy,
                n: app.spec.restart.attempts,
                s: app.spec.restart.periodSeconds,
              })}
            </dd>
            <dt>{t('revision')}</dt>
            <dd>
              {app.revision}{' '}
              <span class="dim">
                <Clock at={app.updatedAt} />
              </span>
            </dd>
          </dl>
        </Panel>
      </div>
    </Page>
  );
}
