// What a query's regular expressions may cost: they are refused when they are read (as Lucene does), never while they run.
import { PatternError } from './regex-syntax.ts';

/** What reading regular expressions may still cost; shared by all of one query. */
export interface Budget {
  steps: number;
}
export const freshBudget = (): Budget => ({ steps: 2_000_000 });

/** Of one automaton. */
export const mostStates = 10_000;

/** @throws PatternError when the budget does not hold that many steps */
export function spend(budget: Budget, steps: number): void {
  budget.steps -= steps;
  if (budget.steps < 0) throw new PatternError('the regular expression is too complex', 0);
}
