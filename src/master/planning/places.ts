// Places of slots (two a slot, src/model/assignment.ts), given up when their tree is empty; those of lost nodes placement decides.
import type { Assignment, SlotRecord } from '../../model/assignment.ts';
import type { MasterContext } from '../context.ts';
import type { Records } from '../records.ts';

const without = (doc: SlotRecord, id: string): SlotRecord => ({
  ...doc,
  a: doc.a?.id === id ? null : doc.a,
  b: doc.b?.id === id ? null : doc.b,
});

export class Places {
  readonly #context: MasterContext;
  readonly #records: Records;
  /** Ids whose place is being given up: reports come faster than writes. */
  readonly #working = new Set<string>();
  readonly #removing = new Map<string, Promise<void>>();
  /** Placement's write of slots that is under way: it may make one of an app that has none. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor(context: MasterContext, records: Records) {
    this.#context = context;
    this.#records = records;
  }

  /** The node says that nothing of this instance runs: its place or tombstone is done with, where it was to stop. */
  emptied(node: string, id: string): void {
    const duty = this.#context.view.dutyOf(node, id);
    if (!duty || duty.assignment.goal !== 'stop' || this.#working.has(id)) return;
    this.#working.add(id);
    const work = duty.tombstone ? this.#records.removeTombstone(id) : this.#free(duty.assignment);
    work
      .catch((error: unknown) => this.#context.warn(`the place of ${id} could not be given up`, error))
      .finally(() => this.#working.delete(id));
  }

  /** Takes an assignment out of its slot; the slot's record goes with its last assignment unless it remembers moves. */
  async #free({ app, slot, id }: Assignment): Promise<void> {
    await this.#records.slot(app, slot, (doc) => {
      if (!doc || (doc.a?.id !== id && doc.b?.id !== id)) return undefined;
      const rest = without(doc, id);
      const wanted = this.#context.view.apps.get(app)?.record.doc;
      return rest.a || rest.b || (rest.moves && wanted?.start && !wanted.deleting) ? rest : null;
    });
    const entry = this.#context.view.apps.get(app);
    if (entry?.record.doc.deleting && entry.slots.size === 0) await this.removeApp(app);
  }

  /** No app is removed before it is known which slots it has. @returns what was given */
  writing<T>(slots: Promise<T>): Promise<T> {
    this.#writing = slots.catch(() => undefined); // who writes hears why
    return slots;
  }

  /** The last trace of a deleted app: its record, then its revisions. */
  removeApp(name: string): Promise<void> {
    const mine = this.#removing.get(name) ?? this.#remove(name).finally(() => this.#removing.delete(name));
    this.#removing.set(name, mine);
    return mine;
  }

  /** Resolves when no removal of this name is under way: a new app of it must not lose its first revision to that. */
  async removed(name: string): Promise<void> {
    await this.#removing.get(name)?.catch(() => {}); // its own caller hears why
  }

  async #remove(name: string): Promise<void> {
    await this.#writing;
    // A slot was made after all: it is stopped first.
    if ((this.#context.view.apps.get(name)?.slots.size ?? 0) > 0) return;
    // What a lost node still runs of it is stopped when that returns; left open, it would name an app that nobody has deleted.
    for (const { doc } of this.#context.view.tombstones.values()) {
      if (doc.assignment.app === name && doc.assignment.goal !== 'stop')
        await this.#records.addTombstone({ ...doc, assignment: { ...doc.assignment, goal: 'stop' } });
    }
    await this.#records.removeApp(name);
    if (this.#context.view.apps.has(name)) return;
    await this.#records.removeRevisions(name);
    this.#context.events.note('app.deleted', { app: name }, `${name} is gone: all its instances have stopped`);
  }
}
