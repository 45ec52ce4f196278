// A part of a query as two questions to an index: one that finds only what matches, one that misses nothing that does.
import { matchAll, matchNone, noneOf } from './dsl.ts';
import type { Dsl } from './dsl.ts';

/** `sure` finds no document that does not match, `possible` misses none that does; one object where both are the same. */
export interface Bounds {
  sure: Dsl;
  possible: Dsl;
  depth: number;
}

export const same = (dsl: Dsl): Bounds => ({ sure: dsl, possible: dsl, depth: 1 });
export const everything = same(matchAll);
/** Nothing can be asked: every document has to be judged. */
export const unknownBounds: Bounds = { sure: matchNone, possible: matchAll, depth: 1 };
export const atMost = (possible: Dsl): Bounds => ({ sure: matchNone, possible, depth: 1 });

export function notBounds({ sure, possible, depth }: Bounds): Bounds {
  const not = noneOf(possible);
  return { sure: not, possible: sure === possible ? not : noneOf(sure), depth: depth + 1 };
}

export function combine(how: (parts: readonly Dsl[]) => Dsl, parts: readonly Bounds[]): Bounds {
  const possible = how(parts.map((part) => part.possible));
  const exact = parts.every((part) => part.sure === part.possible);
  return {
    sure: exact ? possible : how(parts.map((part) => part.sure)),
    possible,
    depth: 1 + Math.max(1, ...parts.map((part) => part.depth)),
  };
}
