// Instances as rows, any number of them.
import { Because } from '../app/next.tsx';
import type { VNode } from 'preact';
import type { InstanceView } from '../../../src/model/instance/instance.ts';
import { memory, percent } from '../../look/format.ts';
import { t } from '../../words/i18n.tsx';
import { slotName } from '../../hub/needs.ts';
import { instancePath, nodePath } from '../../routes.ts';
import { hostOf, writable } from '../../hub/cluster.ts';
import { Chip } from '../chip.tsx';
import { adoptInstance, restartInstance, stopUnknown } from './instance-acts.tsx';
import { memo } from '../memo.ts';
import { Gap, useWindow } from '../rows.tsx';
import { Age } from '../time.tsx';

const failingCheck = (i: InstanceView) => i.health.find((h) => h.status === 'failing');
const hasNote = (i: InstanceView): boolean =>
  i.goal !== 'run' || (i.reason !== null && i.status !== 'running') || failingCheck(i) !== undefined;

/** The last fact that matters: why it is as it is, and what comes next. */
function Note({ i }: { i: InstanceView }): VNode {
  const failing = failingCheck(i);
  return (
    <>
      {i.goal !== 'run' && <span class="tag">{t(`goal.${i.goal}`)}</span>}{' '}
      {i.reason && i.status !== 'running' ? (
        <Because reason={i.reason} />
      ) : (
        failing && t('health.failing', { detail: failing.detail })
      )}
    </>
  );
}

interface RowProps {
  i: InstanceView;
  node: boolean;
  newest: number | null;
  may: boolean;
}
const Row = memo(function Row({ i, node, newest, may }: RowProps): VNode {
  return (
    <tr data-row>
      <td>
        <a class="strong" href={instancePath(i.id)}>
          {slotName(i)}
        </a>
      </td>
      <td>
        <Chip s={i.status} bare />
      </td>
      <td class="num off">
        <span class={`tag${newest !== null && i.revision === newest ? ' on' : ''}`}>{i.revision}</span>
      </td>
      {node && (
        <td class="at">
          <a href={nodePath(i.node)}>{hostOf(i.node)}</a>
        </td>
      )}
      <td class="num mono-s off">{i.ports.join(' ') || '–'}</td>
      <td class="num mono-s off">{i.pid ?? '–'}</td>
      <td class="num small off">{percent(i.usage?.cpu)}</td>
      <td class="num small off">{memory(i.usage?.mem)}</td>
      <td class="num small off">{i.restarts}</td>
      <td class="num small dim off since">
        <Age at={i.status === 'running' ? (i.readyAt ?? i.startedAt) : i.at} />
      </td>
      <td class="cut small dim actcell">
        {hasNote(i) && (
          <span class="note">
            <Note i={i} />
          </span>
        )}
        <span class="acts">
          {i.status === 'unknown' ? (
            <>
              <button type="button" class="btn small" disabled={!may} onClick={() => void adoptInstance(i)}>
                {t('adopt')}
              </button>
              <button type="button" class="btn small danger" disabled={!may} onClick={() => void stopUnknown(i)}>
                {t('stop')}…
              </button>
            </>
          ) : (
            <button
              type="button"
              class="btn small"
              disabled={!may}
              title={may ? '' : t('lost.writes')}
              onClick={() => void restartInstance(i)}
            >
              {t('restart')}
            </button>
          )}
        </span>
      </td>
    </tr>
  );
});

/** `node`: with the column of nodes. `newest`: the newest revision, marked. */
export function InstanceTable({
  list,
  node = true,
  newest = null,
}: {
  list: readonly InstanceView[];
  node?: boolean;
  newest?: number | null;
}): VNode {
  const { first, end, before, after, ref } = useWindow(list.length, 32);
  const may = writable.value;
  const columns = node ? 11 : 10;
  // Without a note the last column holds only what appears on hover: the facts take its room.
  const bare = list.some(hasNote) ? '' : ' bare';
  return (
    <table class={`table cards instances${bare}`} aria-rowcount={list.length}>
      <thead>
        <tr>
          <th>{t('slot')}</th>
          <th>{t('status')}</th>
          <th class="num">{t('revision.short')}</th>
          {node && <th>{t('thing.node.cap')}</th>}
          <th class="num">{t('ports')}</th>
          <th class="num">{t('pid')}</th>
          <th class="num">{t('cpu')}</th>
          <th class="num">{t('memory')}</th>
          <th class="num">{t('restarts')}</th>
          <th class="num">{t('for')}</th>
          <th />
        </tr>
      </thead>
      <tbody ref={ref as { current: HTMLTableSectionElement | null }}>
        <Gap px={before} columns={columns} />
        {list.slice(first, end).map((i) => (
          <Row key={i.id} i={i} node={node} newest={newest} may={may} />
        ))}
        <Gap px={after} columns={columns} />
      </tbody>
    </table>
  );
}
