// The effects of the placement actor: read everything, plan, commit.
import { createActor, fromPromise } from 'xstate';
import type { Actor } from 'xstate';
import { placementMachine } from '../../../machines/placement.ts';
import type { Committed, Planned } from '../../../machines/placement.ts';
import { isSettled } from '../../placement/snapshot.ts';
import type { Plan } from '../../placement/snapshot.ts';
import type { Committer } from './commit.ts';
import type { MasterContext } from '../context.ts';
import type { Planner } from './planner.ts';
import type { SlotVersions } from './snapshot.ts';

/** Decisions kept of an app for `why`. */
const decisionsKept = 20;

export class Placer {
  readonly actor: Actor<typeof placementMachine>;
  readonly #context: MasterContext;
  readonly #committer: Committer;
  readonly #planner: Planner;
  readonly #drains: { finish(): Promise<void> };
  #plan: Plan | null = null;
  #versions: SlotVersions = new Map();
  readonly #said = new Map<string, number>();
  #working: Promise<unknown> = Promise.resolve();

  /** @param drains ended where their nodes are empty, before each plan */
  constructor(context: MasterContext, committer: Committer, planner: Planner, drains: { finish(): Promise<void> }) {
    this.#context = context;
    this.#committer = committer;
    this.#planner = planner;
    this.#drains = drains;
    const watched = <T>(work: () => Promise<T>): Promise<T> => {
      const mine = work();
      this.#working = mine.catch((error: unknown) => context.warn('placement failed', error));
      return mine;
    };
    const machine = placementMachine.provide({
      actors: {
        plan: fromPromise(() => watched(() => this.#planned())),
        commit: fromPromise(() => watched(() => this.#committed())),
      },
    });
    this.actor = createActor(machine, { id: 'placement' });
    this.actor.subscribe({ error: (error) => context.warn('the placement actor failed', error) });
  }

  #started = false;
  #told = false;

  /** Something changed: look again, once for all that changes in this turn (a view half changed is never read). */
  readonly changed = (): void => {
    if (this.#told || !this.#started) return;
    this.#told = true;
    queueMicrotask(() => {
      this.#told = false;
      if (this.#started) this.actor.send({ type: 'cluster.changed' });
    });
  };

  start(): void {
    this.#started = true;
    this.actor.start();
    this.changed();
  }

  async stop(): Promise<void> {
    this.#started = false;
    this.actor.stop();
    await this.#working;
    await this.#planner.stop();
  }

  async #planned(): Promise<Planned> {
    await this.#committer.finishDeletions();
    await this.#drains.finish();
    this.#versions = new Map();
    const began = this.#context.clock.mono();
    this.#plan = await this.#planner.ask({ kind: 'plan', more: 0 }, this.#versions);
    const tookMs = this.#context.clock.mono() - began;
    this.#show(this.#plan);
    return {
      changes: isSettled(this.#plan) ? 0 : Math.max(1, this.#plan.changes.length),
      waiting: this.#plan.waiting.length,
      wakeInMs: this.#plan.wakeAt === null ? null : Math.max(1, this.#plan.wakeAt - this.#context.clock.now()),
      tookMs,
    };
  }

  async #committed(): Promise<Committed> {
    const plan = this.#plan;
    this.#plan = null;
    return plan ? this.#committer.commit(plan, this.#versions) : { written: 0, refused: 0 };
  }

  /** Keeps what the plan says of waiting and decisions, for status and `why`. */
  #show(plan: Plan): void {
    const { view } = this.#context;
    const waiting = new Map<string, Plan['waiting']>();
    for (const item of plan.waiting) {
      const items = waiting.get(item.app);
      if (items) items.push(item);
      else waiting.set(item.app, [item]);
    }
    for (const entry of view.apps.values()) {
      const next = waiting.get(entry.name) ?? [];
      const said = (items: Plan['waiting']): string => `${items.length} ${items[0]?.code} ${items[0]?.reason}`;
      if (said(next) !== said(entry.waiting)) view.changes.mark('apps', entry.name);
      entry.waiting = next;
    }
    for (const { app, ...decision } of plan.decisions) {
      const entry = view.apps.get(app);
      if (entry) entry.decisions = [decision, ...entry.decisions].slice(0, decisionsKept);
    }
    const late = new Set(plan.late.map(({ app }) => app));
    for (const app of this.#said.keys()) if (!late.has(app)) this.#said.delete(app);
    for (const { app, since } of plan.late) {
      if (this.#said.get(app) === since) continue;
      this.#said.set(app, since);
      const message = `The update of ${app} has made no progress since ${new Date(since).toISOString()}`;
      this.#context.events.note('app.updateLate', { app }, message, { loudness: 'attention' });
    }
  }
}
