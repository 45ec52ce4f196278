// What was written before, step by step: the way back, and forth again.
import { useRef } from 'preact/hooks';

/** A text and where the caret stood in it. */
export interface Step {
  text: string;
  caret: number;
}

interface Steps {
  /** Keeps what is there before a change. Typing within a second is one step back, unless it is forced. */
  remember: (now: () => Step, force: boolean) => void;
  /** The step before `now`, if there is one; `now` can be come back to. */
  back: (now: () => Step) => Step | undefined;
  forth: (now: () => Step) => Step | undefined;
}

const mostSteps = 300;
const oneStepMs = 1000;

export function useSteps(): Steps {
  const past = useRef<Step[]>([]);
  const future = useRef<Step[]>([]);
  const lastKept = useRef(0);
  const move = (from: typeof past, to: typeof past, now: () => Step): Step | undefined => {
    const step = from.current.pop();
    if (step) to.current.push(now());
    return step;
  };
  return {
    remember: (now, force) => {
      if (!force && Date.now() - lastKept.current < oneStepMs && past.current.length > 0) return;
      lastKept.current = Date.now();
      past.current.push(now());
      if (past.current.length > mostSteps) past.current.shift();
      future.current = [];
    },
    back: (now) => move(past, future, now),
    forth: (now) => move(future, past, now),
  };
}
