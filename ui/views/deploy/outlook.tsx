// What would come of a text: which nodes match, and the plan.
import type { VNode } from 'preact';
import type { AppView } from '../../../src/model/app/app.ts';
import { appNamed, nodes } from '../../hub/cluster.ts';
import { rich, t } from '../../words/i18n.tsx';
import { editPath } from '../../routes.ts';
import { useAsk } from '../../parts/ask.ts';
import { Panel } from '../../parts/panel.tsx';
import { Plan } from '../../parts/app/plan.tsx';
import { Loading, Trouble } from '../../parts/states.tsx';
import type { Checked } from './check.ts';

function Matching({ query }: { query: string }): VNode {
  const { value, error } = useAsk<{ total: number }>(
    `/nodes?query=${encodeURIComponent(query)}&size=1`,
    nodes.value.length,
  );
  return (
    <p class="lead">
      {error ? (
        <span class="fault small">{(error as Error).message}</span>
      ) : (
        rich('deploy.matches', { n: value?.total ?? '–', all: nodes.value.length })
      )}{' '}
      <span class="mono-s dim">{query}</span>
    </p>
  );
}

function Outcome({ check }: { check: Checked }): VNode {
  const faulty = check.faults.length > 0;
  if (check.trouble)
    return (
      <section class="panel">
        <Trouble error={check.trouble} />
      </section>
    );
  if (check.plan) return <Plan plan={check.plan} stale={faulty} />;
  return <Panel title={t('plan')}>{faulty ? <p class="small dim">{t('plan.after')}</p> : <Loading />}</Panel>;
}

interface OutlookProps {
  /** null: a new one. */
  app: AppView | null;
  name: string;
  json: Record<string, unknown> | null;
  check: Checked;
}

export function Outlook({ app, name, json, check }: OutlookProps): VNode {
  const placement = json?.['placement'] as { query?: unknown } | undefined;
  const other = !app && name ? appNamed(name) : undefined;
  return (
    <div class="stack">
      {other && (
        <section class="panel note">
          <p class="small because">
            {rich('deploy.exists', { name: <b>{name}</b> })}{' '}
            <a class="link" href={editPath(name)}>
              {t('deploy.exists.edit')}
            </a>
          </p>
        </section>
      )}
      <Panel title={t('deploy.where')} right={<span class="small dim">{t('deploy.follows')}</span>}>
        <Matching query={typeof placement?.query === 'string' ? placement.query : '*'} />
      </Panel>
      <Outcome check={check} />
    </div>
  );
}
