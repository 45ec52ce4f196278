// Elasticsearch's query DSL, as much as is needed to combine questions. What is always or never true is combined away.

/** A question: plain JSON. */
export type Dsl = { readonly [name: string]: unknown };

export const matchAll: Dsl = { match_all: {} };
export const matchNone: Dsl = { match_none: {} };

export function allOf(parts: readonly Dsl[]): Dsl {
  const asked = [...new Set(parts)].filter((part) => part !== matchAll);
  if (asked.includes(matchNone)) return matchNone;
  return asked.length === 0 ? matchAll : asked.length === 1 ? asked[0]! : { bool: { filter: asked } };
}
export function anyOf(parts: readonly Dsl[]): Dsl {
  const asked = [...new Set(parts)].filter((part) => part !== matchNone);
  if (asked.includes(matchAll)) return matchAll;
  return asked.length === 0
    ? matchNone
    : asked.length === 1
      ? asked[0]!
      : { bool: { should: asked, minimum_should_match: 1 } };
}
export const noneOf = (part: Dsl): Dsl =>
  part === matchAll ? matchNone : part === matchNone ? matchAll : { bool: { must_not: [part] } };
