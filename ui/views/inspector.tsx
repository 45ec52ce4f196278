// The inspector: every actor of master and agents; any of them drawn live, with its steps, its context, and the way back.
import type { VNode } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { Chart } from '../chart/chart.tsx';
import { activePaths, heardIn, lastMove, ledTo, taken, visits } from '../chart/history.ts';
import { edgeLabel, eventName, stateName } from '../chart/labels.ts';
import { statusOfActor, statusOfState } from '../chart/status-of.ts';
import { timersOf, useActor } from '../chart/watching.ts';
import { actorOf, actors, instanceOf, watchActors, writable } from '../cluster.ts';
import { clockMs, moment } from '../format.ts';
import { Icon } from '../glyphs.tsx';
import { rich, t } from '../i18n.tsx';
import { useKeys } from '../keys.ts';
import { path, post } from '../api.ts';
import { actorPath } from '../routes.ts';
import { go, route } from '../router.ts';
import { Page } from '../shell.tsx';
import { ActorTree } from '../parts/actor-tree.tsx';
import { Chip } from '../parts/chip.tsx';
import { confirm } from '../parts/dialog.tsx';
import { Context } from '../parts/context.tsx';
import { Copy } from '../parts/copy.tsx';
import { Machine, mermaid } from '../parts/machine.tsx';
import { sentence } from '../parts/next.tsx';
import { Panel, Tabs } from '../parts/panel.tsx';
import { SequenceDiagram } from '../parts/sequence.tsx';
import { Empty, Loading } from '../parts/states.tsx';
import { act } from '../parts/toasts.tsx';

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

async function sendEvent(actor: string, label: string, type: string): Promise<void> {
  const yes = await confirm({
    title: t('send.title', { event: type }),
    text: rich('send.text', { actor: label }),
    name: null,
    button: t('send'),
    danger: true,
  });
  if (yes)
    await act(() => post(path`/actors/${actor}/events`, { type }), rich('act.sent', { event: type, name: label }));
}

export default function Inspector(): VNode {
  const asked = route.value.id,
    id = asked || firstActor();
  const [at, setAt] = useState<number | null>(null);
  const [tab, setTab] = useState<Tab>('sequence');
  const [fit, setFit] = useState(false);
  const { history, problem } = useActor(id);
  useEffect(watchActors, []);
  useEffect(() => {
    setAt(null);
    if (!asked && id && !phone()) go(actorPath(id), true);
  }, [id]);
  const newest = history.steps.length - 1,
    index = at === null ? newest : Math.max(0, Math.min(at, newest)),
    live = at === null || index === newest;
  const step = (by: number): void => {
    const next = index + by;
    setAt(next >= newest ? null : Math.max(0, next));
  };
  useKeys(
    [
      { keys: '[', word: 'key.back', run: () => step(-1) },
      { keys: ']', word: 'key.forth', run: () => step(1) },
      { keys: 'l', word: 'key.live', run: () => setAt(null) },
      { keys: '0', word: 'key.fit', run: () => setFit((f) => !f) },
    ],
    [index, newest],
  );
  const actor = id ? actorOf(id) : undefined,
    now = history.steps[index],
    instance = id?.startsWith('instance:') ? instanceOf(id.slice(9)) : undefined;
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
  const label = actor?.label ?? id ?? '',
    leaf = now?.state.at(-1) ?? actor?.state ?? '',
    s = statusOfActor(leaf, actor?.status ?? 'active');
  const crumbs = [
    { name: t('page.inspector'), href: '/inspector' },
    ...(actor && actor.where !== 'master' ? [{ name: actor.where }] : []),
    ...(id ? [{ name: label }] : []),
  ];
  const heard = live && now ? heardIn(history.chart, now.state) : [];
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
              <span class="small because no-phone cutoff">{sentence(instance.reason.text)}</span>
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
                <a class="btn small no-phone" href={`/instances/${encodeURIComponent(instance.id)}`}>
                  {t('open.instance')}
                </a>
              )}
            </span>
          </header>
          {problem ? (
            <Empty title={t('inspect.refused')}>
              {problem.detail} <span class="mono-s dim">{problem.code}</span>
            </Empty>
          ) : !id ? (
            actors.value.length === 0 ? (
              <Loading rows={6} />
            ) : (
              <Empty title={t('inspect.choose')} />
            )
          ) : !history.chart || !now ? (
            <Loading rows={8} />
          ) : (
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
          )}
          <div class="transport">
            <span class="btns">
              <button
                type="button"
                class="btn small"
                title={`${t('key.back')}  [`}
                aria-label={t('key.back')}
                disabled={index <= 0}
                onClick={() => step(-1)}
              >
                <Icon name="back" />
              </button>
              <button
                type="button"
                class="btn small"
                title={`${t('key.forth')}  ]`}
                aria-label={t('key.forth')}
                disabled={live}
                onClick={() => step(1)}
              >
                <Icon name="forth" />
              </button>
            </span>
            <div
              class="scrub"
              role="slider"
              tabIndex={0}
              aria-label={t('scrub')}
              aria-valuemin={1}
              aria-valuemax={history.steps.length}
              aria-valuenow={index + 1}
              onClick={(e) => {
                const r = e.currentTarget.getBoundingClientRect(),
                  k = Math.round(((e.clientX - r.left) / r.width) * newest);
                setAt(k >= newest ? null : Math.max(0, k));
              }}
            >
              {history.steps.map((x, k) =>
                x.edges.length > 0 ? (
                  <i
                    key={x.seq}
                    data-s={statusOfState(x.state.at(-1) ?? '')}
                    style={{ left: `${newest > 0 ? (k / newest) * 100 : 100}%` }}
                  />
                ) : null,
              )}
              <b style={{ left: `${newest > 0 ? (index / newest) * 100 : 100}%` }} />
            </div>
            <span class="small mid nw">{t('scrub.at', { n: index + 1, of: history.steps.length })}</span>
            <button
              type="button"
              class={`btn small${live ? ' lit' : ''}`}
              aria-pressed={live}
              onClick={() => setAt(null)}
            >
              {t('shell.live')} <kbd>l</kbd>
            </button>
          </div>
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
            {tab === 'sequence' && (
              <SequenceDiagram history={history} index={index} select={(k) => setAt(k >= newest ? null : k)} />
            )}
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
          <Panel title={t('page.events')} note={t('inspect.steps', { n: history.steps.length })} lined flush>
            <ol class="evs">
              {[...history.steps.keys()]
                .reverse()
                .slice(0, 200)
                .map((k) => {
                  const x = history.steps[k]!,
                    to = ledTo(history.steps, k),
                    edge = history.chart?.edges.find((e) => e.id === x.edges.at(-1));
                  return (
                    <li
                      key={x.seq}
                      aria-selected={k === index}
                      class={k > index ? 'later' : ''}
                      onClick={() => setAt(k >= newest ? null : k)}
                      title={`${moment(x.at)}${edge ? `\n${edgeLabel(edge)}` : ''}`}
                    >
                      <time>{clockMs(x.at).slice(3)}</time>
                      <span class="cutoff">{x.event ? eventName(x.event, 'event') : t('sequence.begin')}</span>
                      <span class="to">
                        {to.length > 0 && (x.edges.length > 0 || k === 0)
                          ? `→ ${stateName(to.at(-1)!)}`
                          : t('machine.stays')}
                      </span>
                    </li>
                  );
                })}
            </ol>
          </Panel>
          {heard.length > 0 && (
            <Panel title={t('send.an')} right={<span class="small dim">admin</span>}>
              <div class="row wrap">
                {heard.slice(0, 12).map((e) => (
                  <button
                    key={e}
                    type="button"
                    class="btn small mono-s"
                    disabled={!writable.value}
                    onClick={() => void sendEvent(id!, label, e)}
                  >
                    {e}
                  </button>
                ))}
              </div>
              <p class="small dim">{rich('send.note', { state: <span class="mono-s">{leaf}</span> })}</p>
            </Panel>
          )}
        </div>
      </div>
    </Page>
  );
}
