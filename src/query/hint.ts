// Turns "expected x but found y" of the grammar into what a person did and can do about it.
import type { SyntaxError as GrammarError } from './grammar.js';
import type { QueryError } from './query.ts';

/** The error to show for what the grammar refused. */
export function hint(text: string, error: GrammarError): QueryError {
  const offset = Math.min(error.location.start.offset, text.length);
  if (error.expected === null) return { message: error.message, offset: error.location.start.offset, hint: '' };
  const found = text[offset];
  return { message: found === undefined ? 'The query ends too early' : `Unexpected ${JSON.stringify(found)}`, offset, hint: '' };
}
