// One clause as questions for the tokens of `searchable`: as `termTest` and its like in clause.ts answer them, in memory.
import { addressKey, networkKeys } from '../values/address.ts';
import { unknownBounds, atMost, combine, notBounds, same } from './bounds.ts';
import type { Bounds } from './bounds.ts';
import type { Moment } from '../clause.ts';
import { matchAll, matchNone, allOf, anyOf } from './dsl.ts';
import type { Dsl } from './dsl.ts';
import { autoEdits } from '../patterns/fuzzy.ts';
import { numberOf, quantityOf, timeOf } from '../values/literal.ts';
import { fuzzyPattern, plain, regexPattern, wildcardPattern } from '../patterns/lucene-pattern.ts';
import type { LucenePattern } from '../patterns/lucene-pattern.ts';
import { sortableNumber } from '../values/order.ts';
import type { Clause, Field } from '../query.ts';
import { factKind, longestText, factSeparator } from './searchable.ts';
import type { Kind } from './searchable.ts';
import { asPattern, joined, targetOf } from './token-path.ts';
import type { Target } from './token-path.ts';
import { wordsOf } from '../values/words.ts';

/** Of one query; each may be asked twice, for sure and for possible. Servers take at least 1,024. */
const mostAsked = 450;
/** So many words of a phrase are asked for. */
const mostWords = 16;

const regexp = (target: Target, value: string): Dsl => ({ regexp: { [target.index]: { value, flags: 'NONE' } } });

function textsOf(clause: Clause): string[] {
  switch (clause.kind) {
    case 'exists':
      return [];
    case 'term':
    case 'fuzzy':
      return [clause.text];
    case 'wildcard':
    case 'regex':
      return [clause.pattern];
    case 'range':
      return [clause.from, clause.to].filter((bound) => bound !== null);
  }
}

export class ClauseTokens {
  readonly #now: number;
  #left = mostAsked;
  constructor({ now }: Moment) {
    this.#now = now;
  }

  /** @param within the element of a list in which it must hold; null: the document */
  of(clause: Clause, within: Field): Bounds {
    if (within !== null) return atMost(this.#inElement(clause, within));
    const { field } = clause;
    if (field !== null && !field.pattern && field.name === '_id') {
      // Elasticsearch's name of `id`, where there is no such field
      const alias = this.#at(clause, { name: 'id', pattern: false });
      const own = same(this.#token({ index: 'terms', before: `_id${factSeparator}`, pattern: null }, factKind.value));
      return combine(anyOf, [this.#at(clause, field), combine(allOf, [notBounds(own), alias])]);
    }
    return this.#at(clause, field);
  }

  /** Of one element all conditions must hold; which values belong to one, tokens do not tell. */
  #inElement(clause: Clause, within: NonNullable<Field>): Dsl {
    const { field } = clause;
    if (field === null) return this.#at(clause, { name: `${asPattern(within)}.*`, pattern: true }).possible;
    if (clause.kind === 'exists' || (clause.kind === 'range' && clause.from === null && clause.to === null)) {
      const target = targetOf(joined(within, field)); // of a field by name also what lies below it counts, whatever the element's path
      return target === null ? matchAll : this.#token(target, factKind.exists);
    }
    const paths = [
      joined(within, field),
      ...(!field.pattern && field.name === '_id' ? [joined(within, { name: 'id', pattern: false })] : []),
    ];
    return anyOf(paths.map((path) => this.#at(clause, path).possible));
  }

  #at(clause: Clause, field: Field): Bounds {
    if (--this.#left < 0) return unknownBounds;
    const texts = [field?.name, ...textsOf(clause)];
    if (texts.some((text) => text !== undefined && (/\p{Cs}/u.test(text) || text.includes(factSeparator))))
      return unknownBounds;
    const target = targetOf(field);
    if (target === null) return unknownBounds;
    switch (clause.kind) {
      case 'exists':
        return this.#exists(target);
      case 'term':
        return this.#term(clause.text, target);
      case 'wildcard':
        return this.#pattern(target, wildcardPattern(clause.pattern.toLowerCase()));
      case 'regex':
        return this.#pattern(target, regexPattern(clause.pattern));
      case 'fuzzy': {
        const lower = clause.text.toLowerCase();
        const edits = clause.edits ?? autoEdits(lower);
        return edits === 0
          ? same(this.#token(target, factKind.text, lower))
          : this.#pattern(target, fuzzyPattern(lower, edits));
      }
      case 'range':
        return clause.from === null && clause.to === null ? this.#exists(target) : this.#ranges(clause, target);
    }
  }

  /** Every path that a pattern names has a value itself; a path by name may have it below. */
  #exists(target: Target): Bounds {
    return same(
      this.#token(target, target.index === 'terms' && target.pattern === null ? factKind.exists : factKind.value),
    );
  }

  #token(target: Target, kind: Kind, text = ''): Dsl {
    this.#left--;
    if (text.length > longestText) return matchNone;
    if (target.pattern === null) return { term: { [target.index]: target.before + kind + text } };
    return regexp(target, target.pattern + plain(kind + text));
  }

  #pattern(target: Target, pattern: LucenePattern | null): Bounds {
    if (pattern === null) return atMost(this.#exists(target).possible);
    const asked = regexp(target, (target.pattern ?? plain(target.before)) + plain(factKind.text) + pattern.source);
    return pattern.same ? same(asked) : atMost(asked);
  }

  /** Tokens from one text to another; null is an open end. Ranges over many paths cannot be asked: everywhere is the most. */
  #range(
    target: Target,
    kind: Kind,
    low: string | null,
    high: string | null,
    withLow: boolean,
    withHigh: boolean,
  ): Bounds {
    this.#left--;
    const many = target.pattern !== null;
    const before = (many ? '' : target.before) + kind;
    const from = low === null ? { gte: before } : { [withLow ? 'gte' : 'gt']: before + low };
    const to =
      high === null
        ? { lt: before.slice(0, -1) + String.fromCharCode(before.charCodeAt(before.length - 1) + 1) }
        : { [withHigh ? 'lte' : 'lt']: before + high };
    const asked = { range: { [many ? 'anywhere' : target.index]: { ...from, ...to } } };
    return many ? atMost(asked) : same(asked);
  }

  #numbers(
    target: Target,
    kind: Kind,
    low: number | null,
    high: number | null,
    withLow: boolean,
    withHigh: boolean,
  ): Bounds {
    const spelt = (bound: number | null): string | null => (bound === null ? null : sortableNumber(bound));
    return this.#range(target, kind, spelt(low), spelt(high), withLow, withHigh);
  }

  /** As `termTest` in clause.ts. */
  #term(text: string, target: Target): Bounds {
    const lower = text.toLowerCase();
    const words = [...new Set(wordsOf(lower))];
    const quantity = quantityOf(text);
    const network = networkKeys(text);
    const address = text.includes(':') ? addressKey(text) : null;
    const time = quantity === null ? timeOf(text, this.#now) : null;
    const ways = [same(this.#token(target, factKind.text, lower))];
    if (quantity !== null && Number.isFinite(quantity))
      ways.push(same(this.#token(target, factKind.number, sortableNumber(quantity))));
    if (network !== null) ways.push(this.#range(target, factKind.address, network.from, network.to, true, true));
    if (address !== null) ways.push(same(this.#token(target, factKind.address, address)));
    if (time !== null) {
      ways.push(this.#numbers(target, factKind.number, time.from, time.to, true, false));
      // The end of its span is not indexed.
      ways.push(atMost(this.#numbers(target, factKind.time, time.from, time.to, true, false).possible));
    }
    if (words.length > 0 && words[0] !== lower) {
      // a word by itself is a text; more are a phrase, whose order is not indexed
      const all = allOf(words.slice(0, mostWords).map((word) => this.#token(target, factKind.text, word)));
      // One word is found as a word or as a whole text; a number or boolean that is spelt like it is neither.
      const single =
        wordsOf(lower).length === 1 && numberOf(words[0]!) === null && words[0] !== 'true' && words[0] !== 'false';
      ways.push(single ? same(all) : atMost(all));
    }
    return combine(anyOf, ways);
  }

  /** As `rangeTest` in clause.ts: each kind of value is compared by what the bounds may mean. */
  #ranges({ from, to, includeFrom, includeTo }: Extract<Clause, { kind: 'range' }>, target: Target): Bounds {
    const bounds = [from, to].filter((bound) => bound !== null);
    const each = <T>(read: (bound: string) => T | null): [T | null, T | null] | null =>
      bounds.every((bound) => read(bound) !== null)
        ? [from === null ? null : read(from), to === null ? null : read(to)]
        : null;
    const numbers = each(quantityOf);
    const addresses = each(addressKey);
    const times = numbers === null ? each((bound) => timeOf(bound, this.#now)) : null;
    const ways: Bounds[] = [];
    if (numbers !== null) {
      for (const kind of [factKind.number, factKind.numeral])
        ways.push(this.#numbers(target, kind, ...numbers, includeFrom, includeTo));
    }
    if (times !== null) {
      const first = times[0] === null ? null : includeFrom ? times[0].from : times[0].to;
      const end = times[1] === null ? null : includeTo ? times[1].to : times[1].from;
      for (const kind of [factKind.number, factKind.time])
        ways.push(this.#numbers(target, kind, first, end, true, false));
    }
    if (addresses !== null) ways.push(this.#range(target, factKind.address, ...addresses, includeFrom, includeTo));
    else if (!bounds.some((bound) => bound.startsWith('now') && timeOf(bound, this.#now) !== null)) {
      const low = from?.toLowerCase() ?? null;
      const high = to?.toLowerCase() ?? null;
      const kinds = [
        factKind.plain,
        ...(numbers === null ? [factKind.plainNumeral] : []),
        ...(times === null ? [factKind.plainTime] : []),
      ];
      for (const kind of kinds) ways.push(this.#range(target, kind, low, high, includeFrom, includeTo));
    }
    return combine(anyOf, ways);
  }
}
