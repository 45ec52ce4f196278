// Records: single-record compare-and-swap by `if_seq_no`, fenced by term. Decisions read by id, in real time; a write without an
// answer is looked for by the name it carries.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkCollection, checkKey, toJson } from '../embedded/encoding.ts';
import { pageSize } from '../embedded/records.ts';
import { shownToQueries } from '../search.ts';
import { StoreError } from '../store.ts';
import type { Doc, ScanOptions, Stored, Write, WriteResult } from '../store.ts';
import type { Bulk, Operation, Outcome, Position } from './requests/bulk.ts';
import { ofAnswer } from './requests/answers.ts';
import type { Failure, ServerReason } from './requests/answers.ts';
import type { Names } from './indices/mappings.ts';
import { placeOf, positionOf, storedOf, versionOf } from './record.ts';
import type { Hit } from './record.ts';
import { pauseMs } from './requests/requests.ts';
import type { Requests } from './requests/requests.ts';
import { searchMembers } from './indices/search-fields.ts';

interface Prepared extends Omit<Write, 'doc' | 'term'> {
  json: string | null;
  term: number;
  index: string;
  id: string;
  name: string;
}

/** Reads and writes after which one write is given up as it never comes to rest. */
const mostTries = 50;
const readAtOnce = 1_000;

/** Of a part of an answer that tells no status of its own. */
const ofMissing = (error: ServerReason, where: string): Failure =>
  ofAnswer(error.type === 'index_not_found_exception' ? 404 : 503, error, where);

export class Records {
  readonly #requests: Requests;
  readonly #bulk: Bulk;
  readonly #names: Names;
  /** Names of writes begin with this: no two processes share it. */
  readonly #writer = randomBytes(6).toString('base64url');
  #written = 0;

  constructor(requests: Requests, bulk: Bulk, names: Names) {
    this.#requests = requests;
    this.#bulk = bulk;
    this.#names = names;
  }

  async get<T = Doc>(collection: string, key: string): Promise<Stored<T> | null> {
    checkCollection(collection);
    checkKey(key);
    const { index, id } = placeOf(this.#names, collection, key);
    const found = await this.#requests.document<Hit>(`/${index}/_doc/${encodeURIComponent(id)}`);
    return found && storedOf<T>(found);
  }

  /** In key order, of all that was acknowledged before. */
  async scan<T = Doc>(
    collection: string,
    options: ScanOptions = {},
  ): Promise<{ items: Stored<T>[]; next: string | null }> {
    checkCollection(collection);
    const limit = pageSize(options.limit, 1000);
    const index = this.#names.records(collection);
    await this.#requests.send({ method: 'POST', path: `/${index}/_refresh` });
    const { prefix = '', after = '' } = options;
    const filter: object[] = [{ term: { collection } }];
    if (prefix !== '') filter.push({ prefix: { key: { value: prefix } } });
    const hits = await this.#hits(index, {
      size: Math.min(limit + 1, 10_000),
      query: { bool: { filter } },
      sort: [{ key: 'asc' }],
      ...(after === '' ? {} : { search_after: [after] }),
    });
    // A page of the largest size cannot look one further: whether there is more is asked for apart.
    const more =
      hits.length > limit ||
      (limit === 10_000 &&
        hits.length === limit &&
        (
          await this.#hits(index, {
            size: 1,
            query: { bool: { filter } },
            sort: [{ key: 'asc' }],
            search_after: [hits[limit - 1]!._source.key],
          })
        ).length > 0);
    const items = hits.slice(0, limit).map((hit) => storedOf<T>(hit));
    return { items, next: more ? items.at(-1)!.key : null };
  }

  async #hits(index: string, body: object): Promise<Hit[]> {
    const answer = await this.#requests.send<{ hits: { hits: Hit[] } }>({
      method: 'POST',
      path: `/${index}/_search`,
      query: { allow_partial_search_results: false },
      body: { seq_no_primary_term: true, track_total_hits: false, ...body },
    });
    return answer.body.hits.hits;
  }

  /** @throws StoreError store-refused for a bad collection, key, term or document */
  prepare(write: Write): Prepared {
    checkCollection(write.collection);
    checkKey(write.key);
    const term = write.term ?? 0;
    if (!Number.isSafeInteger(term) || term < 0)
      throw new StoreError('store-refused', `A term is ${term}`, 'Give a whole number from 0 on.');
    this.#written += 1;
    return {
      collection: write.collection,
      key: write.key,
      expect: write.expect,
      term,
      ...placeOf(this.#names, write.collection, write.key),
      json: write.doc === null ? null : toJson(write.doc).toString(),
      name: `${this.#writer}${this.#written.toString(36)}`,
    };
  }

  /** Each alone, in order also where a record comes twice. */
  async write(writes: Write[]): Promise<WriteResult[]> {
    const prepared = writes.map((write) => this.prepare(write));
    const results = new Map<Prepared, WriteResult>();
    for (let left = prepared; left.length > 0;) {
      const seen = new Set<string>();
      const now: Prepared[] = [];
      const later: Prepared[] = [];
      for (const write of left) {
        const name = `${write.index} ${write.id}`;
        (seen.has(name) ? later : now).push(write);
        seen.add(name);
      }
      await this.#settle(now, results);
      left = later;
    }
    return prepared.map((write) => results.get(write)!);
  }

  /** Writes of different records, until each has its result. */
  async #settle(writes: Prepared[], results: Map<Prepared, WriteResult>): Promise<void> {
    const unsure = new Map<Prepared, StoreError>();
    const until = performance.now() + this.#requests.patienceMs;
    /** What is known of a record without reading it. */
    let known = new Map<Prepared, Hit | null>();
    let left = writes;
    for (let tries = 0; left.length > 0; tries += 1) {
      const read = left.filter((write) => tries > 0 || !this.#decided(write));
      if (read.length > 0) known = await this.#read(read);
      const todo: { write: Prepared; operation: Operation }[] = [];
      for (const write of left) {
        const step = known.has(write) ? this.#judge(write, known.get(write)!, unsure.has(write)) : this.#first(write);
        if ('ok' in step) results.set(write, step);
        else todo.push({ write, operation: step });
      }
      if (tries >= mostTries)
        throw new StoreError('store-unavailable', 'A record changes all the time under the hand', 'Try again.');
      if (tries > 0 && todo.length > 0) {
        const error = todo.map(({ write }) => unsure.get(write)).find(Boolean);
        if (error && performance.now() > until) throw error;
        await sleep(error ? pauseMs(tries) : Math.random() * 5);
      }
      const outcomes = await this.#bulk.run(todo.map(({ operation }) => operation));
      left = [];
      for (const [index, { write }] of todo.entries()) {
        const outcome = outcomes[index]!;
        if (outcome.kind === 'done') results.set(write, { ok: true, version: versionOf(outcome.at, write.term) });
        else {
          this.#note(write, outcome, unsure);
          left.push(write);
        }
      }
    }
  }

  #note(write: Prepared, outcome: Exclude<Outcome, { kind: 'done' }>, unsure: Map<Prepared, StoreError>): void {
    if (outcome.kind === 'failed') throw outcome.error;
    if (outcome.kind === 'unknown') unsure.set(write, outcome.error);
  }

  /** Can it be tried without reading first? The token says under which term the record was written. */
  #decided(write: Prepared): boolean {
    if (write.expect === 'absent') return write.json !== null;
    if (write.expect === 'any') return false;
    const position = positionOf(write.expect);
    return position !== null && position.term <= write.term;
  }

  #first(write: Prepared): Operation {
    return this.operation(write, write.expect === 'absent' ? null : positionOf(write.expect));
  }

  /** @param at null: it is to be made */
  operation({ index, id, json, collection, key, term, name }: Prepared, at: Position | null): Operation {
    const guard = at ? { at: { seqNo: at.seqNo, primaryTerm: at.primaryTerm } } : {};
    if (json === null) return { action: 'delete', index, id, ...guard };
    const about = JSON.stringify({ collection, key, term, write: name });
    return {
      action: at ? 'index' : 'create',
      index,
      id,
      ...guard,
      source: `${about.slice(0, -1)},"doc":${json},${searchMembers(shownToQueries(JSON.parse(json) as object))}}`,
    };
  }

  /** What a write is, given the record as it stands: a result, or the operation that is to be tried. */
  #judge(write: Prepared, stored: Hit | null, unsure: boolean): WriteResult | Operation {
    const at = stored && { seqNo: stored._seq_no, primaryTerm: stored._primary_term };
    // Sent before without an answer: it was done.
    if (unsure && stored?._source.write === write.name) return { ok: true, version: versionOf(at!, write.term) };
    if (stored && stored._source.term > write.term) return { ok: false, conflict: 'term' };
    if (write.json === null && !stored && (unsure || write.expect === 'any' || write.expect === 'absent')) {
      this.#written += 1;
      return { ok: true, version: `gone.${this.#writer}${this.#written.toString(36)}` };
    }
    const fits =
      write.expect === 'any' ||
      (stored ? write.expect === versionOf(at!, stored._source.term) : write.expect === 'absent');
    return fits ? this.operation(write, at) : { ok: false, conflict: 'version' };
  }

  /** The records as they are now, by id: without their documents. */
  async #read(writes: Prepared[]): Promise<Map<Prepared, Hit | null>> {
    const found = new Map<Prepared, Hit | null>();
    for (let from = 0; from < writes.length; from += readAtOnce) {
      const part = writes.slice(from, from + readAtOnce);
      const { body } = await this.#requests.send<{ docs: (Hit & { found?: boolean; error?: ServerReason })[] }>({
        method: 'POST',
        path: '/_mget',
        query: { _source_includes: 'term,write' },
        body: { docs: part.map(({ index, id }) => ({ _index: index, _id: id })) },
      });
      part.forEach((write, index) => {
        const doc = body.docs[index]!;
        // An index that is gone has not told that a record is not there.
        if (doc.error) throw this.#requests.told(ofMissing(doc.error, this.#requests.where)).error;
        found.set(write, doc.found ? doc : null);
      });
    }
    return found;
  }
}
