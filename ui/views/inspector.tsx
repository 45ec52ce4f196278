// The inspector: every actor of master and agents; any of them drawn live, with its steps, its context, and the way back.
import type { VNode } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { Chart } from '../chart/chart.tsx';
import { activePaths, heardIn, lastMove, taken, visits } from '../chart/history.ts';
import { statusOfActor } from '../chart/status-of.ts';
import { timersOf, useActor } from '../chart/watching.ts';
import { actorOf, actors, instanceOf, watchActors } from '../hub/cluster.ts';
import { clockMs } from '../look/format.ts';
import { t } from '../words/i18n.tsx';
import { useKeys } from '../keys.ts';
import { go, route } from '../router.ts';
import { actorPath, instancePath } from '../routes.ts';
import { Page } from '../shell.tsx';
import { ActorTree } from '../parts/inspector/actor-tree.tsx';
import { Chip } from '../parts/chip.tsx';
import { Coded } from '../parts/coded.tsx';
import { Context } from '../parts/inspector/context.tsx';
import { Copy } from '../parts/copy.tsx';
import { Machine, mermaid } from '../parts/inspector/machine.tsx';
import { sentence } from '../parts/app/next.tsx';
import { Panel, Tabs } from '../parts/panel.tsx';
import { SequenceDiagram } from '../parts/inspector/sequence.tsx';
import { Empty, Loading } from '../parts/states.tsx';
import { Send } from './inspector/send.tsx';
import { Steps } from './inspector/steps.tsx';
import { Transport } from './inspector/transport.tsx';

type Tab = 'sequence' | 'machine' | 'mermaid';
const phone = (): boolean => matchMedia('(max-width: 720px)').matches;

/** The actor shown where none is asked for: something that lives. */
function firstActor(): string | null {
  const list = actors.value;
  return (
    (
      list.find((a) => a.machine === 'instance' && a.state !== 'running') ??
      list.find((a) => a.machine === 'instance') ??
      list.find((a) => a.machine === 'master' || a.machine === 'agent') ??
      list[0]
    )?.id ?? null
  );
}

export default function Inspector(): VNode {
  const asked = route.value.id;
  const id = asked || firstActor();
  const [at, setAt] = useState<number | null>(null);
  const [tab, setTab] = useState<Tab>('sequence');
  const [fit, setFit] = useState(false);
  const { history, problem } = useActor(id);
  useEffect(watchActors, []);
  useEffect(() => {
    setAt(null);
    if (!asked && id && !phone()) go(actorPath(id), true);
  }, [id]);
  const newest = history.steps.length - 1;
  const index = at === null ? newest : Math.max(0, Math.min(at, newest));
  const live = at === null || index === newest;
  /** The newest step is the present: it goes on by itself. */
  const show = (k: number): void => setAt(k >= newest ? null : Math.max(0, k));
  useKeys(
    [
      { keys: '[', word: 'key.back', run: () => show(index - 1) },
      { keys: ']', word: 'key.forth', run: () => show(index + 1) },
      { keys: 'l', word: 'key.live', run: () => setAt(null) },
      { keys: '0', word: 'key.fit', run: () => setFit((f) => !f) },
    ],
    [index, newest],
  );
  const actor = id ? actorOf(id) : undefined;
  const now = history.steps[index];
  const instance = id?.startsWith('instance:') ? instanceOf(id.slice(9)) : undefined;
  const folded = useMemo(
    () => ({
      visits: visits(history, index),
      taken: taken(history, index),
      active: activePaths(now?.state ?? []),
      last: lastMove(history, index),
    }),
    [history, index],
  );
  const timers = timersOf(history, index, live ? (instance?.reason?.next?.at ?? null) : null);
  const label = actor?.label ?? id ?? '';
  const leaf = now?.state.at(-1) ?? actor?.state ?? '';
  const s = statusOfActor(leaf, actor?.status ?? 'active');
  const crumbs = [
    { name: t('page.inspector'), href: '/inspector' },
    ...(actor && actor.where !== 'master' ? [{ name: actor.where }] : []),
    ...(id ? [{ name: label }] : []),
  ];
  const heard = live && now ? heardIn(history.chart, now.state) : [];
  const drawn = (): VNode => {
    if (!id && actors.value.length > 0) return <Empty title={t('inspect.choose')} />;
    if (!history.chart || !now) return <Loading rows={8} />;
    return (
      <Chart
        chart={history.chart}
        mini={phone()}
        active={folded.active}
        visits={folded.visits}
        taken={folded.taken}
        last={folded.last?.edges ?? []}
        move={folded.last?.seq ?? 0}
        timers={timers}
        past={!live}
        fit={fit}
      />
    );
  };
  return (
    <Page
      crumbs={crumbs.map((c) => ({ ...c, href: c.href ?? '/inspector' }))}
      class="wide"
      title={`${label} · ${t('page.inspector')}`}
    >
      <div class="insp">
        <section class="panel tre" aria-label={t('tree')}>
          <ActorTree selected={id ?? ''} />
          <footer>
            <span>{t('tree.watching', { n: id ? 1 : 0 })}</span>
          </footer>
        </section>
        <section class="panel cen">
          <header class="lined">
            <h2>{label || t('page.inspector')}</h2>
            {leaf && <Chip s={s}>{leaf}</Chip>}
            {instance?.reason && live && (
              <span class="small because no-phone cutoff">
                <Coded text={sentence(instance.reason.text)} />
              </span>
            )}
            <span class="right">
              <button
                type="button"
                class="btn small no-phone"
                aria-pressed={fit}
                title={`${t('key.fit')}  0`}
                onClick={() => setFit(!fit)}
              >
                {t('chart.fit')}
              </button>
              {instance && (
                <a class="btn small no-phone" href={instancePath(instance.id)}>
                  {t('open.instance')}
                </a>
              )}
            </span>
          </header>
          {problem ? (
            <Empty title={t('inspect.refused')}>
              {problem.detail} <span class="mono-s dim">{problem.code}</span>
            </Empty>
          ) : (
            drawn()
          )}
          <Transport history={history} index={index} live={live} show={show} />
          <header class="lined second">
            <Tabs
              tabs={[
                { id: 'sequence', name: t('sequence') },
                { id: 'machine', name: t('machine') },
                { id: 'mermaid', name: 'Mermaid' },
              ]}
              now={tab}
              choose={setTab}
            />
            <span class="right small dim">{t('sequence.note')}</span>
          </header>
          <div class="body seqbox">
            {tab === 'sequence' && <SequenceDiagram history={history} index={index} select={show} />}
            {tab === 'machine' && history.chart && <Machine chart={history.chart} active={folded.active} />}
            {tab === 'mermaid' && history.chart && (
              <>
                <Copy text={() => mermaid(history.chart!)} quiet={false} />
                <pre class="mono-s mermaid">{mermaid(history.chart)}</pre>
              </>
            )}
          </div>
        </section>
        <div class="stack rig">
          <Panel
            title={t('context')}
            note={live ? t('now') : now ? clockMs(now.at) : ''}
            lined
            right={<Copy text={() => JSON.stringify(now?.context ?? null, null, 2)} />}
          >
            {now ? (
              <Context before={history.steps[index - 1]?.context} now={now.context} />
            ) : problem ? (
              <span class="dim">–</span>
            ) : (
              <Loading rows={3} />
            )}
          </Panel>
          <Steps history={history} index={index} show={show} />
          {heard.length > 0 && <Send actor={id!} label={label} leaf={leaf} heard={heard} />}
        </div>
      </div>
    </Page>
  );
}
