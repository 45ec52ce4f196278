// An assignment that its agent refuses, as another hub had the instance meanwhile and counted further: it is given a number above
// that. Only what this hub's own records name, on a node that obeys it.
import type { Assignment } from '../../model/assignment.ts';
import type { InstanceView } from '../../model/instance/instance.ts';
import type { MasterContext } from '../context.ts';
import type { Epochs } from '../planning/epochs.ts';
import type { Records } from '../records.ts';

/** As the agent judges it (src/agent/desired/duties.ts): another's instance is given up to a higher epoch only. */
const refuses = (reported: InstanceView, assignment: Assignment): boolean =>
  reported.owner !== assignment.owner &&
  (reported.epoch > assignment.epoch || (reported.epoch === assignment.epoch && reported.owner !== 'unknown'));

export class Renumbering {
  readonly #context: MasterContext;
  readonly #records: Records;
  readonly #epochs: Epochs;
  /** Ids to renumber, with their node: until it is written. */
  readonly #due = new Map<string, string>();
  readonly #working = new Set<string>();

  constructor(context: MasterContext, records: Records, epochs: Epochs) {
    this.#context = context;
    this.#records = records;
    this.#epochs = epochs;
  }

  /** Looks at what a node reports. */
  reported(node: string, reported: InstanceView): void {
    if (reported.owner === this.#context.leadership.hub || !this.#refused(node, reported)) return;
    this.#due.set(reported.id, node);
    this.#work(reported.id, node);
  }

  /** What could not be written is tried again. */
  beat(node: string): void {
    for (const [id, on] of this.#due) if (on === node) this.#work(id, node);
  }

  /** The assignment that the node refuses; null: it refuses none. */
  #refused(node: string, reported: InstanceView): Assignment | null {
    const { view, leadership } = this.#context;
    if (view.nodes.get(node)?.obeys !== true) return null;
    const duty = view.dutyOf(node, reported.id);
    if (!duty || duty.tombstone || duty.assignment.owner !== leadership.hub) return null;
    return refuses(reported, duty.assignment) ? duty.assignment : null;
  }

  #work(id: string, node: string): void {
    if (this.#working.has(id)) return;
    this.#working.add(id);
    this.#renumber(id, node)
      .then(() => this.#due.delete(id))
      .catch((error: unknown) => this.#context.warn(`${id}, which its node refuses, could not be renumbered`, error))
      .finally(() => this.#working.delete(id));
  }

  async #renumber(id: string, node: string): Promise<void> {
    const { view, events } = this.#context;
    const reported = view.instances.get(id)?.view;
    const refused = reported && this.#refused(node, reported);
    if (!refused) return;
    const { app, slot } = refused;
    const epoch = (await this.#epochs.take(1, reported.epoch))[0]!;
    const written = await this.#records.slot(app, slot, (doc) => {
      const place = doc?.a?.id === id ? 'a' : doc?.b?.id === id ? 'b' : null;
      const held = place && doc![place];
      return held && held.epoch < epoch ? { ...doc!, [place]: { ...held, epoch } } : undefined;
    });
    if (!written) return;
    const subject = { app, slot, instance: id, node };
    const why = `hub ${reported.owner}, which had it meanwhile, had counted up to ${reported.epoch}`;
    const message = `${id} has number ${epoch} instead of ${refused.epoch}: ${why}`;
    events.note('assignment.renumbered', subject, message, { loudness: 'quiet', detail: { epoch } });
  }
}
