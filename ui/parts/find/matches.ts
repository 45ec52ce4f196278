// The ids that a query of the hub's language matches, asked again when the list changes; all while there is no query.
import { useEffect, useRef, useState } from 'preact/hooks';
import { get } from '../../hub/api.ts';
import { useLater } from '../ask.ts';
import { second } from '../../hub/ticks.ts';

interface List {
  items: { id?: string; name?: string }[];
  total: number;
}
interface Matches {
  /** null: everything. */
  ids: Set<string> | null;
  total: number | null;
  error: unknown;
  loading: boolean;
}

/** The API gives at most 1,000 a page. */
const pageSize = 1000;
const mostMatches = 20_000;

async function idsOf(
  collection: string,
  query: string,
  signal: AbortSignal,
): Promise<{ ids: Set<string>; total: number }> {
  const ids = new Set<string>();
  for (let from = 0, total = 1; from < Math.min(total, mostMatches); from += pageSize) {
    const page = await get<List>(
      `/${collection}?query=${encodeURIComponent(query)}&size=${pageSize}&from=${from}`,
      signal,
    );
    total = page.total;
    for (const item of page.items) ids.add((collection === 'apps' ? item.name : item.id)!);
    if (page.items.length === 0) break;
  }
  return { ids, total: ids.size };
}

/** `version`: changes when the list may match otherwise; asked at most every 2 s. */
export function useMatches(
  collection: 'nodes' | 'apps' | 'instances',
  query: string,
  version: { value: unknown },
): Matches {
  const later = useLater(query.trim(), 150);
  const all = later === '' || later === '*';
  const beat = all ? 0 : Math.floor(second.value / 2000);
  const seen = useRef<unknown>(null);
  const [round, setRound] = useState(0);
  const [state, setState] = useState<{ of: string; ids: Set<string> | null; total: number | null; error: unknown }>({
    of: '',
    ids: null,
    total: null,
    error: null,
  });
  useEffect(() => {
    if (!all && seen.current !== version.value) {
      seen.current = version.value;
      setRound((n) => n + 1);
    }
  }, [beat]);
  useEffect(() => {
    if (all) return;
    const abort = new AbortController();
    idsOf(collection, later, abort.signal).then(
      (found) => setState({ of: later, ...found, error: null }),
      (error: unknown) => {
        if (!abort.signal.aborted) setState((old) => ({ ...old, of: later, error }));
      },
    );
    return () => abort.abort();
  }, [later, round]);
  if (all) return { ids: null, total: null, error: null, loading: false };
  // A query that cannot be read leaves the rows that were there.
  return {
    ids: state.ids ?? (state.error ? null : new Set()),
    total: state.total,
    error: state.of === later ? state.error : null,
    loading: state.ids === null && state.error === null,
  };
}
