// Queries of records: Elasticsearch finds what surely matches and what may; the latter is read and judged by the matcher of memory, and
// the page and the total are asked of both together. See src/query/keywords/translate.ts for why that is exact.
import type { Matches } from '../search.ts';
import { judgedQuery, shownToQueries, sortFields, takesAll } from '../search.ts';
import { checkCollection } from '../embedded/encoding.ts';
import { pageSize } from '../embedded/records.ts';
import { StoreError } from '../store.ts';
import type { QueryOptions, QueryResult, Stored } from '../store.ts';
import { matchAll, anyOf } from '../../query/keywords/dsl.ts';
import type { Dsl } from '../../query/keywords/dsl.ts';
import { unasked } from '../../query/keywords/translate.ts';
import type { Translated } from '../../query/keywords/translate.ts';
import { ofAnswer } from './requests/answers.ts';
import type { ServerReason } from './requests/answers.ts';
import type { Names } from './indices/mappings.ts';
import { storedOf } from './record.ts';
import type { Hit } from './record.ts';
import type { Requests } from './requests/requests.ts';

/** Longest time one search may take on the server. */
const searchTimeout = '10s';
/** Documents judged at a time, and of one query. */
const judgedPageSize = 500;
const mostJudged = 100_000;
/** `index.max_result_window` and `index.max_terms_count` of a plain server. */
const resultWindow = 10_000;
const mostTerms = 60_000;
/** What servers say of a query that they find too costly. */
const tooCostly =
  /too_complex|TooComplex|determiniz|too_many|maxClauseCount|max_clause|nested depth|regex.*exceeded|length of regex/i;

interface SortedHit extends Hit {
  sort: unknown[];
}
interface Answer {
  status?: number;
  error?: ServerReason;
  timed_out?: boolean;
  hits: { total?: { value: number }; hits: SortedHit[] };
}

class TooCostly extends Error {}

/**
 * Several searches of one index in one trip.
 * @throws TooCostly; StoreError, also when one took too long
 */
async function searchAll(requests: Requests, index: string, bodies: object[]): Promise<Answer['hits'][]> {
  const lines = bodies
    .map((body) => `{"allow_partial_search_results":false}\n${JSON.stringify({ timeout: searchTimeout, ...body })}\n`)
    .join('');
  const { body } = await requests.send<{ responses: Answer[] }>({ method: 'POST', path: `/${index}/_msearch`, lines });
  return body.responses.map((answer) => {
    if (answer.error) {
      const { error } = ofAnswer(answer.status ?? 500, answer.error, requests.where);
      throw tooCostly.test(JSON.stringify(answer.error)) ? new TooCostly(error.message) : error;
    }
    if (answer.timed_out) {
      throw new StoreError(
        'store-unavailable',
        `Elasticsearch did not finish a search within ${searchTimeout}`,
        'Name a field, or begin patterns with a letter.',
      );
    }
    return answer.hits;
  });
}

class Search<T> {
  readonly #requests: Requests;
  readonly #index: string;
  readonly #only: Dsl;
  readonly #matches: Matches;
  readonly #sort: object[];
  constructor(requests: Requests, index: string, only: Dsl, matches: Matches, sort: object[]) {
    this.#requests = requests;
    this.#index = index;
    this.#only = only;
    this.#matches = matches;
    this.#sort = sort;
  }

  #body(question: Dsl, size: number, more: object = {}): object {
    return {
      query: { bool: { filter: [this.#only, question] } },
      size,
      sort: this.#sort,
      seq_no_primary_term: true,
      ...more,
    };
  }

  #toJudge(maybe: Dsl, after: string | null): object {
    const page = { sort: [{ key: 'asc' }], ...(after === null ? {} : { search_after: [after] }) };
    return this.#body(maybe, judgedPageSize, { ...page, track_total_hits: after === null });
  }

  /** The keys of what matches among the documents that have to be judged. */
  async #judge(maybe: Dsl, first: Answer['hits']): Promise<string[]> {
    if (first.total!.value > mostJudged) {
      throw new StoreError(
        'store-refused',
        `The query is too wide: ${first.total!.value} documents would have to be looked at one by one`,
        'Name a field, or add a condition: phrases, patterns that begin with * and ~ cost most.',
      );
    }
    const keys: string[] = [];
    for (let hits = first.hits; hits.length > 0;) {
      for (const { _source } of hits) if (this.#matches(shownToQueries(_source.doc))) keys.push(_source.key);
      if (hits.length < judgedPageSize) break;
      const [next] = await searchAll(this.#requests, this.#index, [this.#toJudge(maybe, hits.at(-1)!._source.key)]);
      hits = next!.hits;
    }
    return keys;
  }

  /** A page beyond the server's window: walked to, without documents. */
  async #deep(question: Dsl, from: number, size: number): Promise<SortedHit[]> {
    let after: unknown[] | null = null;
    const at = (): object => (after === null ? {} : { search_after: after });
    for (let left = from; left > 0;) {
      const step = Math.min(left, resultWindow);
      const [{ hits } = { hits: [] }] = await searchAll(this.#requests, this.#index, [
        this.#body(question, step, { ...at(), _source: false, track_total_hits: false }),
      ]);
      if (hits.length < step) return [];
      after = hits.at(-1)!.sort;
      left -= step;
    }
    const [page] = await searchAll(this.#requests, this.#index, [
      this.#body(question, size, { ...at(), track_total_hits: false }),
    ]);
    return page!.hits;
  }

  async run({ sure, maybe }: Translated, from: number, size: number): Promise<QueryResult<T>> {
    const isDeep = from + size > resultWindow;
    const paged = (question: Dsl): object =>
      this.#body(question, isDeep ? 0 : size, { from: isDeep ? 0 : from, track_total_hits: true });
    const asked = await searchAll(this.#requests, this.#index, [
      paged(sure),
      ...(maybe === null ? [] : [this.#toJudge(maybe, null)]),
    ]);
    const keys = maybe === null ? [] : await this.#judge(maybe, asked[1]!);
    let question = sure;
    let found = asked[0]!;
    if (keys.length > 0) {
      const parts: Dsl[] = [];
      for (let start = 0; start < keys.length; start += mostTerms)
        parts.push({ terms: { key: keys.slice(start, start + mostTerms) } });
      question = anyOf([sure, ...parts]);
      [found] = (await searchAll(this.#requests, this.#index, [paged(question)])) as [Answer['hits']];
    }
    const hits = isDeep ? await this.#deep(question, from, size) : found.hits;
    return { items: hits.map((hit): Stored<T> => storedOf<T>(hit)), total: found.total!.value };
  }
}

/**
 * Documents of a collection that match, as the last refresh shows them.
 * @throws StoreError store-refused (not valid, or too wide), store-unavailable
 */
export async function searchCollection<T>(
  requests: Requests,
  names: Names,
  collection: string,
  query: string,
  options: QueryOptions,
): Promise<QueryResult<T>> {
  checkCollection(collection);
  const { translated, matches } = judgedQuery(query);
  const sort = [
    ...sortFields(options.sort ?? '').map(({ path, descending }) => ({
      [`order.${path}`]: { order: descending ? 'desc' : 'asc', missing: '_last', unmapped_type: 'keyword' },
    })),
    { key: 'asc' },
  ];
  const search = new Search<T>(requests, names.records(collection), { term: { collection } }, matches, sort);
  const from = Math.max(0, Math.floor(options.from ?? 0));
  const size = pageSize(options.size, 100);
  try {
    return await search.run(translated, from, size);
  } catch (error) {
    if (!(error instanceof TooCostly)) throw error;
    return search.run(unasked, from, size);
  }
}

/** What to ask of the log's index so that it finds all entries that match; `searchLog` judges them. */
export function candidates(query: string): Dsl {
  return takesAll(query) ? matchAll : judgedQuery(query).translated.candidates;
}
