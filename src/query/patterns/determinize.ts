// From the syntax of a regular expression to an automaton: Thompson's construction of one with free moves, then the subsets of its states.
import { classOf, complement, explore, intersection } from './automaton.ts';
import type { Automaton } from './automaton.ts';
import { mostStates, spend } from './budget.ts';
import type { Budget } from './budget.ts';
import { lastCode, type CodeRange } from './code-ranges.ts';
import { PatternError, type Pattern } from './regex-syntax.ts';

/** State k has edges (code range -> state) and free moves. One start, one end. */
class Sketch {
  readonly edges: { from: number; to: number; target: number }[][] = [];
  readonly free: number[][] = [];
  readonly budget: Budget;
  constructor(budget: Budget) {
    this.budget = budget;
  }
  state(): number {
    if (this.edges.length >= mostStates) throw new PatternError('the regular expression is too large', 0);
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
        return pattern.codes.reduce((state, code) => this.#step(state, [[code, code]]), start);
      case 'set':
        return this.#step(start, pattern.ranges);
      case 'sequence':
        return pattern.of.reduce((state, part) => this.add(part, state), start);
      case 'either':
        return this.#either(pattern.of, start);
      case 'repeat':
        return this.#repeat(pattern, start);
      case 'not':
        return this.#embed(complement(determinize(pattern.of, this.budget)), start);
      case 'both': {
        const parts = pattern.of.map((part) => determinize(part, this.budget));
        return this.#embed(
          parts.reduce((a, b) => intersection(a, b, this.budget)),
          start,
        );
      }
    }
  }
  #either(branches: readonly Pattern[], start: number): number {
    const end = this.state();
    for (const branch of branches) {
      const entry = this.state(); // an own entry: a loop of one branch must not lead into another
      this.free[start]!.push(entry);
      this.free[this.add(branch, entry)]!.push(end);
    }
    return end;
  }

  #repeat({ of, min, max }: Extract<Pattern, { kind: 'repeat' }>, start: number): number {
    let state = start;
    for (let times = 0; times < min; times++) state = this.add(of, state);
    if (max === Infinity) return this.#loop(of, state);
    const end = this.state();
    for (let times = min; times < max; times++) {
      this.free[state]!.push(end);
      state = this.add(of, state);
    }
    this.free[state]!.push(end);
    return end;
  }

  /** Any number of times, also none. */
  #loop(of: Pattern, start: number): number {
    const loop = this.state();
    this.free[start]!.push(loop);
    const entry = this.state();
    this.free[loop]!.push(entry);
    this.free[this.add(of, entry)]!.push(loop);
    const end = this.state();
    this.free[loop]!.push(end);
    return end;
  }

  #step(start: number, ranges: readonly CodeRange[]): number {
    const end = this.state();
    for (const range of ranges) this.edge(start, range, end);
    return end;
  }

  #embed(automaton: Automaton, start: number): number {
    const states = automaton.accepts.map(() => this.state());
    const end = this.state();
    this.free[start]!.push(states[0]!);
    automaton.accepts.forEach((accepts, state) => {
      if (accepts) this.free[states[state]!]!.push(end);
      automaton.starts.forEach((from, column) => {
        const target = automaton.table[state * automaton.starts.length + column]!;
        if (target >= 0)
          this.edge(states[state]!, [from, (automaton.starts[column + 1] ?? lastCode + 1) - 1], states[target]!);
      });
    });
    return end;
  }
}

/** @throws PatternError when the pattern needs more than the budget or 10,000 states */
export function determinize(pattern: Pattern, budget: Budget): Automaton {
  const sketch = new Sketch(budget);
  const start = sketch.state();
  const end = sketch.add(pattern, start);
  const cuts = new Set([0]);
  for (const edges of sketch.edges)
    for (const { from, to } of edges) {
      cuts.add(from);
      if (to < lastCode) cuts.add(to + 1);
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
        const first = classOf(starts, from);
        const last = classOf(starts, to);
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
