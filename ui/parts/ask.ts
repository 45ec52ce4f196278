// Reads from the API for a page: what is known stays while newer answers load, a late answer of an older question is dropped.
import { useEffect, useRef, useState } from 'preact/hooks';
import { get } from '../hub/api.ts';
import { link } from '../hub/live.ts';

interface Answer<T> {
  value: T | null;
  error: unknown;
  loading: boolean;
  again: () => void;
}

/** GET of a path (null: nothing to ask). Asks again when the path or `key` changes, and on return of the connection. */
export function useAsk<T>(path: string | null, key: unknown = ''): Answer<T> {
  const [state, setState] = useState<{ value: T | null; error: unknown; loading: boolean }>({
    value: null,
    error: null,
    loading: path !== null,
  });
  const [round, setRound] = useState(0);
  const asked = useRef<string | null>(null);
  const open = link.value.state === 'open';
  useEffect(() => {
    if (path === null) {
      setState({ value: null, error: null, loading: false });
      return;
    }
    const abort = new AbortController();
    const same = asked.current === path;
    asked.current = path;
    setState((old) => ({ value: same ? old.value : null, error: null, loading: true }));
    get<T>(path, abort.signal).then(
      (value) => setState({ value, error: null, loading: false }),
      (error: unknown) => {
        if (!abort.signal.aborted) setState((old) => ({ value: old.value, error, loading: false }));
      },
    );
    return () => abort.abort();
  }, [path, key, round, open]);
  return { ...state, again: () => setRound((n) => n + 1) };
}

/** A value that follows after a pause of typing. Milliseconds. */
export function useLater<T>(value: T, ms: number): T {
  const [late, setLate] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLate(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return late;
}
