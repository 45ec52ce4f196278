// Asks the hub what the text of an app would do, as one types.
import { useEffect, useState } from 'preact/hooks';
import type { PlanView } from '../../../src/protocol/views.ts';
import { Problem, call } from '../../hub/api.ts';
import { faultsOf, type Fault } from '../../json/faults.ts';
import { useLater } from '../../parts/ask.ts';

const noFaults: readonly Fault[] = [];

export interface Checked {
  /** The text that was checked. */
  of: string;
  /** Of the last valid text. */
  plan: PlanView | null;
  faults: readonly Fault[];
  trouble: unknown;
}

/** Asks the hub what a text would do, after a pause of typing; the plan of the last valid text stays. */
export function useCheck(text: string): Checked & { checking: boolean } {
  const later = useLater(text, 300);
  const [state, setState] = useState<Checked>({ of: '', plan: null, faults: noFaults, trouble: null });
  useEffect(() => {
    const abort = new AbortController();
    call<PlanView>('POST', '/apps/plan', { text: later, signal: abort.signal }).then(
      (plan) => setState({ of: later, plan, faults: noFaults, trouble: null }),
      (error: unknown) => {
        if (abort.signal.aborted) return;
        const fields = error instanceof Problem && (error.status === 400 || error.status === 422);
        setState((old) => ({
          of: later,
          plan: old.plan,
          faults: fields ? faultsOf(later, error.errors, `${error.message} ${error.hint}`) : noFaults,
          trouble: fields ? null : error,
        }));
      },
    );
    return () => abort.abort();
  }, [later]);
  return { ...state, checking: state.of !== text };
}
