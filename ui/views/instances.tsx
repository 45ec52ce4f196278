// Every instance of the hub, by a query: thousands of rows stay smooth.
import type { VNode } from 'preact';
import { instances, loaded } from '../hub/cluster.ts';
import { fieldsOf } from '../lists/complete.ts';
import { count } from '../look/format.ts';
import { t } from '../words/i18n.tsx';
import { route, setQuery } from '../router.ts';
import { Page } from '../shell.tsx';
import { InstanceTable } from '../parts/instance/instance-table.tsx';
import { useMatches } from '../parts/find/matches.ts';
import { QueryBox } from '../parts/find/query-box.tsx';
import { Empty, Loading } from '../parts/states.tsx';

/** `status:running` and the like are answered here: they are the links of the overview, and follow live. */
const simple = (query: string): string | null => /^status:([a-z]+)$/.exec(query.trim())?.[1] ?? null;

export default function Instances(): VNode {
  const query = route.value.query.get('query') ?? '';
  const status = simple(query);
  const found = useMatches('instances', status ? '' : query, instances);
  const list = instances.value.filter((i) =>
    status ? i.status === status : found.ids === null || found.ids.has(i.id),
  );
  return (
    <Page crumbs={[{ name: t('page.apps'), href: '/apps' }, { name: t('instances') }]}>
      <div class="row querybar">
        <QueryBox
          value={query}
          onInput={(text) => setQuery({ query: text })}
          hits={t('instances.count', { n: count(list.length) })}
          error={found.error}
          placeholder="*"
          fields={() => fieldsOf(instances.value, /^(exit\.tail|reason)/)}
        />
      </div>
      <section class="panel">
        {!loaded.value || found.loading ? (
          <Loading rows={10} />
        ) : list.length === 0 ? (
          <Empty
            title={t('instances.no.match', { query })}
            actions={
              <button type="button" class="btn" onClick={() => setQuery({ query: null })}>
                {t('query.clear')} <kbd>esc</kbd>
              </button>
            }
          >
            {t('instances.others', { n: count(instances.value.length) })}
          </Empty>
        ) : (
          <InstanceTable list={list} />
        )}
      </section>
    </Page>
  );
}
