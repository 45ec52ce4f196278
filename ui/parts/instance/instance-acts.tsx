// What an operator does to one instance.
import type { InstanceView } from '../../../src/model/instance/instance.ts';
import { path, post } from '../../hub/api.ts';
import { learn } from '../../hub/cluster.ts';
import { rich, t } from '../../words/i18n.tsx';
import { slotName } from '../../hub/needs.ts';
import { confirm } from '../dialog.tsx';
import { act } from '../toasts.tsx';

const ask = (i: InstanceView, action: 'restart' | 'kill' | 'stop' | 'adopt') => async (): Promise<void> => {
  const answer = post<InstanceView | undefined>(path`/instances/${i.id}/${action}`);
  await learn({ instance: answer.then((view) => (view?.id ? view : undefined)) });
};

export const restartInstance = (i: InstanceView): Promise<boolean> =>
  act(ask(i, 'restart'), rich('act.instance.restarted', { name: slotName(i) }));
export const adoptInstance = (i: InstanceView): Promise<boolean> =>
  act(ask(i, 'adopt'), rich('act.instance.adopted', { name: slotName(i), app: i.app }));

/** SIGKILL gives the program no chance to end in order. */
export async function killInstance(i: InstanceView): Promise<boolean> {
  const yes = await confirm({
    title: t('kill.title', { name: slotName(i) }),
    text: rich('kill.text', { pid: i.pid ?? '–' }),
    name: null,
    button: t('kill'),
    danger: true,
  });
  return yes && act(ask(i, 'kill'), rich('act.instance.killed', { name: slotName(i) }));
}

/** An unknown instance has no app that would bring it back. */
export async function stopUnknown(i: InstanceView): Promise<boolean> {
  const yes = await confirm({
    title: t('stop.unknown.title', { name: slotName(i) }),
    text: rich('stop.unknown.text', { pid: i.pid ?? '–' }),
    name: slotName(i),
    button: t('stop'),
    danger: true,
  });
  return yes && act(ask(i, 'stop'), rich('act.instance.stopped', { name: slotName(i) }));
}
