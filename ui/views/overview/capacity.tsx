// What is left to give: memory, cpu and disk of all nodes, used over reserved over whole.
import type { VNode } from 'preact';
import { oncePerMachine, type NodeView } from '../../../src/model/node.ts';
import { nodes } from '../../hub/cluster.ts';
import { cores, disk, memory } from '../../look/format.ts';
import { rich, t } from '../../words/i18n.tsx';
import { Meter } from '../../parts/figures/figures.tsx';
import { Panel } from '../../parts/panel.tsx';

export function Capacity(): VNode {
  const up = nodes.value.filter((n) => n.status !== 'lost');
  const takes = up.filter((n) => n.status === 'ready').length;
  // Agents of one machine each report all of it; what they have given away is their own.
  const machines = oncePerMachine(up);
  const sum = (f: (n: NodeView) => number, of = machines): number => of.reduce((a, n) => a + f(n), 0);
  const lines = [
    {
      name: t('memory'),
      used: sum((n) => n.load?.memUsed ?? 0),
      reserved: sum((n) => n.allocated.mem, up),
      whole: sum((n) => n.memory.total),
      show: memory,
    },
    {
      name: t('cpu'),
      used: sum((n) => (n.load?.cpu ?? 0) * n.os.cpus),
      reserved: sum((n) => n.allocated.cpus, up),
      whole: sum((n) => n.os.cpus),
      show: (n: number) => t('cores', { n: cores(n) }),
    },
    {
      name: t('disk'),
      used: sum((n) => n.load?.diskUsed ?? 0),
      reserved: sum((n) => n.allocated.disk, up),
      whole: sum((n) => n.disks.reduce((a, d) => a + d.total, 0)),
      show: disk,
    },
  ];
  return (
    <Panel title={t('capacity')} note={t('capacity.note', { n: up.length, takes })}>
      <div class="caps">
        {lines.map((l) => (
          <div key={l.name} class="cap">
            <div class="row small">
              <span class="mid">{l.name}</span>
              <span class="push">
                {rich('capacity.line', { used: l.show(l.used), reserved: l.show(l.reserved), whole: l.show(l.whole) })}
              </span>
            </div>
            <Meter used={l.used} reserved={l.reserved} whole={l.whole} title={l.name} />
          </div>
        ))}
      </div>
    </Panel>
  );
}
