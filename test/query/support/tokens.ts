// An index of tokens in memory: evaluates the part of Elasticsearch's query DSL that translate.ts uses, literally.
import type { Dsl } from '../../../src/query/keywords/dsl.ts';
import { compareTexts } from '../../../src/query/values/order.ts';
import type { Searchable } from '../../../src/query/keywords/searchable.ts';

type Bounds = { gte?: string; gt?: string; lte?: string; lt?: string };
const only = <T>(of: unknown): [name: string, value: T] => Object.entries(of as { [name: string]: T })[0]!;

const tokensOf = (doc: Searchable, index: string): string[] => (index === 'anywhere' ? doc.anywhere : doc.terms);

const known = new Map<string, RegExp>();
/** The patterns that are used are JavaScript's, too, but for escapes: there only what means something may have one. */
function compiled(source: string): RegExp {
  let pattern = known.get(source);
  if (pattern === undefined) {
    const escaped = source.replace(/\\([^]|$)/gu, (_, char: string) => `\\u{${char.codePointAt(0)!.toString(16)}}`);
    known.set(source, (pattern = new RegExp(`^(?:${escaped})$`, 'su')));
  }
  return pattern;
}

/** Does an index that holds `doc` find it by the question? */
export function finds(dsl: Dsl, doc: Searchable): boolean {
  const [kind, body] = only<unknown>(dsl);
  switch (kind) {
    case 'match_all':
      return true;
    case 'match_none':
      return false;
    case 'bool': {
      const {
        filter = [],
        should = [],
        must_not: never = [],
      } = body as { filter?: Dsl[]; should?: Dsl[]; must_not?: Dsl[] };
      return (
        filter.every((part) => finds(part, doc)) &&
        !never.some((part) => finds(part, doc)) &&
        (should.length === 0 || should.some((part) => finds(part, doc)))
      );
    }
    case 'term': {
      const [index, text] = only<string | boolean>(body);
      return index === 'vague' ? doc.vague === text : tokensOf(doc, index).includes(text as string);
    }
    case 'range': {
      const [index, { gte, gt, lte, lt }] = only<Bounds>(body);
      return tokensOf(doc, index).some(
        (token) =>
          (gte === undefined || compareTexts(token, gte) >= 0) &&
          (gt === undefined || compareTexts(token, gt) > 0) &&
          (lte === undefined || compareTexts(token, lte) <= 0) &&
          (lt === undefined || compareTexts(token, lt) < 0),
      );
    }
    case 'regexp': {
      const [index, { value, flags }] = only<{ value: string; flags: string }>(body);
      if (flags !== 'NONE' || value.length > 1000) throw new Error(`not a pattern for a plain server: ${value}`);
      const pattern = compiled(value);
      return tokensOf(doc, index).some((token) => pattern.test(token));
    }
    default:
      throw new Error(`translate.ts does not ask ${kind}`);
  }
}
