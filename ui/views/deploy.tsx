// A new app, or a new revision of one: JSON, checked by the hub as one types, its plan beside it, what differs below it.
import type { VNode } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { AppView } from '../../src/model/app/app.ts';
import type { PlanView } from '../../src/protocol/views.ts';
import { Problem, call, path } from '../api.ts';
import { appNamed, learn, loaded, nodes, writable } from '../cluster.ts';
import { diffLines } from '../diff.ts';
import { lineColumn } from '../edit-text.ts';
import { faultsOf, type Fault } from '../faults.ts';
import { rich, t } from '../i18n.tsx';
import { useKeys } from '../keys.ts';
import { appPath, editPath } from '../routes.ts';
import { go, route } from '../router.ts';
import { Page } from '../shell.tsx';
import { pretty, written } from '../spec-text.ts';
import { useAsk, useLater } from '../parts/ask.ts';
import { Diff } from '../parts/diff.tsx';
import { Editor } from '../parts/editor.tsx';
import { Panel } from '../parts/panel.tsx';
import { Plan } from '../parts/plan.tsx';
import { Empty, Loading, Trouble } from '../parts/states.tsx';
import { act } from '../parts/toasts.tsx';
import { samples } from './samples.ts';

const NONE: readonly Fault[] = [];
const parsed = (text: string): Record<string, unknown> | null => {
  try {
    const v = JSON.parse(text) as unknown;
    return typeof v === 'object' && v !== null && !Array.isArray(v) ? (v as Record<string, unknown>) : null;
  } catch {
    return null;
  }
};

interface Checked {
  of: string;
  plan: PlanView | null;
  faults: readonly Fault[];
  trouble: unknown;
}

/** Asks the hub what a text would do, after a pause of typing; the plan of the last valid text stays. */
function useCheck(text: string): Checked & { checking: boolean } {
  const later = useLater(text, 300);
  const [state, setState] = useState<Checked>({ of: '', plan: null, faults: NONE, trouble: null });
  useEffect(() => {
    const abort = new AbortController();
    call<PlanView>('POST', '/apps/plan', { text: later, signal: abort.signal }).then(
      (plan) => setState({ of: later, plan, faults: NONE, trouble: null }),
      (error: unknown) => {
        if (abort.signal.aborted) return;
        const fields = error instanceof Problem && (error.status === 400 || error.status === 422);
        setState((old) => ({
          of: later,
          plan: old.plan,
          faults: fields ? faultsOf(later, error.errors, `${error.message} ${error.hint}`) : NONE,
          trouble: fields ? null : error,
        }));
      },
    );
    return () => abort.abort();
  }, [later]);
  return { ...state, checking: state.of !== text };
}

function Matching({ query }: { query: string }): VNode {
  const { value, error } = useAsk<{ total: number }>(
    `/nodes?query=${encodeURIComponent(query)}&size=1`,
    nodes.value.length,
  );
  return (
    <p class="lead">
      {error ? (
        <span class="fault small">{(error as Error).message}</span>
      ) : (
        rich('deploy.matches', { n: value?.total ?? '–', all: nodes.value.length })
      )}{' '}
      <span class="mono-s dim">{query}</span>
    </p>
  );
}

function Form({ app }: { app: AppView | null }): VNode {
  const before = useMemo(() => (app ? pretty(written(app.spec, app.scale)) : ''), [app?.version]);
  const [text, setText] = useState(() => (app ? before : (samples.find((s) => !appNamed(s.app)) ?? samples[0]!).text));
  const [caret, setCaret] = useState(0);
  const [busy, setBusy] = useState(false);
  const touched = useRef(false);
  useEffect(() => {
    if (app && !touched.current) setText(before);
  }, [before]);
  const check = useCheck(text),
    json = parsed(text),
    name = typeof json?.['name'] === 'string' ? json['name'] : (app?.name ?? '');
  const changed = useMemo(
    () =>
      app
        ? diffLines(before, text)
            .filter((l) => l.kind === 'add')
            .map((l) => l.n - 1)
        : [],
    [before, text],
  );
  const problems = check.faults.length,
    placement = json?.['placement'] as { query?: unknown } | undefined;
  const ready =
    problems === 0 &&
    !check.checking &&
    !check.trouble &&
    writable.value &&
    !busy &&
    !(app && changed.length === 0 && diffLines(before, text).every((l) => l.kind === 'same'));
  const why = !writable.value
    ? t('lost.writes')
    : problems > 0
      ? t('deploy.problems', { n: problems })
      : check.checking
        ? t('deploy.checking')
        : app && !touched.current
          ? t('diff.none')
          : '';
  const deploy = async (): Promise<void> => {
    if (!ready) return;
    setBusy(true);
    const done = await act(
      async () => {
        learn({
          app: app
            ? await call<AppView>('PUT', path`/apps/${app.name}`, { text, ifMatch: `"${app.version}"` })
            : await call<AppView>('POST', '/apps', { text }),
        });
      },
      rich(app ? 'act.changed' : 'act.deployed', { name }),
    );
    setBusy(false);
    if (done) go(appPath(name));
  };
  useKeys([{ keys: 'mod enter', word: 'key.deploy', inFields: true, run: () => void deploy() }], [text, ready]);
  const { line, column } = lineColumn(text, caret),
    other = !app && name ? appNamed(name) : undefined;
  return (
    <>
      <div class="head">
        <h1>{app ? t('deploy.edit', { name: app.name }) : t('app.new')}</h1>
        <p class="because">
          {app ? rich('deploy.revision', { from: app.revision, to: app.revision + 1 }) : t('deploy.note')}
        </p>
        <span class="right">
          <a class="btn quiet" href={app ? appPath(app.name) : '/apps'}>
            {t('discard')}
          </a>
          <button type="button" class="btn primary" disabled={!ready} title={why} onClick={() => void deploy()}>
            {app ? t('deploy.button.revision', { n: app.revision + 1 }) : t('deploy.button')}{' '}
            <kbd>{/mac/i.test(navigator.platform) ? '⌘↵' : 'Ctrl ↵'}</kbd>
          </button>
        </span>
      </div>
      <div class="cols edit">
        <div class="stack">
          <Panel
            title={<h2>JSON</h2>}
            lined
            flush
            right={
              <>
                {problems > 0 ? (
                  <span class="small fault">{t('deploy.problems', { n: problems })}</span>
                ) : (
                  <span class="small dim">{check.checking ? t('deploy.checking') : t('deploy.valid')}</span>
                )}
                {!app &&
                  samples.map((s) => (
                    <button
                      key={s.name}
                      type="button"
                      class="btn small quiet no-phone"
                      onClick={() => {
                        touched.current = true;
                        setText(s.text);
                      }}
                    >
                      {s.name}
                    </button>
                  ))}
                <button
                  type="button"
                  class="btn small quiet"
                  disabled={!json}
                  onClick={() => {
                    touched.current = true;
                    setText(pretty(json));
                  }}
                >
                  {t('deploy.format')}
                </button>
              </>
            }
            foot={
              <>
                <span>{t('deploy.at', { line, column })}</span>
                <span>{t('deploy.schema')}</span>
                {app && <span class="right">{t('deploy.differ', { n: changed.length, revision: app.revision })}</span>}
              </>
            }
          >
            <Editor
              value={text}
              faults={check.faults}
              changed={new Set(changed)}
              label={t('deploy.editor')}
              onCaret={setCaret}
              onInput={(next) => {
                touched.current = true;
                setText(next);
              }}
            />
          </Panel>
          {app && (
            <Panel title={t('deploy.diff', { n: app.revision })}>
              <Diff before={before} after={text} />
            </Panel>
          )}
        </div>
        <div class="stack">
          {other && (
            <section class="panel note">
              <p class="small because">
                {rich('deploy.exists', { name: <b>{name}</b> })}{' '}
                <a class="link" href={editPath(name)}>
                  {t('deploy.exists.edit')}
                </a>
              </p>
            </section>
          )}
          <Panel title={t('deploy.where')} right={<span class="small dim">{t('deploy.follows')}</span>}>
            <Matching query={typeof placement?.query === 'string' ? placement.query : '*'} />
          </Panel>
          {check.trouble ? (
            <section class="panel">
              <Trouble error={check.trouble} />
            </section>
          ) : check.plan ? (
            <Plan plan={check.plan} stale={problems > 0} />
          ) : (
            <Panel title={t('plan')}>{problems > 0 ? <p class="small dim">{t('plan.after')}</p> : <Loading />}</Panel>
          )}
        </div>
      </div>
    </>
  );
}

export default function Deploy(): VNode {
  const { id } = route.value,
    app = id ? (appNamed(id) ?? null) : null;
  const crumbs = [
    { name: t('page.apps'), href: '/apps' },
    ...(id ? [{ name: id, href: appPath(id) }, { name: t('edit') }] : [{ name: t('app.new') }]),
  ];
  if (!loaded.value)
    return (
      <Page crumbs={crumbs}>
        <Loading />
      </Page>
    );
  if (id && !app)
    return (
      <Page crumbs={crumbs}>
        <section class="panel">
          <Empty
            title={t('app.missing', { name: id })}
            actions={
              <a class="btn" href="/apps">
                {t('page.apps')}
              </a>
            }
          >
            {t('app.missing.text')}
          </Empty>
        </section>
      </Page>
    );
  return (
    <Page crumbs={crumbs} title={app ? t('deploy.edit', { name: app.name }) : t('app.new')}>
      <Form key={id} app={app} />
    </Page>
  );
}
