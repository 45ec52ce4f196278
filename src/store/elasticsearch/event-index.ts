// The event log's daily indices as readers see them: what an entry is there, and how far it is safe to look.
import type { LogEntry } from '../store.ts';
import type { Counters } from './counters.ts';
import type { Names } from './indices/mappings.ts';
import type { Requests } from './requests/requests.ts';
import { searchMembers } from './indices/search-fields.ts';

/** Of the log's own numbers. */
export const logCounter = 'events';
/** Writers that may be writing still: the latest ones. */
const latestWriters = 30;

interface EventSource {
  seq: number;
  at: number;
  term: number;
  writer: string;
  entry: object;
}

export const entryOf = ({ seq, entry }: EventSource): LogEntry =>
  ({ ...(entry as Omit<LogEntry, 'seq'>), seq }) as LogEntry;

/** An entry as it is indexed. @param json of the entry without its number */
export function sourceOf(about: Omit<EventSource, 'entry'>, json: Buffer): string {
  const text = json.toString();
  const entry = { ...(JSON.parse(text) as object), seq: about.seq };
  return `${JSON.stringify(about).slice(0, -1)},"entry":${text},${searchMembers(entry)}}`;
}

export class EventIndex {
  readonly #requests: Requests;
  readonly #names: Names;
  readonly #counters: Counters;
  /** The newest number found of each other writer. */
  #reached = new Map<string, number>();

  constructor(requests: Requests, names: Names, counters: Counters) {
    this.#requests = requests;
    this.#names = names;
    this.#counters = counters;
  }

  async search(body: object): Promise<EventSource[]> {
    const { body: answer } = await this.#requests.send<{ hits: { hits: { _source: EventSource }[] } }>({
      method: 'POST',
      path: `/${this.#names.allEvents}/_search`,
      query: { ignore_unavailable: true, allow_partial_search_results: false },
      body: { track_total_hits: false, _source: ['seq', 'entry'], ...body },
    });
    return answer.hits.hits.map((hit) => hit._source);
  }

  refresh(): Promise<unknown> {
    return this.#requests.send({ method: 'POST', path: `/${this.#names.allEvents}/_refresh` });
  }

  /**
   * How far it is safe to look, for each writer. Of another process: the newest entry of it that can be found; all below it were
   * acknowledged before that one was sent, and a refresh after that shows them. Of this one: what it knows. A writer that comes later
   * has numbers above all that were given before.
   */
  async horizon(own: { writer: string; settled: number }): Promise<{ newest: number; within: object }> {
    const { writer, settled } = own;
    await this.refresh();
    const { body } = await this.#requests.send<{
      aggregations?: { by: { buckets: { key: string; newest: { value: number } }[] } };
    }>({
      method: 'POST',
      path: `/${this.#names.allEvents}/_search`,
      query: { ignore_unavailable: true, allow_partial_search_results: false },
      body: {
        size: 0,
        track_total_hits: false,
        aggs: {
          by: {
            terms: { field: 'writer', size: latestWriters, order: { newest: 'desc' } },
            aggs: { newest: { max: { field: 'seq' } } },
          },
        },
      },
    });
    const reached = new Map((body.aggregations?.by.buckets ?? []).map(({ key, newest }) => [key, newest.value]));
    reached.delete(writer);
    const grown = [...reached].some(([name, newest]) => this.#reached.get(name) !== newest);
    if (grown) await this.refresh();
    this.#reached = reached;
    const known = [...reached.values(), ...(settled > 0 ? [settled] : [])];
    const newest = known.length > 0 ? Math.max(...known) : (await this.#counters.peek(logCounter)) - 1;
    const beyond = [...reached, [writer, settled] as const].map(([name, seq]) => ({
      bool: { filter: [{ term: { writer: name } }, { range: { seq: { gt: seq } } }] },
    }));
    return { newest, within: { bool: { filter: [{ range: { seq: { lte: newest } } }], must_not: beyond } } };
  }

  /** The highest number that can be found. */
  async newest(): Promise<number> {
    await this.refresh();
    const { body } = await this.#requests.send<{ aggregations?: { newest: { value: number | null } } }>({
      method: 'POST',
      path: `/${this.#names.allEvents}/_search`,
      query: { ignore_unavailable: true, allow_partial_search_results: false },
      body: { size: 0, track_total_hits: false, aggs: { newest: { max: { field: 'seq' } } } },
    });
    return body.aggregations?.newest.value ?? 0;
  }
}
