// What an operator does to a node.
import type { NodeView } from '../../../src/model/node.ts';
import { path, post, put, remove } from '../../hub/api.ts';
import { hostOf, instancesByNode, learn } from '../../hub/cluster.ts';
import { rich, t } from '../../words/i18n.tsx';
import { confirm } from '../dialog.tsx';
import { act } from '../toasts.tsx';

type Action = 'cordon' | 'uncordon' | 'drain' | 'take-over';
const ask = async (id: string, action: Action): Promise<void> => {
  await learn({ node: post<NodeView>(path`/nodes/${id}/${action}`) });
};

export const cordonNode = (n: NodeView): Promise<boolean> =>
  act(
    () => ask(n.id, 'cordon'),
    rich('act.cordoned', { name: hostOf(n.id) }),
    () => ask(n.id, 'uncordon'),
  );
export const uncordonNode = (n: NodeView): Promise<boolean> =>
  act(
    () => ask(n.id, 'uncordon'),
    rich('act.uncordoned', { name: hostOf(n.id) }),
    () => ask(n.id, 'cordon'),
  );

/** A drain moves everything: replacements first, but they do move. */
export async function drainNode(n: NodeView): Promise<boolean> {
  const running = instancesByNode.peek().get(n.id)?.length ?? 0;
  const yes =
    running === 0 ||
    (await confirm({
      title: t('drain.title', { name: hostOf(n.id) }),
      text: rich('drain.text', { n: running }),
      name: null,
      button: t('drain'),
      danger: false,
    }));
  return (
    yes &&
    act(
      () => ask(n.id, 'drain'),
      rich('act.draining', { name: hostOf(n.id), n: running }),
      () => ask(n.id, 'uncordon'),
    )
  );
}

/** The time of a drain is up now: what could not move stops, in order. */
export async function endDrain(n: NodeView): Promise<boolean> {
  const left = instancesByNode.peek().get(n.id)?.length ?? 0;
  const yes = await confirm({
    title: t('drain.end.title', { name: hostOf(n.id) }),
    text: rich('drain.end.text', { n: left }),
    name: null,
    button: t('drain.end'),
    danger: true,
  });
  return (
    yes &&
    act(
      async () => {
        await learn({ node: post<NodeView>(path`/nodes/${n.id}/drain`, { deadlineSeconds: 0 }) });
      },
      rich('act.drain.ended', { name: hostOf(n.id) }),
    )
  );
}

export async function takeOverNode(n: NodeView): Promise<boolean> {
  const yes = await confirm({
    title: t('take.over.title', { name: hostOf(n.id) }),
    text: rich('take.over.text'),
    name: hostOf(n.id),
    button: t('take.over'),
    danger: true,
  });
  return yes && act(() => ask(n.id, 'take-over'), rich('act.taken', { name: hostOf(n.id) }));
}

export async function forgetNode(n: NodeView): Promise<boolean> {
  const yes = await confirm({
    title: t('forget.title', { name: hostOf(n.id) }),
    text: rich('forget.text', { n: instancesByNode.peek().get(n.id)?.length ?? 0 }),
    name: hostOf(n.id),
    button: t('forget'),
    danger: true,
  });
  return yes && act(() => remove(path`/nodes/${n.id}`), rich('act.forgotten', { name: hostOf(n.id) }));
}

export function setTags(n: NodeView, tags: string[]): Promise<boolean> {
  const before = n.tags;
  const send = (list: string[]) => async (): Promise<void> => {
    await learn({ node: put<NodeView>(path`/nodes/${n.id}/tags`, list) });
  };
  return act(send(tags), rich('act.tagged', { name: hostOf(n.id) }), send(before));
}
