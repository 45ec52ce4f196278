// Elasticsearch's query DSL, as much as is needed to combine questions. What is always or never true is combined away.

/** A question: plain JSON. */
export type Dsl = { readonly [name: string]: unknown };

export const ALL: Dsl = { match_all: {} };
export const NONE: Dsl = { match_none: {} };

export function allOf(parts: readonly Dsl[]): Dsl {
  const asked = [...new Set(parts)].filter((part) => part !== ALL);
  if (asked.includes(NONE)) return NONE;
  return asked.length === 0 ? ALL : asked.length === 1 ? asked[0]! : { bool: { filter: asked } };
}
export function anyOf(parts: readonly Dsl[]): Dsl {
  const asked = [...new Set(parts)].filter((part) => part !== NONE);
  if (asked.includes(ALL)) return ALL;
  return asked.length === 0
    ? NONE
    : asked.length === 1
      ? asked[0]!
      : { bool: { should: asked, minimum_should_match: 1 } };
}
export const noneOf = (part: Dsl): Dsl => (part === ALL ? NONE : part === NONE ? ALL : { bool: { must_not: [part] } });
