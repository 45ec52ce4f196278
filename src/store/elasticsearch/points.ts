// Per-minute points in daily indices: one document a subject and minute, so that the same minute again replaces it.
import { createHash } from 'node:crypto';
import { checkKey, toJson } from '../embedded/encoding.ts';
import { StoreError } from '../store.ts';
import type { SeriesPoint, SubjectPoint } from '../store.ts';
import type { Bulk, Operation } from './requests/bulk.ts';
import { settleDaily } from './indices/daily.ts';
import type { Indices } from './indices/indices.ts';
import type { Names } from './indices/mappings.ts';
import type { Answer, Requests } from './requests/requests.ts';

const pageSize = 5_000;

interface Page {
  hits: { hits: { _source: SeriesPoint; sort: number[] }[] };
}

export class Points {
  readonly #requests: Requests;
  readonly #bulk: Bulk;
  readonly #indices: Indices;
  readonly #names: Names;
  /** Written by us since the last refresh; at first, by whoever was before us. */
  #unseen = true;

  constructor(requests: Requests, bulk: Bulk, indices: Indices, names: Names) {
    this.#requests = requests;
    this.#bulk = bulk;
    this.#indices = indices;
    this.#names = names;
  }

  #operation(subject: string, { minute, values }: SeriesPoint): Operation {
    if (!Number.isSafeInteger(minute) || minute < 0) {
      throw new StoreError(
        'store-refused',
        `A point of ${subject} has no valid minute: ${minute}`,
        'Give whole minutes since 1970.',
      );
    }
    const name = Buffer.byteLength(subject) < 400 ? subject : createHash('sha256').update(subject).digest('base64url');
    const source = `{"subject":${JSON.stringify(subject)},"minute":${minute},"values":${toJson(values).toString()}}`;
    return { action: 'index', index: this.#names.points(minute * 60_000), id: `${minute}/${name}`, source };
  }

  /** Safe to do twice, so whatever has no answer is sent again. */
  async add(subject: string, points: SeriesPoint[]): Promise<void> {
    checkKey(subject);
    const operations = points.map((point) => this.#operation(subject, point));
    await settleDaily(this.#bulk, this.#indices, operations).finally(() => {
      this.#unseen = true;
    });
  }

  /** Points of all subjects, by minute and subject; `after` is what `next` was. */
  async scan(
    after: string | null,
    limit: number,
    newestFirst: boolean,
  ): Promise<{ items: SubjectPoint[]; next: string | null }> {
    const order = newestFirst ? 'desc' : 'asc';
    const { body } = await this.#requests.send<{ hits: { hits: { _source: SubjectPoint; sort: unknown[] }[] } }>({
      method: 'POST',
      path: `/${this.#names.allPoints}/_search`,
      query: { ignore_unavailable: true, allow_partial_search_results: false },
      body: {
        size: limit,
        track_total_hits: false,
        sort: [{ minute: { order, unmapped_type: 'long' } }, { subject: { order, unmapped_type: 'keyword' } }],
        ...(after === null ? {} : { search_after: JSON.parse(after) as unknown[] }),
      },
    });
    const { hits } = body.hits;
    const items = hits.map(({ _source: { subject, minute, values } }) => ({ subject, minute, values }));
    return { items, next: hits.length === limit ? JSON.stringify(hits.at(-1)!.sort) : null };
  }

  async read(subject: string, fromMinute: number, toMinute: number): Promise<SeriesPoint[]> {
    checkKey(subject);
    const index = this.#names.allPoints;
    if (this.#unseen) {
      this.#unseen = false;
      await this.#requests.send({ method: 'POST', path: `/${index}/_refresh` });
    }
    const points: SeriesPoint[] = [];
    for (let after: number[] | null = []; after !== null;) {
      const answer: Answer<Page> = await this.#requests.send<Page>({
        method: 'POST',
        path: `/${index}/_search`,
        query: { ignore_unavailable: true, allow_partial_search_results: false },
        body: {
          size: pageSize,
          track_total_hits: false,
          _source: ['minute', 'values'],
          sort: [{ minute: 'asc' }],
          query: {
            bool: {
              filter: [
                { term: { subject } },
                { range: { minute: { gte: Math.ceil(fromMinute), lte: Math.floor(toMinute) } } },
              ],
            },
          },
          ...(after.length > 0 ? { search_after: after } : {}),
        },
      });
      const { hits } = answer.body.hits;
      for (const {
        _source: { minute, values },
      } of hits)
        points.push({ minute, values });
      after = hits.length === pageSize ? hits.at(-1)!.sort : null;
    }
    return points;
  }
}
