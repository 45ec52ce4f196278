// Where the tokens of a field are: a path, or a pattern of paths, before the kind of the token.
import { plain, wildcardPattern } from '../patterns/lucene-pattern.ts';
import type { Field } from '../query.ts';
import { factSeparator } from './searchable.ts';

/** Where tokens are looked for: a field of the index, and what stands before the kind; `path` is a pattern where the paths are many. */
export type Target = { index: 'anywhere' | 'terms'; before: string; pattern: string | null };

export const asPattern = (field: NonNullable<Field>): string =>
  field.pattern ? field.name : field.name.replace(/[*?\\]/g, '\\$&');

/** The path of a field below another. */
export function joined(above: Field, field: NonNullable<Field>): NonNullable<Field> {
  if (above === null) return field;
  return above.pattern || field.pattern
    ? { name: `${asPattern(above)}.${asPattern(field)}`, pattern: true }
    : { name: `${above.name}.${field.name}`, pattern: false };
}

export function targetOf(field: Field): Target | null {
  if (field === null) return { index: 'anywhere', before: '', pattern: null };
  if (!field.pattern) return { index: 'terms', before: field.name + factSeparator, pattern: null };
  const path = wildcardPattern(field.name, `[^${factSeparator}]`);
  return path?.same ? { index: 'terms', before: '', pattern: path.source + plain(factSeparator) } : null;
}
