// Deterministic automata: matching is one table step a character, whatever the pattern. Complement and intersection come for free.
import { mostStates, spend } from './budget.ts';
import type { Budget } from './budget.ts';
import { PatternError } from './regex-syntax.ts';

/** `starts`: where each class of characters begins; `table[state * classes + class]` is the next state or -1. State 0 is the start. */
export interface Automaton {
  starts: number[];
  table: number[];
  accepts: boolean[];
}

export function classOf(starts: readonly number[], code: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= code) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Builds an automaton from states that are keyed by text: subset construction and product both are. */
export function explore<T>(
  starts: number[],
  first: T,
  key: (state: T) => string,
  accepts: (state: T) => boolean,
  next: (state: T) => (T | null)[],
): Automaton {
  const ids = new Map([[key(first), 0]]);
  const states = [first];
  const automaton: Automaton = { starts, table: [], accepts: [] };
  for (let at = 0; at < states.length; at++) {
    automaton.accepts.push(accepts(states[at]!));
    for (const target of next(states[at]!)) {
      if (target === null) {
        automaton.table.push(-1);
        continue;
      }
      const name = key(target);
      let id = ids.get(name);
      if (id === undefined) {
        id = states.push(target) - 1;
        if (id >= mostStates) throw new PatternError('the regular expression is too complex', 0);
        ids.set(name, id);
      }
      automaton.table.push(id);
    }
  }
  return automaton;
}

/** Every text that the automaton does not accept: a state for what had no way on is added, then accepting is turned round. */
export function complement({ starts, table, accepts }: Automaton): Automaton {
  const rest = accepts.length;
  return {
    starts,
    table: [...table.map((target) => (target < 0 ? rest : target)), ...starts.map(() => rest)],
    accepts: [...accepts.map((is) => !is), true],
  };
}

export function intersection(a: Automaton, b: Automaton, budget: Budget): Automaton {
  const starts = [...new Set([...a.starts, ...b.starts])].sort((x, y) => x - y);
  const columns = starts.map((code) => [classOf(a.starts, code), classOf(b.starts, code)] as const);
  return explore<[number, number]>(
    starts,
    [0, 0],
    (pair) => pair.join(),
    ([x, y]) => a.accepts[x]! && b.accepts[y]!,
    ([x, y]) => {
      spend(budget, columns.length);
      return columns.map(([left, right]) => {
        const p = a.table[x * a.starts.length + left]!;
        const q = b.table[y * b.starts.length + right]!;
        return p < 0 || q < 0 ? null : [p, q];
      });
    },
  );
}
