// The events that a query finds: those that are here and come by themselves, or what the hub finds; older ones on request.
import { useEffect, useState } from 'preact/hooks';
import type { ClusterEvent } from '../../../src/model/event.ts';
import { get } from '../../hub/api.ts';
import { events } from '../../hub/cluster.ts';
import { foldEvents } from '../../hub/fold.ts';

const pageSize = 500;
const mostKept = 20_000;

export interface Found {
  /** Nothing is asked for: every event is meant. */
  all: boolean;
  /** Newest first; null: the hub has not answered yet. */
  list: readonly ClusterEvent[] | null;
  error: unknown;
  /** There are no older ones. */
  end: boolean;
  more: () => Promise<void>;
}

/** @param query asked again whenever something happened */
export function useFound(query: string): Found {
  const all = query === '' || query === '*';
  const [older, setOlder] = useState<ClusterEvent[]>([]);
  const [found, setFound] = useState<ClusterEvent[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [end, setEnd] = useState(false);
  const newest = events.value[0]?.seq ?? 0;
  const queried = `&query=${encodeURIComponent(query)}`;
  useEffect(() => {
    setEnd(false);
    setError(null);
    if (all) {
      setFound(null);
      return;
    }
    const abort = new AbortController();
    get<{ items: ClusterEvent[] }>(`/events?size=${pageSize}${queried}`, abort.signal).then(
      ({ items }) => {
        setFound(items);
        setEnd(items.length < pageSize);
      },
      (e: unknown) => {
        if (!abort.signal.aborted) setError(e);
      },
    );
    return () => abort.abort();
  }, [query, all ? 0 : newest]);
  const list = all ? foldEvents(events.value, older, mostKept) : found;
  const more = async (): Promise<void> => {
    const last = list?.at(-1)?.seq;
    if (!list || last === undefined) return;
    try {
      const { items } = await get<{ items: ClusterEvent[] }>(
        `/events?before=${last}&size=${pageSize}${all ? '' : queried}`,
      );
      if (items.length < pageSize) setEnd(true);
      if (all) setOlder(foldEvents(older, items, mostKept));
      else setFound(foldEvents(list, items, mostKept));
    } catch (e) {
      setError(e);
    }
  };
  return { all, list, error, end, more };
}
