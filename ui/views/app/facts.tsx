// What an app is: what it runs, where it is placed, what it reserves and uses, how it is checked and restarted.
import type { VNode } from 'preact';
import type { AppSpec, AppView, HealthCheckSpec } from '../../../src/model/app/app.ts';
import type { InstanceView } from '../../../src/model/instance/instance.ts';
import { usageOf } from '../../look/app-look.ts';
import { cores, memory } from '../../look/format.ts';
import { t } from '../../words/i18n.tsx';
import { pretty, written } from '../../json/spec-text.ts';
import { Copy } from '../../parts/copy.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Clock } from '../../parts/time.tsx';

/** What a check looks at: a command, a port, a path. */
function targetOf(check: HealthCheckSpec): string {
  if (check.protocol === 'COMMAND') return check.command ?? '';
  return check.protocol === 'TCP' ? `:${check.port ?? check.portIndex}` : check.path;
}

function Checks({ spec }: { spec: AppSpec }): VNode {
  if (spec.healthChecks.length === 0) return <span class="dim">{t('checks.none')}</span>;
  return (
    <>
      {spec.healthChecks.map((check, i) => (
        <span key={i} class="blk">
          <span class="mono-s">
            {check.protocol} {targetOf(check)}
          </span>{' '}
          <span class="dim">{t('check.every', { s: check.intervalSeconds })}</span>
        </span>
      ))}
    </>
  );
}

function Reserves({ spec: { resAlloc } }: { spec: AppSpec }): VNode {
  if (resAlloc.mem === null && resAlloc.cpus === null) return <span class="dim">{t('nothing')}</span>;
  return (
    <>
      {memory(resAlloc.mem)}, {t('cores', { n: cores(resAlloc.cpus) })}
    </>
  );
}

export function Facts({ app, list }: { app: AppView; list: readonly InstanceView[] }): VNode {
  const usage = usageOf(list);
  const spec = written(app.spec, app.scale);
  return (
    <Panel title={t('facts')} right={<Copy text={() => pretty(spec)}>{t('copy.json')}</Copy>}>
      <dl class="kv">
        <dt>{t('runs')}</dt>
        <dd class="mono-s">
          {app.spec.toProcess} {app.spec.args.join(' ')}
        </dd>
        <dt>{t('type')}</dt>
        <dd>{app.spec.type}</dd>
        <dt>{t('placed.on')}</dt>
        <dd class="mono-s">
          {app.spec.placement.query}
          {app.spec.placement.maxPerNode !== null && (
            <span class="dim"> {t('at.most', { n: app.spec.placement.maxPerNode })}</span>
          )}
        </dd>
        <dt>{t('reserves')}</dt>
        <dd>
          <Reserves spec={app.spec} />
        </dd>
        <dt>{t('uses')}</dt>
        <dd>
          {usage.mem === null && usage.cpu === null ? (
            <span class="dim">–</span>
          ) : (
            `${memory(usage.mem)}, ${t('cores', { n: cores(usage.cpu) })}`
          )}
        </dd>
        <dt>{t('checks')}</dt>
        <dd>
          <Checks spec={app.spec} />
        </dd>
        <dt>{t('restarts')}</dt>
        <dd>
          {t('restart.policy', {
            policy: app.spec.restart.policy,
            n: app.spec.restart.attempts,
            s: app.spec.restart.periodSeconds,
          })}
        </dd>
        <dt>{t('revision')}</dt>
        <dd>
          {app.revision}{' '}
          <span class="dim">
            <Clock at={app.updatedAt} />
          </span>
        </dd>
      </dl>
    </Panel>
  );
}
