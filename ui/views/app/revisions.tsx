// The revisions of an app, newest first, each with what it changed and the way back to it.
import type { VNode } from 'preact';
import type { AppView, Revision } from '../../../src/model/app/app.ts';
import { path } from '../../hub/api.ts';
import { writable } from '../../hub/cluster.ts';
import { rich, t } from '../../words/i18n.tsx';
import { pretty, written } from '../../json/spec-text.ts';
import { rollbackApp } from '../../parts/app/app-acts.tsx';
import { useAsk } from '../../parts/ask.ts';
import { Diff } from '../../parts/app/diff.tsx';
import { Loading, Trouble } from '../../parts/states.tsx';
import { Clock } from '../../parts/time.tsx';

export function Revisions({ app }: { app: AppView }): VNode {
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
