// What is desired becomes what is done: an assignment, new or changed, is taken up by its instance. Absence never stops anything;
// only an assignment with `goal: stop` does, and only from whoever owns the instance.
import type { Assignment, DesiredRevision } from '../../model/assignment.ts';
import type { AgentContext } from '../context.ts';
import { changeRecord } from '../instance/entries.ts';
import { hasEnded, type Entry } from '../instance/entry.ts';
import type { Instances } from '../instances.ts';
import type { InstanceView } from '../../model/instance/instance.ts';
import { showSpan } from '../../model/sizes.ts';
import { Untaken } from './untaken.ts';
import { lastingDiffers, type InstanceRecord } from '../instance/records.ts';
import { createEntry } from '../instance/adoption/take-up.ts';

interface DutiesOptions {
  context: AgentContext;
  instances: Instances;
  /** The hub that this node obeys now; null: none. */
  hub: () => string | null;
  revisionOf: (app: string, revision: number) => DesiredRevision | null;
  /** Environment of the node that its hub set. */
  envs: () => Record<string, string>;
}

export class Duties {
  readonly #options: DutiesOptions;
  /** Ids whose first record is being written. */
  readonly #making = new Map<string, Promise<void>>();
  /** What could not be taken up. */
  readonly #untaken: Untaken;

  constructor(options: DutiesOptions) {
    this.#options = options;
    const { context, instances } = options;
    this.#untaken = new Untaken({
      node: context.node,
      directory: context.instancesDirectory,
      changed: (id) => instances.changed(id),
      // Between two tries a set may have dropped it, or told it anew.
      retry: (due) => this.apply(due.filter(({ id }) => this.#untaken.has(id) && !this.#making.has(id))),
    });
  }

  /** Takes up assignments. Resolves when the records of new ones are durable; what fails is told, shown and tried again by and by. */
  async apply(assignments: readonly Assignment[]): Promise<void> {
    await Promise.all(
      assignments.map(async (assignment) => {
        try {
          await this.#making.get(assignment.id);
          await this.#take(assignment);
          const since = this.#untaken.release(assignment.id);
          if (since !== null && this.#options.instances.entries.has(assignment.id)) this.#taken(assignment, since);
        } catch (error) {
          const news = this.#untaken.hold(assignment, error);
          if (news !== null)
            this.#problem(assignment, `it could not be taken up: ${news}. It is tried again until it can`);
        }
      }),
    );
  }

  /** What is shown of an assignment that could not be taken up; null: it is no such. */
  view(id: string): InstanceView | null {
    return this.#untaken.view(id);
  }
  views(): InstanceView[] {
    return this.#untaken.views();
  }

  /** Tries nothing again any more. */
  end(): void {
    this.#untaken.end();
  }

  async #take(assignment: Assignment): Promise<void> {
    const { instances } = this.#options;
    const entry = instances.entries.get(assignment.id);
    if (!entry) return assignment.goal === 'stop' ? undefined : this.#make(assignment);
    const { owner } = entry.record.assignment;
    // Another's instance is taken over only by a higher epoch: an operator's `adopt`.
    // One found without a record is whose hub names it by id and epoch.
    const found = owner === 'unknown' && assignment.epoch === entry.record.assignment.epoch;
    if (owner !== assignment.owner && !found && assignment.epoch <= entry.record.assignment.epoch)
      return this.#problem(assignment, `it belongs to ${owner === 'local' ? 'this node itself' : `the hub ${owner}`}`);
    this.#change(entry, assignment);
  }

  #make(assignment: Assignment): Promise<void> {
    const { context, instances, revisionOf, envs } = this.#options;
    const revision = revisionOf(assignment.app, assignment.revision);
    if (!revision)
      return Promise.resolve(
        this.#problem(assignment, `revision ${assignment.revision} of ${assignment.app} was not told`),
      );
    const record: InstanceRecord = {
      assignment,
      spec: revision.spec,
      contents: revision.contents,
      nodeEnvs: envs(),
      clearedAt: assignment.at,
    };
    const made = createEntry(context, record)
      .then((entry) => {
        if (!this.#untaken.ended) instances.guard(entry); // else the agent ends: the next one finds it and guards it
      })
      .finally(() => this.#making.delete(assignment.id));
    // What goes wrong is told to who asked for it; here it is only waited for.
    const over = made.catch(() => undefined);
    this.#making.set(assignment.id, over);
    return made;
  }

  #change(entry: Entry, assignment: Assignment): void {
    const { context, instances, revisionOf } = this.#options;
    const before = entry.record;
    const was = before.assignment;
    const revision = revisionOf(assignment.app, assignment.revision);
    const nudged = assignment.nudge !== was.nudge;
    const at = Date.now();
    const record: InstanceRecord = {
      ...before,
      assignment,
      clearedAt: nudged ? at : before.clearedAt,
      // Only what runs already may take a new spec without a restart: the hash says so.
      ...(revision && (revision.hash === was.hash || was.owner === 'unknown')
        ? { spec: revision.spec, contents: revision.contents }
        : {}),
    };
    entry.unnamed = false;
    entry.record = record;
    if (lastingDiffers(before, record)) {
      changeRecord(context, entry, record).catch((error: unknown) =>
        this.#problem(assignment, `its record could not be written: ${(error as Error).message}`),
      );
      if (record.spec !== before.spec) instances.adjust(entry);
    }
    if (assignment.onFull) instances.answerStay(entry, assignment.onFull.stay);
    if (assignment.goal === 'stop') {
      instances.say(entry, {
        type: 'instance.stop',
        reason: this.#isReplaced(assignment) ? 'update' : 'stop',
        by: assignment.stopping?.by ?? null,
        text: assignment.stopping?.text ?? null,
        at,
      });
    } else if (nudged)
      instances.say(entry, {
        type: 'instance.restart',
        by: assignment.nudgedBy ?? null,
        text: 'an operator asked for it',
        at,
      });
    instances.changed(entry.id);
  }

  /** Whether the slot's other place holds one that runs. */
  #isReplaced({ id, app, slot, place }: Assignment): boolean {
    const other = this.#options.instances.at(app, slot, place === 'a' ? 'b' : 'a');
    return other !== null && other.id !== id && other.record.assignment.goal === 'run';
  }

  /** Named no more: it runs on. One that has ended is forgotten. */
  drop(gone: readonly Assignment[]): void {
    const { instances } = this.#options;
    for (const { id } of gone) {
      this.#untaken.release(id);
      // Its first record is just being written: it is looked at again when that is done.
      if (this.#making.has(id)) void this.#making.get(id)!.then(() => this.drop(gone.filter((one) => one.id === id)));
      const entry = instances.entries.get(id);
      if (!entry) continue;
      if (hasEnded(entry)) instances.forget(id);
      else {
        entry.unnamed = true;
        instances.changed(id);
      }
    }
  }

  /**
   * After recovery, before anything is guarded: what is desired of an instance counts from its first moment on. One that is to stop
   * and of which nothing ever ran is over. One of which nothing runs and that its hub names no more is gone: the agent ended before
   * it had put it away.
   * @param told whether its hub has ever told this node what is desired
   */
  prepare(entry: Entry, assignment: Assignment | undefined, told: boolean): 'guard' | 'over' | 'gone' {
    if (told && !assignment && entry.record.assignment.owner === this.#options.hub() && hasEnded(entry)) return 'gone';
    if (
      assignment &&
      (assignment.owner === entry.record.assignment.owner || assignment.epoch > entry.record.assignment.epoch)
    )
      entry.record = {
        ...entry.record,
        assignment: { ...entry.record.assignment, goal: assignment.goal, stopping: assignment.stopping ?? null },
      };
    return entry.record.assignment.goal === 'stop' && entry.program.run === null ? 'over' : 'guard';
  }

  /** What runs under this hub's name without being named is unknown; what has ended and is named no more is forgotten. */
  settle(named: ReadonlyMap<string, Assignment>): void {
    const { instances, hub } = this.#options;
    this.#untaken.settle(named);
    for (const entry of instances.entries.values()) {
      const { owner } = entry.record.assignment;
      if (owner === 'local' && hub() !== 'local') continue; // its own, guarded on while joined
      const unnamed = !named.has(entry.id);
      if (unnamed && hasEnded(entry)) instances.forget(entry.id);
      if (unnamed === entry.unnamed || !instances.entries.has(entry.id)) continue;
      entry.unnamed = unnamed;
      instances.changed(entry.id);
    }
  }

  #taken({ app, slot, id }: Assignment, since: number): void {
    const { context } = this.#options;
    const at = Date.now();
    context.tell({
      at,
      kind: 'assignment.taken',
      subject: { app, instance: id, slot, node: context.node },
      loudness: 'quiet',
      message: `${app}.${slot} is taken up here after ${showSpan(at - since)}`,
      detail: { waitedMs: at - since },
    });
  }

  #problem(assignment: Assignment, why: string): void {
    const { context } = this.#options;
    context.tell({
      at: Date.now(),
      kind: 'assignment.refused',
      subject: { app: assignment.app, instance: assignment.id, slot: assignment.slot, node: context.node },
      loudness: 'attention',
      message: `${assignment.app}.${assignment.slot} is not taken up here because ${why}`,
      detail: {},
    });
  }
}
