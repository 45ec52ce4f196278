// Parts that are loaded when they are first drawn.
import type { ComponentType, VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Loading, Trouble } from './parts/states.tsx';

export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): (props: P) => VNode {
  let known: ComponentType<P> | null = null;
  return function Lazy(props: P): VNode {
    const [state, setState] = useState<{ part: ComponentType<P> | null; error: unknown }>({ part: known, error: null });
    const [round, setRound] = useState(0);
    useEffect(() => {
      if (known) return;
      let gone = false;
      load().then(
        (part) => {
          known = part;
          if (!gone) setState({ part, error: null });
        },
        (error: unknown) => {
          if (!gone) setState({ part: null, error });
        },
      );
      return () => {
        gone = true;
      };
    }, [round]);
    const Part = state.part;
    // A part that cannot be loaded is mostly one of an older build: the hub was updated under an open page.
    if (state.error)
      return (
        <Trouble
          error={state.error}
          retry={() => {
            setState({ part: null, error: null });
            setRound((n) => n + 1);
            location.reload();
          }}
        />
      );
    return Part ? <Part {...props} /> : <Loading rows={3} />;
  };
}
