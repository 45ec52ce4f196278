// Nodes: a query with a live count, and what each has to give.
import type { VNode } from 'preact';
import type { NodeView } from '../../src/model/node.ts';
import { hostOf, instancesByNode, loaded, nodes, role } from '../hub/cluster.ts';
import { fieldsOf } from '../lists/complete.ts';
import { cores, count, memory, memoryOf, percent } from '../look/format.ts';
import { t } from '../words/i18n.tsx';
import { nodePath } from '../routes.ts';
import { route, setQuery } from '../router.ts';
import { Page } from '../shell.tsx';
import { Command } from '../parts/copy.tsx';
import { Chip } from '../parts/chip.tsx';
import { Coded } from '../parts/coded.tsx';
import { Meter } from '../parts/figures/figures.tsx';
import { memo } from '../parts/memo.ts';
import { useMatches } from '../parts/find/matches.ts';
import { QueryBox } from '../parts/find/query-box.tsx';
import { Gap, useWindow } from '../parts/rows.tsx';
import { Empty, Loading } from '../parts/states.tsx';
import { Age } from '../parts/time.tsx';
import { joinCommand } from './welcome.tsx';

/** What `tags` may be shown in a row. */
const mostTags = 4;

const Row = memo(function Row({ n, count: running }: { n: NodeView; count: number }): VNode {
  const away = n.status === 'lost';
  const used = away ? null : (n.load?.memUsed ?? null);
  const busy = away ? null : (n.load?.cpu ?? null);
  return (
    <tr data-row class={away ? 'gone' : ''}>
      <td>
        <a class="strong" href={nodePath(n.id)}>
          {hostOf(n.id)}
        </a>
        <span class="micro dim blk">{n.agentAddress}</span>
      </td>
      <td>
        <Chip s={n.status} bare />
      </td>
      <td class="off">
        <span class="tags">
          {n.tags.slice(0, mostTags).map((tag) => (
            <span key={tag} class="tag">
              {tag}
            </span>
          ))}
          {n.tags.length > mostTags && <span class="micro dim">+{n.tags.length - mostTags}</span>}
        </span>
      </td>
      <td class="num small" data-l={t('instances')}>
        {running}
      </td>
      <td class="off">
        <span class="figure">
          <Meter
            used={busy === null ? null : busy * n.os.cpus}
            reserved={n.allocated.cpus}
            whole={n.os.cpus}
            title={t('meter.cpu', { used: percent(busy), reserved: cores(n.allocated.cpus), whole: n.os.cpus })}
          />
          <span class="micro dim nw">
            {percent(busy)} {t('of.cores', { n: n.os.cpus })}
          </span>
        </span>
      </td>
      <td class="off">
        <span class="figure">
          <Meter
            used={used}
            reserved={n.allocated.mem}
            whole={n.memory.total}
            title={t('meter.memory', {
              used: memory(used),
              reserved: memory(n.allocated.mem),
              whole: memory(n.memory.total),
            })}
          />
          <span class="micro dim nw">{memoryOf(used, n.memory.total)}</span>
        </span>
      </td>
      <td class="small mid off">
        {n.os.name} {n.os.version}
      </td>
      <td class="small dim off">{n.reason && <Coded text={n.reason.text} />}</td>
      <td class="num small dim">
        <Age at={n.beatAt} />
      </td>
    </tr>
  );
});

export default function Nodes(): VNode {
  const query = route.value.query.get('query') ?? '';
  const found = useMatches('nodes', query, nodes);
  const list = nodes.value.filter((n) => found.ids === null || found.ids.has(n.id));
  const byNode = instancesByNode.value;
  const { first, end, before, after, ref } = useWindow(list.length, 48);
  const takes = list.filter((n) => n.status === 'ready').length;
  return (
    <Page crumbs={[{ name: t('page.nodes') }]}>
      <div class="row querybar">
        <QueryBox
          value={query}
          onInput={(text) => setQuery({ query: text })}
          hits={t('nodes.count', { n: count(list.length) })}
          error={found.error}
          placeholder="tags:ssd AND os.cpus:>8"
          fields={() => fieldsOf(nodes.value, /^(load|allocated|reason|beatAt|envs)/)}
        />
      </div>
      {query !== '' && !found.error && <p class="lead">{t('nodes.match', { n: list.length, takes })}</p>}
      <section class="panel">
        {!loaded.value || found.loading ? (
          <Loading rows={6} />
        ) : list.length === 0 ? (
          nodes.value.length === 0 ? (
            <Empty title={t('welcome.no.nodes')}>
              {t('welcome.no.nodes.text')}
              {role.value === 'master' && <Command text={joinCommand()} />}
            </Empty>
          ) : (
            <Empty
              title={t('nodes.no.match', { query })}
              actions={
                <button type="button" class="btn" onClick={() => setQuery({ query: null })}>
                  {t('query.clear')} <kbd>esc</kbd>
                </button>
              }
            >
              {t('nodes.others', { n: nodes.value.length })}
            </Empty>
          )
        ) : (
          <table class="table tall cards nodes">
            <thead>
              <tr>
                <th>{t('thing.node.cap')}</th>
                <th>{t('status')}</th>
                <th>{t('tags')}</th>
                <th class="num">{t('instances')}</th>
                <th>{t('cpu')}</th>
                <th>{t('memory')}</th>
                <th>{t('system')}</th>
                <th>{t('because')}</th>
                <th class="num">{t('beat')}</th>
              </tr>
            </thead>
            <tbody ref={ref as { current: HTMLTableSectionElement | null }}>
              <Gap px={before} columns={9} />
              {list.slice(first, end).map((n) => (
                <Row key={n.id} n={n} count={byNode.get(n.id)?.length ?? 0} />
              ))}
              <Gap px={after} columns={9} />
            </tbody>
          </table>
        )}
      </section>
    </Page>
  );
}
