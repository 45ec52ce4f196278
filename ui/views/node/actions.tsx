// What can be asked of a node, by its status.
import type { VNode } from 'preact';
import type { NodeView } from '../../../src/model/node.ts';
import { role, writable } from '../../hub/cluster.ts';
import { t } from '../../words/i18n.tsx';
import { go } from '../../router.ts';
import {
  cordonNode,
  drainNode,
  endDrain,
  forgetNode,
  takeOverNode,
  uncordonNode,
} from '../../parts/node/node-acts.tsx';

export function Actions({ n }: { n: NodeView }): VNode | null {
  const may = writable.value;
  const why = may ? '' : t('lost.writes');
  if (role.value === 'agent') return null;
  return (
    <span class="right">
      {n.status === 'joining' && n.reason?.code === 'other-hub' && (
        <button type="button" class="btn danger" disabled={!may} title={why} onClick={() => void takeOverNode(n)}>
          {t('take.over')}…
        </button>
      )}
      {n.status === 'ready' && (
        <button type="button" class="btn" disabled={!may} title={why} onClick={() => void cordonNode(n)}>
          {t('cordon')}
        </button>
      )}
      {(n.status === 'cordoned' || n.status === 'draining') && (
        <button type="button" class="btn" disabled={!may} title={why} onClick={() => void uncordonNode(n)}>
          {t(n.status === 'draining' ? 'drain.stop' : 'uncordon')}
        </button>
      )}
      {n.status === 'draining' && (
        <button type="button" class="btn" disabled={!may} title={why} onClick={() => void endDrain(n)}>
          {t('drain.end')}…
        </button>
      )}
      {(n.status === 'ready' || n.status === 'cordoned') && (
        <button type="button" class="btn" disabled={!may} title={why} onClick={() => void drainNode(n)}>
          {t('drain')}…
        </button>
      )}
      {n.status === 'lost' && (
        <button
          type="button"
          class="btn danger"
          disabled={!may}
          title={why}
          onClick={() =>
            void forgetNode(n).then((done) => {
              if (done) go('/nodes');
            })
          }
        >
          {t('forget')}…
        </button>
      )}
    </span>
  );
}
