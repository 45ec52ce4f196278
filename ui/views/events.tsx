// Events: what happened and why, newest first; a query, older ones on request, new ones as they come.
import type { VNode } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { ClusterEvent } from '../../src/model/event.ts';
import { get } from '../hub/api.ts';
import { events, loaded } from '../hub/cluster.ts';
import { fieldsOf } from '../lists/complete.ts';
import { count, zone } from '../look/format.ts';
import { foldEvents } from '../hub/fold.ts';
import { t } from '../words/i18n.tsx';
import { route, setQuery } from '../router.ts';
import { Page } from '../shell.tsx';
import { useLater } from '../parts/ask.ts';
import { FeedLine } from '../parts/feed.tsx';
import { QueryBox } from '../parts/find/query-box.tsx';
import { useWindow } from '../parts/rows.tsx';
import { Empty, Loading } from '../parts/states.tsx';
import { Choice } from '../parts/panel.tsx';

const pageSize = 500;
type Row = { day: string } | { e: ClusterEvent };
const dayOf = (at: number): string => new Date(at + zone(at) * 60_000).toISOString().slice(0, 10);

export default function Events(): VNode {
  const query = route.value.query.get('query') ?? '';
  const later = useLater(query.trim(), 200);
  const all = later === '' || later === '*';
  const [loud, setLoud] = useState<'all' | 'attention'>('all');
  const [older, setOlder] = useState<ClusterEvent[]>([]);
  const [found, setFound] = useState<ClusterEvent[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [end, setEnd] = useState(false);
  const newest = events.value[0]?.seq ?? 0;
  useEffect(() => {
    setEnd(false);
    setError(null);
    if (all) {
      setFound(null);
      return;
    }
    const abort = new AbortController();
    get<{ items: ClusterEvent[] }>(`/events?query=${encodeURIComponent(later)}&size=${pageSize}`, abort.signal).then(
      (a) => {
        setFound(a.items);
        setEnd(a.items.length < pageSize);
      },
      (e: unknown) => {
        if (!abort.signal.aborted) setError(e);
      },
    );
    return () => abort.abort();
  }, [later, all ? 0 : newest]);
  const base = all ? foldEvents(events.value, older, 20_000) : (found ?? []);
  const list = loud === 'all' ? base : base.filter((e) => e.loudness === 'attention');
  const more = async (): Promise<void> => {
    const last = base.at(-1)?.seq;
    if (last === undefined) return;
    try {
      const { items } = await get<{ items: ClusterEvent[] }>(
        `/events?before=${last}&size=${pageSize}${all ? '' : `&query=${encodeURIComponent(later)}`}`,
      );
      if (items.length < pageSize) setEnd(true);
      if (all) setOlder(foldEvents(older, items, 20_000));
      else setFound(foldEvents(base, items, 20_000));
    } catch (e) {
      setError(e);
    }
  };
  const rows = useMemo(() => {
    const out: Row[] = [];
    let day = '';
    for (const e of list) {
      const d = dayOf(e.at);
      if (d !== day) {
        out.push({ day: d });
        day = d;
      }
      out.push({ e });
    }
    return out;
  }, [list]);
  const { first, end: stop, before, after, ref } = useWindow(rows.length, 26);
  return (
    <Page crumbs={[{ name: t('page.events') }]}>
      <div class="row querybar">
        <QueryBox
          value={query}
          onInput={(text) => setQuery({ query: text })}
          hits={t('events.count', { n: count(list.length) })}
          error={error}
          placeholder="kind:instance.* AND subject.app:web"
          fields={() => fieldsOf(events.value, /^(message|seq|at$|detail)/)}
        />
        <Choice
          small={false}
          options={[
            { id: 'all', name: t('filter.all') },
            { id: 'attention', name: t('events.loud') },
          ]}
          now={loud}
          choose={setLoud}
          label={t('filter')}
        />
      </div>
      <section class="panel">
        {!loaded.value || (!all && !found && !error) ? (
          <Loading rows={10} />
        ) : list.length === 0 ? (
          <Empty
            title={all ? t('events.none') : t('events.no.match', { query })}
            actions={
              !all && (
                <button type="button" class="btn" onClick={() => setQuery({ query: null })}>
                  {t('query.clear')} <kbd>esc</kbd>
                </button>
              )
            }
          >
            {t('events.kept')}
          </Empty>
        ) : (
          <ol
            class="feed wide paged"
            ref={ref as { current: HTMLOListElement | null }}
            style={{ paddingTop: `${before}px`, paddingBottom: `${after + 4}px` }}
          >
            {rows.slice(first, stop).map((r) =>
              'day' in r ? (
                <li key={r.day} class="dayline">
                  {r.day}
                </li>
              ) : (
                <FeedLine key={r.e.seq} e={r.e} kind />
              ),
            )}
          </ol>
        )}
        {list.length > 0 && (
          <footer>
            <span>{end ? t('events.end') : ''}</span>
            {!end && (
              <button type="button" class="plain link" onClick={() => void more()}>
                {t('events.older')}
              </button>
            )}
          </footer>
        )}
      </section>
    </Page>
  );
}
