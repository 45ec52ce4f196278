// What an operator does to an app: undo where it can be undone, else the count, the effect and the name.
import type { AppView } from '../../../src/model/app/app.ts';
import { path, post, remove } from '../../hub/api.ts';
import { instancesByApp, learn } from '../../hub/cluster.ts';
import { rich, t } from '../../words/i18n.tsx';
import { confirm } from '../dialog.tsx';
import { act } from '../toasts.tsx';

const ask = async (name: string, action: 'start' | 'stop' | 'restart'): Promise<void> => {
  await learn({ app: post<AppView>(path`/apps/${name}/${action}`) });
};

export const startApp = (app: AppView): Promise<boolean> =>
  act(
    () => ask(app.name, 'start'),
    rich('act.started', { name: app.name }),
    () => ask(app.name, 'stop'),
  );

/** Stopping ends processes, but starting brings them back: undo instead of a question. */
export const stopApp = (app: AppView): Promise<boolean> =>
  act(
    () => ask(app.name, 'stop'),
    rich('act.stopped', { name: app.name, n: app.instances.total }),
    () => ask(app.name, 'start'),
  );

export const restartApp = (app: AppView): Promise<boolean> =>
  act(() => ask(app.name, 'restart'), rich('act.restarted', { name: app.name, n: app.instances.total }));

const setScale = async (name: string, scale: number): Promise<void> => {
  await learn({ app: post<AppView>(path`/apps/${name}/scale`, { scale }) });
};

export function scaleApp(app: AppView, scale: number): Promise<boolean> {
  const before = app.scale;
  return act(
    () => setScale(app.name, scale),
    rich('act.scaled', { name: app.name, before, n: scale }),
    () => setScale(app.name, before),
  );
}

/** Deleting cannot be undone: the count, the effect, and the name to be typed. */
export async function deleteApp(app: AppView): Promise<boolean> {
  const running = instancesByApp.peek().get(app.name)?.length ?? 0;
  const yes = await confirm({
    title: t('delete.app.title', { name: app.name }),
    text: rich('delete.app.text', { n: running, revisions: app.revision }),
    name: app.name,
    button: t('delete'),
    danger: true,
  });
  return yes && act(() => remove(path`/apps/${app.name}`), rich('act.deleted', { name: app.name }));
}

export const rollbackApp = (app: AppView, revision: number): Promise<boolean> =>
  act(
    async () => {
      await learn({ app: post<AppView>(path`/apps/${app.name}/rollback`, { revision }) });
    },
    rich('act.rolledback', { name: app.name, revision }),
    async () => {
      await learn({ app: post<AppView>(path`/apps/${app.name}/rollback`, { revision: app.revision }) });
    },
  );
