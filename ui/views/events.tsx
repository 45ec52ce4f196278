// Events: what happened and why, newest first; a query, older ones on request, new ones as they come.
import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { ClusterEvent } from '../../src/model/event.ts';
import { events, loaded } from '../hub/cluster.ts';
import { fieldsOf } from '../lists/complete.ts';
import { count, zone } from '../look/format.ts';
import { t } from '../words/i18n.tsx';
import { route, setQuery } from '../router.ts';
import { Page } from '../shell.tsx';
import { useLater } from '../parts/ask.ts';
import { FeedLine } from '../parts/feed.tsx';
import { QueryBox } from '../parts/find/query-box.tsx';
import { useWindow } from '../parts/rows.tsx';
import { Empty, Loading } from '../parts/states.tsx';
import { Choice } from '../parts/panel.tsx';
import { useFound, type Found } from './events/found.ts';

type Loud = 'all' | 'attention';

export default function Events(): VNode {
  const query = route.value.query.get('query') ?? '';
  const found = useFound(useLater(query.trim(), 200));
  const [loud, setLoud] = useState<Loud>('all');
  const base = found.list ?? none;
  const list = loud === 'all' ? base : base.filter((e) => e.loudness === 'attention');
  return (
    <Page crumbs={[{ name: t('page.events') }]}>
      <div class="row querybar">
        <EventQuery query={query} hits={list.length} error={found.error} />
        <LoudChoice now={loud} choose={setLoud} />
      </div>
      <section class="panel">
        <Body query={query} found={found} list={list} />
        {list.length > 0 && <Older found={found} />}
      </section>
    </Page>
  );
}

const none: readonly ClusterEvent[] = [];

function EventQuery({ query, hits, error }: { query: string; hits: number; error: unknown }): VNode {
  return (
    <QueryBox
      value={query}
      onInput={(text) => setQuery({ query: text })}
      hits={t('events.count', { n: count(hits) })}
      error={error}
      placeholder="kind:instance.* AND subject.app:web"
      fields={() => fieldsOf(events.value, /^(message|seq|at$|detail)/)}
    />
  );
}

/** All, or only what a person should look at. */
function LoudChoice({ now, choose }: { now: Loud; choose: (loud: Loud) => void }): VNode {
  return (
    <Choice
      small={false}
      options={[
        { id: 'all', name: t('filter.all') },
        { id: 'attention', name: t('events.loud') },
      ]}
      now={now}
      choose={choose}
      label={t('filter')}
    />
  );
}

interface BodyProps {
  query: string;
  found: Found;
  list: readonly ClusterEvent[];
}

function Body({ query, found, list }: BodyProps): VNode {
  if (!loaded.value || (!found.list && !found.error)) return <Loading rows={10} />;
  return list.length === 0 ? <Nothing query={query} all={found.all} /> : <Feed list={list} />;
}

function Nothing({ query, all }: { query: string; all: boolean }): VNode {
  const clear = (
    <button type="button" class="btn" onClick={() => setQuery({ query: null })}>
      {t('query.clear')} <kbd>esc</kbd>
    </button>
  );
  return (
    <Empty title={all ? t('events.none') : t('events.no.match', { query })} actions={!all && clear}>
      {t('events.kept')}
    </Empty>
  );
}

type Row = { day: string } | { e: ClusterEvent };
const dayOf = (at: number): string => new Date(at + zone(at) * 60_000).toISOString().slice(0, 10);

/** Events, and before the first of a day that day. */
function rowsOf(list: readonly ClusterEvent[]): Row[] {
  const rows: Row[] = [];
  let day = '';
  for (const e of list) {
    const own = dayOf(e.at);
    if (own !== day) rows.push({ day: own });
    day = own;
    rows.push({ e });
  }
  return rows;
}

function Feed({ list }: { list: readonly ClusterEvent[] }): VNode {
  const rows = useMemo(() => rowsOf(list), [list]);
  const { first, end, before, after, ref } = useWindow(rows.length, 26);
  return (
    <ol
      class="feed wide paged"
      ref={ref as { current: HTMLOListElement | null }}
      style={{ paddingTop: `${before}px`, paddingBottom: `${after + 4}px` }}
    >
      {rows.slice(first, end).map((r) =>
        'day' in r ? (
          <li key={r.day} class="dayline">
            {r.day}
          </li>
        ) : (
          <FeedLine key={r.e.seq} e={r.e} kind />
        ),
      )}
    </ol>
  );
}

/** Below the last one: older ones, or that there are none. */
function Older({ found: { end, more } }: { found: Found }): VNode {
  return (
    <footer>
      <span>{end ? t('events.end') : ''}</span>
      {!end && (
        <button type="button" class="plain link" onClick={() => void more()}>
          {t('events.older')}
        </button>
      )}
    </footer>
  );
}
