// The editor of an app: its JSON with faults in place, what differs, where it can run, and its plan.
import type { VNode } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { AppView } from '../../../src/model/app/app.ts';
import { call, path } from '../../hub/api.ts';
import { appNamed, learn, writable } from '../../hub/cluster.ts';
import { diffLines } from '../../json/diff.ts';
import { rich, t } from '../../words/i18n.tsx';
import { useKeys } from '../../keys.ts';
import { appPath } from '../../routes.ts';
import { go } from '../../router.ts';
import { pretty, written } from '../../json/spec-text.ts';
import { Diff } from '../../parts/app/diff.tsx';
import { Panel } from '../../parts/panel.tsx';
import { act } from '../../parts/toasts.tsx';
import { samples } from '../samples.ts';
import { useCheck } from './check.ts';
import { Outlook } from './outlook.tsx';
import { Writing } from './writing.tsx';

const isMac = /mac/i.test(navigator.platform);

const parsed = (text: string): Record<string, unknown> | null => {
  try {
    const v = JSON.parse(text) as unknown;
    return typeof v === 'object' && v !== null && !Array.isArray(v) ? (v as Record<string, unknown>) : null;
  } catch {
    return null;
  }
};

/** What stands in the editor first: the app as it is, or a sample that is not here yet. */
function firstText(app: AppView | null, before: string): string {
  if (app) return before;
  return (samples.find((sample) => !appNamed(sample.app)) ?? samples[0]!).text;
}

const save = (app: AppView | null, text: string): Promise<AppView> =>
  app
    ? call<AppView>('PUT', path`/apps/${app.name}`, { text, ifMatch: `"${app.version}"` })
    : call<AppView>('POST', '/apps', { text });

/** `app` null: a new one. */
export function Form({ app }: { app: AppView | null }): VNode {
  const before = useMemo(() => (app ? pretty(written(app.spec, app.scale)) : ''), [app?.version]);
  const [text, setText] = useState(() => firstText(app, before));
  const [busy, setBusy] = useState(false);
  const touched = useRef(false);
  useEffect(() => {
    if (app && !touched.current) setText(before);
  }, [before]);
  const check = useCheck(text);
  const json = parsed(text);
  const name = typeof json?.['name'] === 'string' ? json['name'] : (app?.name ?? '');
  const differing = useMemo(
    () => (app ? diffLines(before, text).filter((l) => l.kind !== 'same') : []),
    [before, text],
  );
  const changed = differing.filter((l) => l.kind === 'add').map((l) => l.n - 1);
  const problems = check.faults.length;

  const whyNot = (): string | null => {
    if (!writable.value) return t('lost.writes');
    if (problems > 0) return t('deploy.problems', { n: problems });
    if (check.checking || busy) return t('deploy.checking');
    if (app && differing.length === 0) return t('diff.none');
    return check.trouble ? (check.trouble as Error).message : null;
  };
  const why = whyNot();
  const deploy = async (): Promise<void> => {
    if (why !== null) return;
    setBusy(true);
    const done = await act(() => learn({ app: save(app, text) }), rich(app ? 'act.changed' : 'act.deployed', { name }));
    setBusy(false);
    if (done) go(appPath(name));
  };
  const write = (next: string): void => {
    touched.current = true;
    setText(next);
  };
  useKeys([{ keys: 'mod enter', word: 'key.deploy', inFields: true, run: () => void deploy() }], [text, why]);
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
          <button
            type="button"
            class="btn primary"
            disabled={why !== null}
            title={why ?? ''}
            onClick={() => void deploy()}
          >
            {app ? t('deploy.button.revision', { n: app.revision + 1 }) : t('deploy.button')}{' '}
            <kbd>{isMac ? '⌘↵' : 'Ctrl ↵'}</kbd>
          </button>
        </span>
      </div>
      <div class="cols edit">
        <div class="stack">
          <Writing app={app} text={text} json={json} check={check} changed={changed} write={write} />
          {app && (
            <Panel title={t('deploy.diff', { n: app.revision })}>
              <Diff before={before} after={text} />
            </Panel>
          )}
        </div>
        <Outlook app={app} name={name} json={json} check={check} />
      </div>
    </>
  );
}
