// All writes go by _bulk, gathered: what is asked for while some are under way goes with the next ones, so a hundred writers cost
// a few requests, and a server that is slow is asked for more at once instead of more often (back-pressure).
import { setTimeout as sleep } from 'node:timers/promises';
import { OutrankedError } from '../../store.ts';
import type { StoreError } from '../../store.ts';
import { ofAnswer } from './answers.ts';
import type { ServerReason } from './answers.ts';
import { ofThrown } from './failures.ts';
import type { Names } from '../indices/mappings.ts';
import { pauseMs } from './requests.ts';
import type { Requests } from './requests.ts';

export interface Position {
  seqNo: number;
  primaryTerm: number;
}

export interface Operation {
  action: 'create' | 'index' | 'delete';
  index: string;
  id: string;
  /** JSON in one line; absent for a delete. */
  source?: string;
  /** Only when the document is still at this position. */
  at?: Position;
  /** To an index that is being made again and nobody else may write to yet. */
  direct?: boolean;
}

/** `unknown`: no answer; it may have been done, or be done later. */
export type Outcome =
  | { kind: 'done'; at: Position }
  | { kind: 'conflict' }
  | { kind: 'unknown' | 'failed'; error: StoreError };

interface Item {
  status: number;
  _seq_no?: number;
  _primary_term?: number;
  error?: ServerReason;
}
interface Job {
  operations: Operation[];
  resolve: (outcomes: Outcome[]) => void;
}

/** Of one request: operations, and characters of their sources. */
const mostOperations = 1_000;
const mostCharacters = 4 * 1024 * 1024;
/** Requests under way at once. */
const mostUnderWay = 3;

/** By the name that only an index made by this program has: one that is gone is then not made by the server, with whatever mapping. */
const lineOf = ({ action, index, id, source, at, direct }: Operation, doorOf: (index: string) => string): string => {
  const about = JSON.stringify({
    [action]: {
      _index: direct ? index : doorOf(index),
      _id: id,
      ...(at ? { if_seq_no: at.seqNo, if_primary_term: at.primaryTerm } : {}),
      ...(direct || action === 'delete' ? {} : { require_alias: true }),
    },
  });
  return source === undefined ? `${about}\n` : `${about}\n${source}\n`;
};

export class Bulk {
  readonly #requests: Requests;
  readonly #names: Names;
  #waiting: Job[] = [];
  #underWay = 0;
  #begun = false;
  /** Why nothing may be sent now; null: it may. */
  refusal: () => StoreError | null = () => null;

  constructor(requests: Requests, names: Names) {
    this.#requests = requests;
    this.#names = names;
  }

  /** Does operations, in order as far as they touch the same index; never two of one document in one call. Never rejects. */
  run(operations: Operation[]): Promise<Outcome[]> {
    if (operations.length === 0) return Promise.resolve([]);
    const parts: Operation[][] = [];
    let size = Infinity;
    for (const operation of operations) {
      const length = operation.source?.length ?? 0;
      if (size + length > mostCharacters || (parts.at(-1)?.length ?? 0) >= mostOperations) {
        parts.push([]);
        size = 0;
      }
      size += length;
      parts.at(-1)!.push(operation);
    }
    return Promise.all(
      parts.map(
        (part) =>
          new Promise<Outcome[]>((resolve) => {
            this.#waiting.push({ operations: part, resolve });
            this.#begin();
          }),
      ),
    ).then((outcomes) => outcomes.flat());
  }

  /**
   * Operations that may as well be done twice, each until it is done: what has no answer is sent again.
   * @throws StoreError
   */
  async settle(operations: Operation[]): Promise<void> {
    const until = performance.now() + this.#requests.patienceMs;
    for (let left = operations; left.length > 0;) {
      const outcomes = await this.run(left);
      const failed = outcomes.find(
        (outcome) => outcome.kind === 'failed' || (outcome.kind === 'unknown' && performance.now() > until),
      );
      if (failed && 'error' in failed) throw failed.error;
      left = left.filter((_, n) => outcomes[n]!.kind === 'unknown');
    }
  }

  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    // A microtask later, so that whoever writes in the same turn shares the request.
    queueMicrotask(() => {
      this.#begun = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#waiting.length > 0 && this.#underWay < mostUnderWay) {
      let count = 0;
      let operations = 0;
      let size = 0;
      for (const job of this.#waiting) {
        operations += job.operations.length;
        size += job.operations.reduce((sum, { source }) => sum + (source?.length ?? 0), 0);
        if (count > 0 && (operations > mostOperations || size > mostCharacters)) break;
        count += 1;
      }
      const jobs = this.#waiting.splice(0, count);
      this.#underWay += 1;
      void this.#perform(jobs.flatMap((job) => job.operations)).then((outcomes) => {
        let from = 0;
        for (const job of jobs) job.resolve(outcomes.slice(from, (from += job.operations.length)));
        this.#underWay -= 1;
        this.#begin();
      });
    }
  }

  /** One request, and again for what the server has certainly not done. */
  async #perform(operations: Operation[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    let left = operations.map((_, index) => index);
    const until = performance.now() + this.#requests.patienceMs;
    for (let tries = 0; ; tries += 1) {
      const answers = await this.#ask(left.map((index) => operations[index]!));
      const again: number[] = [];
      left.forEach((index, n) => {
        const { outcome, unsent } = answers[n]!;
        outcomes[index] = outcome;
        if (unsent) again.push(index);
      });
      const pause = pauseMs(tries);
      if (again.length === 0 || this.#requests.closed || performance.now() + pause > until) return outcomes;
      left = again;
      await sleep(pause);
    }
  }

  async #ask(operations: Operation[]): Promise<{ outcome: Outcome; unsent: boolean }[]> {
    const refused = (error: StoreError): { outcome: Outcome; unsent: boolean }[] =>
      operations.map(() => ({ outcome: { kind: 'failed', error }, unsent: !(error instanceof OutrankedError) }));
    let refusal = this.refusal();
    if (refusal) return refused(refusal);
    const text = operations.map((operation) => lineOf(operation, this.#names.door)).join('');
    // Looked at again when it goes to the wire: a process may be stopped while its connection is made, and go on much later.
    const lines = (): string => {
      refusal = this.refusal();
      if (refusal) throw refusal;
      return text;
    };
    try {
      // No waiting on the server for a shard that is away: this side tries again, and knows of it.
      const { body } = await this.#requests.once<{ items: Record<string, Item>[] }>({
        method: 'POST',
        path: '/_bulk',
        query: { timeout: '1s' },
        lines,
      });
      return operations.map((operation, index) => this.#judge(body.items[index]![operation.action]!));
    } catch (thrown) {
      if (refusal) return refused(refusal);
      const { error, fate } = this.#requests.told(ofThrown(thrown, this.#requests.where));
      return operations.map(() => ({
        outcome: { kind: fate === 'unknown' ? 'unknown' : 'failed', error },
        unsent: fate === 'unsent',
      }));
    }
  }

  #judge(item: Item): { outcome: Outcome; unsent: boolean } {
    if (item.status === 409) return { outcome: { kind: 'conflict' }, unsent: false };
    // A delete of what is not there is a 404 with a position of its own.
    if (item.status < 300 || (item.status === 404 && !item.error)) {
      return {
        outcome: { kind: 'done', at: { seqNo: item._seq_no!, primaryTerm: item._primary_term! } },
        unsent: false,
      };
    }
    const { error, fate } = this.#requests.told(ofAnswer(item.status, item.error, this.#requests.where));
    return { outcome: { kind: fate === 'unknown' ? 'unknown' : 'failed', error }, unsent: fate === 'unsent' };
  }
}
