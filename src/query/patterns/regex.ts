// Regular expressions of Lucene's syntax as tests of a whole text.
import { classOf } from './automaton.ts';
import { freshBudget } from './budget.ts';
import type { Budget } from './budget.ts';
import { determinize } from './determinize.ts';
import { parseRegex } from './regex-syntax.ts';

interface Regex {
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
