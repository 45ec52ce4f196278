// Regular expressions as deterministic automata: matching is one table step a character, whatever the pattern. What would make the
// automaton explode is refused when the query is read (as Lucene does), never while it runs. Complement and intersection come for free.
import { LAST_CODE, PatternError, parseRegex } from './regex-syntax.ts';
import type { CodeRange, Pattern } from './regex-syntax.ts';

/** What reading regular expressions may still cost; shared by all of one query. */
export interface Budget {
  steps: number;
}
export const freshBudget = (): Budget => ({ steps: 2_000_000 });

const MOST_STATES = 10_000;

/** Thompson's construction: state k has edges (code range -> state) and free moves. One start, one end. */
class Sketch {
  readonly edges: { from: number; to: number; target: number }[][] = [];
  readonly free: number[][] = [];
  readonly budget: Budget;
  constructor(budget: Budget) {
    this.budget = budget;
  }
  state(): number {
    if (this.edges.length >= MOST_STATES) throw new PatternError('the regular expression is too large', 0);
    spend(this.budget, 1);
    this.free.push([]);
    return this.edges.push([]) - 1;
  }
  edge(source: number, [from, to]: CodeRange, target: number): void {
    this.edges[source]!.push({ from, to, target });
  }

  /** Adds the pattern from `start` to a new state, which is returned. */
  add(pattern: Pattern, start: number): number {
    switch (pattern.kind) {
      case 'nothing':
        return this.state();
      case 'text':
        return pattern.codes.reduce((state, code) => this.step(state, [[code, code]]), start);
      case 'set':
        return this.step(start, pattern.ranges);
      case 'sequence':
        return pattern.of.reduce((state, part) => this.add(part, state), start);
      case 'either': {
        const end = this.state();
        for (const part of pattern.of) {
          const entry = this.state(); // an own entry: a loop of one branch must not lead into another
          this.free[start]!.push(entry);
          this.free[this.add(part, entry)]!.push(end);
        }
        return end;
      }
      case 'repeat': {
        let state = start;
        for (let times = 0; times < pattern.min; times++) state = this.add(pattern.of, state);
        if (pattern.max === Infinity) {
          const loop = this.state();
          this.free[state]!.push(loop);
          const entry = this.state();
          this.free[loop]!.push(entry);
          this.free[this.add(pattern.of, entry)]!.push(loop);
          const end = this.state();
          this.free[loop]!.push(end);
          return end;
        }
        const end = this.state();
        for (let times = pattern.min; times < pattern.max; times++) {
          this.free[state]!.push(end);
          state = this.add(pattern.of, state);
        }
        this.free[state]!.push(end);
        return end;
      }
      case 'not':
        return this.embed(complement(determinize(pattern.of, this.budget)), start);
      case 'both': {
        const parts = pattern.of.map((part) => determinize(part, this.budget));
        return this.embed(
          parts.reduce((a, b) => intersection(a, b, this.budget)),
          start,
        );
      }
    }
  }
  private step(start: number, ranges: readonly CodeRange[]): number {
    const end = this.state();
    for (const range of ranges) this.edge(start, range, end);
    return end;
  }
  private embed(automaton: Automaton, start: number): number {
    const states = automaton.accepts.map(() => this.state());
    const end = this.state();
    this.free[start]!.push(states[0]!);
    automaton.accepts.forEach((accepts, state) => {
      if (accepts) this.free[states[state]!]!.push(end);
      automaton.starts.forEach((from, column) => {
        const target = automaton.table[state * automaton.starts.length + column]!;
        if (target >= 0)
          this.edge(states[state]!, [from, (automaton.starts[column + 1] ?? LAST_CODE + 1) - 1], states[target]!);
      });
    });
    return end;
  }
}

/** `starts`: where each class of characters begins; `table[state * classes + class]` is the next state or -1. State 0 is the start. */
interface Automaton {
  starts: number[];
  table: number[];
  accepts: boolean[];
}

function spend(budget: Budget, steps: number): void {
  budget.steps -= steps;
  if (budget.steps < 0) throw new PatternError('the regular expression is too complex', 0);
}

function classOf(starts: readonly number[], code: number): number {
  let low = 0,
    high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= code) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Builds an automaton from states that are keyed by text: subset construction and product both are. */
function explore<T>(
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
        if (id >= MOST_STATES) throw new PatternError('the regular expression is too complex', 0);
        ids.set(name, id);
      }
      automaton.table.push(id);
    }
  }
  return automaton;
}

function determinize(pattern: Pattern, budget: Budget): Automaton {
  const sketch = new Sketch(budget);
  const start = sketch.state();
  const end = sketch.add(pattern, start);
  const cuts = new Set([0]);
  for (const edges of sketch.edges)
    for (const { from, to } of edges) {
      cuts.add(from);
      if (to < LAST_CODE) cuts.add(to + 1);
    }
  const starts = [...cuts].sort((a, b) => a - b);
  const close = (states: Iterable<number>): number[] => {
    const seen = new Set(states);
    for (const state of seen) {
      // grows while it is walked
      spend(budget, 1);
      for (const target of sketch.free[state]!) seen.add(target);
    }
    return [...seen].sort((a, b) => a - b);
  };
  const next = (states: number[]): (number[] | null)[] => {
    const targets: Set<number>[] = [];
    for (const state of states)
      for (const { from, to, target } of sketch.edges[state]!) {
        const first = classOf(starts, from),
          last = classOf(starts, to);
        spend(budget, last - first + 1);
        for (let column = first; column <= last; column++) (targets[column] ??= new Set()).add(target);
      }
    spend(budget, starts.length);
    return starts.map((_, column) => (targets[column] === undefined ? null : close(targets[column])));
  };
  return explore(
    starts,
    close([start]),
    (states) => states.join(),
    (states) => states.includes(end),
    next,
  );
}

/** Every text that the automaton does not accept: a state for what had no way on is added, then accepting is turned round. */
function complement({ starts, table, accepts }: Automaton): Automaton {
  const rest = accepts.length;
  return {
    starts,
    table: [...table.map((target) => (target < 0 ? rest : target)), ...starts.map(() => rest)],
    accepts: [...accepts.map((is) => !is), true],
  };
}

function intersection(a: Automaton, b: Automaton, budget: Budget): Automaton {
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
        const p = a.table[x * a.starts.length + left]!,
          q = b.table[y * b.starts.length + right]!;
        return p < 0 || q < 0 ? null : [p, q];
      });
    },
  );
}

export interface Regex {
  matches(text: string): boolean;
}

/**
 * Compiles a regular expression of Lucene's syntax to a test of a whole lower-cased text.
 * @throws PatternError for bad syntax, or when the pattern needs more than the budget or 10,000 states
 */
export function regex(source: string, budget: Budget = freshBudget()): Regex {
  const { starts, table, accepts } = determinize(parseRegex(source), budget);
  const classes = starts.length;
  const ascii = Uint16Array.from({ length: 128 }, (_, code) => classOf(starts, code));
  const targets = Int32Array.from(table);
  return {
    matches(text) {
      let state = 0;
      for (let at = 0; at < text.length; at++) {
        let code = text.charCodeAt(at);
        if (code >= 0xd800 && code <= 0xdbff) {
          code = text.codePointAt(at)!;
          if (code > 0xffff) at++;
        }
        state = targets[state * classes + (code < 128 ? ascii[code]! : classOf(starts, code))]!;
        if (state < 0) return false;
      }
      return accepts[state]!;
    },
  };
}
