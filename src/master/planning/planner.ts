// Asks placement: at once where the cluster is small, else in a thread of its own with the snapshot read in pieces, so that the
// main loop is never held up (plan-thread.ts is its other end).
import { Worker } from 'node:worker_threads';
import { OneAtATime } from '../../model/one-at-a-time.ts';
import type { PlacementSettings, Plan } from '../../placement/snapshot.ts';
import type { MasterContext } from '../context.ts';
import { Sender } from './mirror.ts';
import type { Sent } from './mirror.ts';
import { answer } from './question.ts';
import type { Answers, Question } from './question.ts';
import { Assembly, snapshotPieces } from './snapshot.ts';
import type { SlotVersions } from './snapshot.ts';

/** Slots times nodes above which a question goes to the thread: about 20 ms of work. */
const largeQuestion = 20_000;
/** Longest turn of the loop while a snapshot is read, ms. */
const turnMs = 10;

export type ToThread =
  | { kind: 'begin'; now: number; frozenUntil: number | null; settings: PlacementSettings }
  | { kind: 'piece'; piece: Sent }
  | { kind: 'ask'; question: Question };
export type FromThread =
  | { kind: 'changes'; changes: Plan['changes'] }
  | { kind: 'done'; rest: unknown }
  | { kind: 'failed'; message: string };

interface PlannerOptions {
  context: MasterContext;
  frozenUntil(): number | null;
  settings: PlacementSettings;
  /** The thread stays for the next question. */ keeps: boolean;
}

export class Planner {
  readonly #options: PlannerOptions;
  #worker: Worker | null = null;
  #waiting: {
    changes: Plan['changes'];
    resolve: (answered: unknown) => void;
    reject: (error: Error) => void;
  } | null = null;
  #sender = new Sender();
  readonly #questions = new OneAtATime();

  constructor(options: PlannerOptions) {
    this.#options = options;
  }

  /**
   * @param versions filled with the version of each slot as it was read
   * @throws Error when planning throws or its thread ends; the next question begins a new one
   */
  ask<K extends Question['kind']>(
    question: Extract<Question, { kind: K }>,
    versions: SlotVersions = new Map(),
  ): Promise<Answers[K]> {
    return this.#questions.run(() => this.#askNow(question, versions) as Promise<Answers[K]>);
  }

  async #askNow(question: Question, versions: SlotVersions): Promise<unknown> {
    const {
      context: { view, clock, leadership },
      frozenUntil,
      settings,
    } = this.#options;
    const pieces = snapshotPieces(view, leadership.hub, clock, versions);
    const slots =
      [...view.apps.values()].reduce((sum, { record, slots: held }) => sum + Math.max(record.doc.scale, held.size), 0) +
      question.more;
    if (slots * Math.max(1, view.nodes.size) <= largeQuestion) {
      const assembly = new Assembly(clock.now(), frozenUntil(), settings);
      for (const piece of pieces) assembly.add(piece);
      return answer(assembly.snapshot, question);
    }
    this.#running();
    this.#send({ kind: 'begin', now: clock.now(), frozenUntil: frozenUntil(), settings });
    const outline = this.#sender.outline(pieces);
    for (let began = performance.now(), piece = outline.next(); !piece.done; piece = outline.next()) {
      this.#send({ kind: 'piece', piece: piece.value });
      if (performance.now() - began < turnMs) continue;
      await new Promise(setImmediate);
      began = performance.now();
    }
    try {
      return await new Promise<unknown>((resolve, reject) => {
        this.#waiting = { changes: [], resolve, reject };
        this.#send({ kind: 'ask', question });
      });
    } finally {
      if (!this.#options.keeps) await this.stop();
    }
  }

  #send(message: ToThread): void {
    this.#running().postMessage(message);
  }

  #running(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('./plan-thread.js', import.meta.url));
    worker.on('message', (message: FromThread) => this.#heard(message));
    worker.on('error', (error) => this.#ended(worker, error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', (code) => this.#ended(worker, new Error(`the planning thread ended with ${code}`)));
    worker.unref();
    this.#sender = new Sender();
    return (this.#worker = worker);
  }

  #ended(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    this.#waiting?.reject(error);
    this.#waiting = null;
  }

  #heard(message: FromThread): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    if (message.kind === 'changes') {
      waiting.changes.push(...message.changes);
      return;
    }
    this.#waiting = null;
    if (message.kind === 'failed') waiting.reject(new Error(message.message));
    else
      waiting.resolve(
        typeof message.rest === 'object' && message.rest !== null && 'tombstones' in message.rest
          ? { ...message.rest, changes: waiting.changes }
          : message.rest,
      );
  }

  async stop(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    this.#waiting?.reject(new Error('the master is stopping'));
    this.#waiting = null;
    await worker?.terminate();
  }
}
