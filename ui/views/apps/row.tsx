// A line of the list of apps: what it is, a dot a slot, what it does now, what it uses; actions on hover and by key.
import type { VNode } from 'preact';
import type { AppView } from '../../../src/model/app/app.ts';
import type { InstanceView } from '../../../src/model/instance/instance.ts';
import { appStatus, notRunning, usageOf } from '../../look/app-look.ts';
import { cores, memory } from '../../look/format.ts';
import { Glyph } from '../../look/glyphs.tsx';
import { t } from '../../words/i18n.tsx';
import { missingSlots, slotName } from '../../hub/needs.ts';
import { appPath } from '../../routes.ts';
import { restartApp, startApp, stopApp } from '../../parts/app/app-acts.tsx';
import { statusWord } from '../../parts/chip.tsx';
import { Coded } from '../../parts/coded.tsx';
import { memo } from '../../parts/memo.ts';
import { ScaleButton } from '../../parts/app/scale.tsx';
import { Age } from '../../parts/time.tsx';

const mostDots = 24;

function Dots({ app, list }: { app: AppView; list: readonly InstanceView[] }): VNode {
  const waits = missingSlots(app, list);
  const shown = list.slice(0, mostDots);
  const shownWaits = waits.slice(0, mostDots - shown.length);
  const more = list.length + waits.length - shown.length - shownWaits.length;
  return (
    <span class="dots" style={{ '--gap': 'var(--c)' }}>
      {shown.map((i) => (
        <i key={i.id} data-s={i.status} title={`${slotName(i)} ${statusWord(i.status)}`}>
          {i.status !== 'running' && <Glyph s={i.status} />}
        </i>
      ))}
      {shownWaits.map((slot) => (
        <i key={slot} data-s="pending" title={`${app.name}.${slot} ${statusWord('pending')}`}>
          <Glyph s="pending" />
        </i>
      ))}
      {more > 0 && <span class="micro dim">+{more}</span>}
    </span>
  );
}

function doesNow(app: AppView, list: readonly InstanceView[]): string {
  if (app.deleting) return t('app.deleting');
  if (!app.start) return statusWord('stopped');
  if (app.status === 'deploying') return t('app.deploying', { revision: app.revision });
  const parts = notRunning(app, list).map(([status, n]) => `${n} ${statusWord(status)}`);
  return parts.length > 0 ? parts.slice(0, 2).join(', ') : t('app.all.running');
}

/** What an app does now: the statuses that are not running, and the hub's reason. */
function NowCell({ app, list }: { app: AppView; list: readonly InstanceView[] }): VNode {
  const s = appStatus(app, list);
  return (
    <span class="row" data-s={s}>
      <Glyph s={s} />
      <span class="min0">
        <span class="small strong worded">{doesNow(app, list)}</span>
        {app.reason && app.status !== 'running' && (
          <span class="micro dim blk cutoff" title={app.reason.text}>
            <Coded text={app.reason.text} />
          </span>
        )}
      </span>
    </span>
  );
}

interface RowProps {
  app: AppView;
  list: readonly InstanceView[];
  may: boolean;
}
export const Row = memo(
  function Row({ app, list, may }: RowProps): VNode {
    const usage = usageOf(list);
    const restarts = list.reduce((n, i) => n + i.restarts, 0);
    const why = may ? '' : t('lost.writes');
    return (
      <tr data-row data-app={app.name}>
        <td>
          <a class="strong" href={appPath(app.name)}>
            {app.name}
          </a>
          <span class="micro dim blk cutoff">
            {app.spec.type} · {app.owner === 'local' ? t('app.local') : app.spec.placement.query}
          </span>
        </td>
        <td class="num off nw">
          <b class="strong">{app.instances.running}</b>
          <span class="dim"> / {app.instances.wanted}</span>
        </td>
        <td class="off">
          <Dots app={app} list={list} />
        </td>
        <td>
          <NowCell app={app} list={list} />
        </td>
        <td class="num small" data-l={t('cpu')}>
          {cores(usage.cpu)}
        </td>
        <td class="num small" data-l={t('memory')}>
          {memory(usage.mem)}
        </td>
        <td class="num off small x1">{restarts}</td>
        <td class="num off">
          <span class="tag">{app.revision}</span>
        </td>
        <td class="off actcell">
          <span class="num small dim chg">
            <Age at={app.updatedAt} />
          </span>
          <span class="acts">
            <ScaleButton app={app} disabled={!may} why={why} />
            {app.start ? (
              <>
                <button
                  type="button"
                  class="btn small"
                  disabled={!may}
                  title={why}
                  onClick={() => void restartApp(app)}
                >
                  {t('restart')}
                </button>
                <button type="button" class="btn small" disabled={!may} title={why} onClick={() => void stopApp(app)}>
                  {t('stop')}
                </button>
              </>
            ) : (
              <button type="button" class="btn small" disabled={!may} title={why} onClick={() => void startApp(app)}>
                {t('start')}
              </button>
            )}
          </span>
        </td>
      </tr>
    );
  },
  (a, b) =>
    a.app === b.app && a.may === b.may && a.list.length === b.list.length && a.list.every((i, at) => i === b.list[at]),
);
