// Types of what the build generates from grammar.peggy.
import type { Query } from '../query.ts';

export interface Expectation {
  type: 'literal' | 'class' | 'any' | 'end' | 'other';
  text?: string;
  description?: string;
}

export class SyntaxError extends Error {
  /** Null when the grammar itself refused (a rule called error()); then `message` says it all. */
  expected: Expectation[] | null;
  found: string | null;
  location: {
    start: { offset: number; line: number; column: number };
    end: { offset: number; line: number; column: number };
  };
}

/** @throws SyntaxError */
export function parse(text: string): Query;
