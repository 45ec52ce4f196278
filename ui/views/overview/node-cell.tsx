// A node at the head of its row of the map: name, what it is, and how much of it is used.
import type { VNode } from 'preact';
import type { NodeView } from '../../../src/model/node.ts';
import { hostOf } from '../../hub/cluster.ts';
import { cores, memory, percent } from '../../look/format.ts';
import { Glyph } from '../../look/glyphs.tsx';
import { t } from '../../words/i18n.tsx';
import { nodePath } from '../../routes.ts';
import { statusWord } from '../../parts/chip.tsx';
import { Meter } from '../../parts/figures/figures.tsx';
import { memo } from '../../parts/memo.ts';
import { Age } from '../../parts/time.tsx';

/** A node's name, what it is, and its memory and cpu: used over reserved over whole. */
export const NodeCell = memo(function NodeCell({ n }: { n: NodeView }): VNode {
  const away = n.status === 'lost' || n.status === 'suspect';
  const load = away ? null : n.load;
  const cpuUsed = load ? load.cpu * n.os.cpus : null;
  const memUsed = load ? load.memUsed : null;
  const sub =
    n.status === 'ready' ? `${n.os.cpus} cpu · ${memory(n.memory.total)}` : (n.reason?.text ?? statusWord(n.status));
  return (
    <span class="nodecell">
      <Glyph s={n.status} />
      <span class="min0">
        <a class="strong" href={nodePath(n.id)}>
          {hostOf(n.id)}
        </a>
        <span class="micro dim sub cutoff" title={sub}>
          {sub}
        </span>
      </span>
      {away ? (
        <span class="micro dim">
          {t('node.last.seen')} <Age at={n.beatAt} />
        </span>
      ) : (
        <span class="bars">
          <Meter
            used={memUsed}
            reserved={n.allocated.mem}
            whole={n.memory.total}
            title={t('meter.memory', {
              used: memory(memUsed),
              reserved: memory(n.allocated.mem),
              whole: memory(n.memory.total),
            })}
          />
          <Meter
            used={cpuUsed}
            reserved={n.allocated.cpus}
            whole={n.os.cpus}
            title={t('meter.cpu', { used: percent(n.load?.cpu), reserved: cores(n.allocated.cpus), whole: n.os.cpus })}
          />
        </span>
      )}
    </span>
  );
});
