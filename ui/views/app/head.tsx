// The head of an app's page: status, because, next; and what can be asked of it.
import type { VNode } from 'preact';
import type { AppView } from '../../../src/model/app/app.ts';
import type { InstanceView } from '../../../src/model/instance/instance.ts';
import { appStatus } from '../../look/app-look.ts';
import { writable } from '../../hub/cluster.ts';
import { rich, t } from '../../words/i18n.tsx';
import { editPath } from '../../routes.ts';
import { go } from '../../router.ts';
import { deleteApp, restartApp, startApp, stopApp } from '../../parts/app/app-acts.tsx';
import { Chip, statusWord } from '../../parts/chip.tsx';
import { Because } from '../../parts/app/next.tsx';
import { ScaleButton } from '../../parts/app/scale.tsx';

/** Why nothing can be asked of it now; empty: it can. */
function whyNot(app: AppView): string {
  if (!writable.value) return t('lost.writes');
  return app.deleting ? t('app.deleting') : '';
}

/** The status in words, where it is not that of its instances. */
function wordOf(app: AppView, s: string): string | undefined {
  if (app.status === 'deploying') return t('app.deploying.short');
  return s === 'running' ? statusWord('running') : undefined;
}

export function Head({ app, list }: { app: AppView; list: readonly InstanceView[] }): VNode {
  const s = appStatus(app, list);
  const why = whyNot(app);
  const may = why === '';
  const remove = async (): Promise<void> => {
    if (await deleteApp(app)) go('/apps');
  };
  return (
    <div class="head">
      <h1>{app.name}</h1>
      <Chip s={s} big>
        {wordOf(app, s)}
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
        <a class="btn" href={editPath(app.name)}>
          {t('edit')}
        </a>
        <button type="button" class="btn danger" disabled={!may} title={why} onClick={() => void remove()}>
          {t('delete')}…
        </button>
      </span>
    </div>
  );
}
