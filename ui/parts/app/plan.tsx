// What a change would do: the sentence, the slots, the fields, and what would wait.
import type { VNode } from 'preact';
import { hostOf } from '../../hub/cluster.ts';
import { useState } from 'preact/hooks';
import type { PlanView } from '../../../src/protocol/views.ts';
import { Glyph } from '../../look/glyphs.tsx';
import { t } from '../../words/i18n.tsx';
import { Chip } from '../chip.tsx';
import { Coded } from '../coded.tsx';
import { Panel } from '../panel.tsx';

const look: Record<PlanView['steps'][number]['what'], string> = {
  place: 'starting',
  stop: 'stopped',
  replace: 'restarting',
  keep: 'running',
  wait: 'pending',
  move: 'draining',
};
const value = (v: unknown): string => {
  const text = JSON.stringify(v) ?? '–';
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
};
const fewSteps = 8;

export function Plan({ plan, stale }: { plan: PlanView; stale: boolean }): VNode {
  const [all, setAll] = useState(false);
  const doing = plan.steps.filter((s) => s.what !== 'keep');
  const kept = plan.steps.length - doing.length;
  const shown = all ? plan.steps : doing.slice(0, fewSteps);
  return (
    <Panel title={t('plan')} note={stale ? t('plan.stale') : ''} lined flush>
      <p class="small because pad">{plan.summary}</p>
      {shown.length > 0 && (
        <table class="table plan">
          <tbody>
            {shown.map((s) => (
              <tr key={`${s.slot} ${s.what}`}>
                <td class="strong">
                  {plan.app}.{s.slot}
                </td>
                <td>
                  <Chip s={look[s.what]} bare>
                    {t(`plan.${s.what}`)}
                  </Chip>
                </td>
                <td>{s.node ? hostOf(s.node) : ''}</td>
                <td class="cut small dim" title={s.reason}>
                  <Coded text={s.reason} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {(plan.steps.length > shown.length || (kept > 0 && !all)) && (
        <p class="small dim pad">
          {shown.length > 0 && `${t('plan.more', { n: plan.steps.length - shown.length })} `}
          <button type="button" class="plain link" onClick={() => setAll(true)}>
            {t('plan.all')}
          </button>
        </p>
      )}
      {plan.changes.length > 0 && (
        <ul class="changes">
          {plan.changes.map((c) => (
            <li key={c.path}>
              <span class="mono-s strong">{c.path}</span>
              <span class="mono-s">
                <s class="dim">{value(c.before)}</s> → {value(c.after)}
              </span>
              {c.restarts && (
                <span class="tag">
                  <Glyph s="restarting" />
                  {t('plan.restarts')}
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
      {plan.notes && plan.notes.length > 0 && (
        <ul class="waits pad">
          {plan.notes.map(({ path, message }) => (
            <li key={path}>
              <Glyph s="degraded" />
              <span>
                <span class="mono-s strong">{path}</span> <span class="small">{message}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
      {plan.waiting.length > 0 && (
        <ul class="waits pad">
          {plan.waiting.map((w) => (
            <li key={w.slot}>
              <Glyph s="pending" />
              <span>
                {plan.app}.{w.slot}{' '}
                <span class="small">
                  <Coded text={w.reason} />
                </span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
