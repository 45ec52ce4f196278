// Plans in a thread of its own (plan-thread.ts): takes a snapshot in pieces, gives a plan.
import { Worker } from 'node:worker_threads';
import type { PlacementSettings, Plan } from '../placement/snapshot.ts';
import type { Piece } from './snapshot.ts';

export type ToThread = { kind: 'begin'; now: number; frozenUntil: number | null; settings: PlacementSettings } | { kind: 'piece'; piece: Piece } | { kind: 'plan' };
export type FromThread = { kind: 'changes'; changes: Plan['changes'] } | { kind: 'done'; rest: Omit<Plan, 'changes'> } | { kind: 'failed'; message: string };

export class PlanWorker {
  private worker: Worker | null = null;
  private waiting: { changes: Plan['changes']; resolve: (plan: Plan) => void; reject: (error: Error) => void } | null = null;

  private running(): Worker {
    if (this.worker) return this.worker;
    const worker = new Worker(new URL('./plan-thread.js', import.meta.url));
    worker.on('message', (message: FromThread) => this.heard(message));
    worker.on('error', (error) => this.ended(worker, error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', (code) => this.ended(worker, new Error(`the planning thread ended with ${code}`)));
    worker.unref();
    return this.worker = worker;
  }

  private ended(worker: Worker, error: Error): void {
    if (this.worker !== worker) return;
    this.worker = null;
    this.waiting?.reject(error);
    this.waiting = null;
  }

  private heard(message: FromThread): void {
    const { waiting } = this;
    if (!waiting) return;
    if (message.kind === 'changes') { waiting.changes.push(...message.changes); return; }
    this.waiting = null;
    if (message.kind === 'done') waiting.resolve({ ...message.rest, changes: waiting.changes });
    else waiting.reject(new Error(message.message));
  }

  private send(message: ToThread): void { this.running().postMessage(message); }

  begin(now: number, frozenUntil: number | null, settings: PlacementSettings): void { this.send({ kind: 'begin', now, frozenUntil, settings }); }

  add(piece: Piece): void { this.send({ kind: 'piece', piece }); }

  /** The plan of the pieces since `begin`. @throws Error when planning throws or the thread ends; the next plan begins a new one */
  plan(): Promise<Plan> {
    return new Promise((resolve, reject) => {
      this.waiting = { changes: [], resolve, reject };
      this.send({ kind: 'plan' });
    });
  }

  async stop(): Promise<void> {
    const { worker } = this;
    this.worker = null;
    this.waiting?.reject(new Error('the master is stopping'));
    this.waiting = null;
    await worker?.terminate();
  }
}
