// The map: nodes x apps, a tile is an instance. Above 12 apps or 40 nodes packed lanes; above 1,000 nodes one cell a node.
import type { VNode } from 'preact';
import type { InstanceView } from '../../../src/model/instance/instance.ts';
import type { NodeView } from '../../../src/model/node.ts';
import { hostOf, instancesByNode, nodes } from '../../hub/cluster.ts';
import { t } from '../../words/i18n.tsx';
import { worstStatus, type MapKind } from '../../look/map-layout.ts';
import { slotName } from '../../hub/needs.ts';
import { instancePath, nodePath } from '../../routes.ts';
import { statusWord } from '../../parts/chip.tsx';
import { memo } from '../../parts/memo.ts';
import { useWindow } from '../../parts/rows.tsx';
import { ByApp } from './by-app.tsx';
import { NodeCell } from './node-cell.tsx';

const Lane = memo(
  function Lane({ n, list }: { n: NodeView; list: readonly InstanceView[] }): VNode {
    return (
      <li class={n.status === 'lost' ? 'gone' : ''} data-row>
        <NodeCell n={n} />
        <span class="lane">
          {list.slice(0, 160).map((i) => (
            <a
              key={i.id}
              class="mini"
              data-s={i.status}
              href={instancePath(i.id)}
              title={`${slotName(i)} · ${statusWord(i.status)}`}
              aria-label={`${slotName(i)} ${statusWord(i.status)}`}
            />
          ))}
          {list.length > 160 && <span class="micro dim">+{list.length - 160}</span>}
        </span>
      </li>
    );
  },
  (a, b) => a.n === b.n && a.list.length === b.list.length && a.list.every((i, at) => i === b.list[at]),
);

function Packed(): VNode {
  const byNode = instancesByNode.value;
  const all = nodes.value;
  const { first, end, before, after, ref } = useWindow(all.length, 44);
  return (
    <ul
      class="lanes"
      ref={ref as { current: HTMLUListElement | null }}
      style={{ paddingTop: `${before}px`, paddingBottom: `${after}px` }}
    >
      {all.slice(first, end).map((n) => (
        <Lane key={n.id} n={n} list={byNode.get(n.id) ?? []} />
      ))}
    </ul>
  );
}

function Cells(): VNode {
  const byNode = instancesByNode.value;
  return (
    <div class="cells">
      {nodes.value.map((n) => {
        const list = byNode.get(n.id) ?? [];
        const s = n.status === 'ready' || n.status === 'joining' ? worstStatus(list.map((i) => i.status)) : n.status;
        return (
          <a
            key={n.id}
            class={`cell${list.length === 0 && s === 'running' ? ' none' : ''}`}
            data-s={s}
            href={nodePath(n.id)}
            title={`${hostOf(n.id)} · ${statusWord(n.status)} · ${t('map.instances', { n: list.length })}`}
          />
        );
      })}
    </div>
  );
}

export function ClusterMap({ kind }: { kind: MapKind }): VNode {
  if (kind === 'apps') return <ByApp />;
  return kind === 'packed' ? <Packed /> : <Cells />;
}
