// What a user does to one instance. Known ones are restarted or killed by their agent; unknown ones (and those of standalone
// times) may be stopped, or adopted: their record becomes an app and a slot, without a restart.
import type { Caller } from '../../api/cluster.ts';
import type { AppRecord, Revision } from '../../model/app/app.ts';
import type { Assignment, SlotRecord } from '../../model/assignment.ts';
import { filledIn } from '../../model/app/app-schema.ts';
import { Refusal } from '../../model/errors.ts';
import type { InstanceView } from '../../model/instance/instance.ts';
import { restartHash } from '../../protocol/hash.ts';
import type { AdoptAnswer } from '../../protocol/link.ts';
import type { Commands } from '../link/commands.ts';
import type { MasterContext } from '../context.ts';
import type { AppEntry } from '../entries.ts';
import type { Epochs } from '../planning/epochs.ts';
import type { Places } from '../planning/places.ts';
import { outrankedError, revisionKey, slotKey, writeOf } from '../records.ts';
import type { Records } from '../records.ts';
import { instanceView } from '../shown/shown.ts';

/** Of one adoption. */
const mostSlotsTried = 100;

export class InstanceActions {
  readonly #context: MasterContext;
  readonly #records: Records;
  readonly #commands: Commands;
  readonly #epochs: Epochs;
  readonly #places: Places;

  constructor(context: MasterContext, records: Records, commands: Commands, epochs: Epochs, places: Places) {
    this.#context = context;
    this.#records = records;
    this.#commands = commands;
    this.#epochs = epochs;
    this.#places = places;
  }

  /** @throws Refusal instance-not-found */
  view(id: string): InstanceView {
    const view = instanceView(this.#context.view, id);
    if (!view)
      throw new Refusal(
        'instance-not-found',
        `There is no instance ${id}`,
        'See stathub instances, or GET /v1/instances.',
      );
    return view;
  }

  async action(id: string, action: 'restart' | 'kill' | 'stop' | 'adopt', by: Caller): Promise<InstanceView> {
    const before = this.view(id);
    const { node, app } = before;
    const standing = this.#context.view.instances.get(id)?.standing ?? 'known';
    if (action === 'adopt') return this.#adopt(id, by);
    if (action === 'stop' && standing === 'known') {
      throw new Refusal(
        'not-unknown',
        `Instance ${id} belongs to app ${app}, which would replace it`,
        `Stop the app (stathub stop ${app}), scale it, or restart the instance.`,
      );
    }
    await this.#commands.ask(node, action, id, { by: by.name });
    this.#audit(id, `instance.${asked[action]}`, `${id}: ${action} asked by ${by.name}`, by);
    return instanceView(this.#context.view, id) ?? before; // a stopped one may be gone already
  }

  /** An operator's start of an app that is started: what gave up or waits begins anew. What runs is left alone. */
  revive(app: string, by: Caller): void {
    for (const { doc } of this.#context.view.apps.get(app)?.slots.values() ?? []) {
      for (const held of [doc.a, doc.b]) {
        const status = held?.goal === 'run' ? this.#context.view.instances.get(held.id)?.view.status : undefined;
        if (!held || (status !== 'failed' && status !== 'restarting')) continue;
        this.#commands
          .ask(held.node, 'restart', held.id, { by: by.name })
          .catch((error: unknown) => this.#context.warn(`${held.id} was not started anew`, error));
      }
    }
  }

  #audit(id: string, kind: string, message: string, by: Caller): void {
    const known = this.#context.view.instances.get(id);
    const subject = {
      instance: id,
      ...(known ? { node: known.node, app: known.view.app, slot: known.view.slot } : {}),
    };
    this.#context.events.note(kind, subject, message, { detail: { by: by.name, from: by.from } });
  }

  async #adopt(id: string, by: Caller): Promise<InstanceView> {
    const { view } = this.#context;
    const entry = view.instances.get(id);
    if (entry && view.nodes.get(entry.node)?.obeys === false)
      throw new Refusal(
        'not-unknown',
        `Node ${entry.node} belongs to another hub`,
        `Take the node over first: stathub take-over ${entry.node}`,
      );
    if (!entry || entry.standing === 'known')
      throw new Refusal('not-unknown', `Instance ${id} belongs to this hub already`, 'Nothing is to be done.');
    const answer = (await this.#commands.ask(entry.node, 'adopt', id, { by: by.name })) as AdoptAnswer;
    const { app: name } = entry.view;
    const spec = { ...answer.spec, name, start: true, placement: { ...answer.spec.placement, scale: 1 } };
    const hash = restartHash(spec);
    const existing = view.apps.get(name);
    if (existing?.record.doc.deleting)
      throw new Refusal('app-deleting', `App ${name} is being deleted`, 'Wait until it is gone, then adopt.');
    if (existing && restartHash(filledIn(spec)) !== restartHash(filledIn(view.inForce(existing).spec))) {
      throw new Refusal(
        'app-differs',
        `Instance ${id} was started from another spec than app ${name} has now`,
        `Stop it (stathub stop ${id}), or deploy its spec first.`,
      );
    }
    const assignment: Assignment = {
      id,
      app: name,
      slot: entry.view.slot,
      place: entry.view.place,
      // An agent gives another's instance to a higher epoch only, and that hub may have counted further than this one.
      epoch: (await this.#epochs.take(1, entry.view.epoch))[0]!,
      revision: existing?.record.doc.revision ?? 1,
      hash: existing ? view.inForce(existing).hash : hash,
      owner: this.#context.leadership.hub,
      node: entry.node,
      goal: 'run',
      onFull: null,
      because: `adopted by ${by.name} where it ran`,
      at: this.#context.clock.now(),
      nudge: existing?.record.doc.restartedAt ?? 0,
    };
    if (!existing) await this.#places.removed(name);
    const revision = {
      app: name,
      revision: 1,
      hash,
      spec,
      contents: {},
      createdAt: assignment.at,
      createdBy: by.name,
      term: 0,
    };
    const slot = existing ? await this.#join(existing, assignment) : await this.#found(name, revision, assignment);
    this.#audit(id, 'instance.adopted', `${id} was adopted into app ${name}, slot ${slot}, without a restart`, by);
    return this.view(id);
  }

  /** The slot that names it, or its own number where that is free, else the lowest free one. */
  #slotFor(app: AppEntry, { id, slot: wanted }: Assignment): number {
    const held = (slot: number): (string | undefined)[] => {
      const doc = app.slots.get(slot)?.doc;
      return [doc?.a?.id, doc?.b?.id];
    };
    const free = (slot: number): boolean => held(slot).every((holder) => holder === undefined);
    if (free(wanted) || held(wanted).includes(id)) return wanted;
    for (let slot = 0; ; slot += 1) if (free(slot)) return slot;
  }

  /** Into an app that is there. The store may have filled a slot that the view has free: then the next one is taken. */
  async #join(app: AppEntry, assignment: Assignment): Promise<number> {
    let slot = 0;
    for (let tries = 0; tries < mostSlotsTried; tries += 1) {
      slot = this.#slotFor(app, assignment);
      if (await this.#fill(app, { ...assignment, slot })) return slot;
    }
    throw new Refusal(
      'version-conflict',
      `Slot ${slot} of ${app.name} was filled meanwhile, as were ${mostSlotsTried - 1} before it`,
      'Something else fills the slots of this app at this moment: see stathub events, then try again.',
    );
  }

  /**
   * Held for this instance while its scale makes room, so that nothing else is placed in it.
   * @returns false: another instance has it, as the view now knows
   */
  async #fill(app: AppEntry, assignment: Assignment): Promise<boolean> {
    const { view } = this.#context;
    const { id, slot } = assignment;
    const holds = view.holds.get(app.name) ?? new Map<number, string>();
    view.holds.set(app.name, holds.set(slot, id));
    try {
      const others = [...app.slots.values()].filter(({ doc }) => doc.slot !== slot);
      const filled = others.filter(({ doc }) => doc.a?.goal === 'run' || doc.b?.goal === 'run').length;
      await this.#records.app(app.name, ({ record: { doc } }) => ({
        ...doc,
        start: true,
        scale: Math.max(doc.scale, filled + 1),
        updatedAt: assignment.at,
      }));
      // What the store had kept of the slot may name this very instance: of an app whose record was lost.
      return await this.#records.slot(app.name, slot, (doc) =>
        [doc?.a, doc?.b].some((held) => held && held.id !== id) ? undefined : slotOf(assignment, doc?.moves ?? null),
      );
    } finally {
      holds.delete(slot);
      view.touched();
    }
  }

  /** A new app with this one slot. All three are durable before placement sees any: it would fill the slot elsewhere. */
  async #found(name: string, revision: Revision, assignment: Assignment): Promise<number> {
    const {
      store,
      view,
      leadership: { term },
    } = this.#context;
    const record: AppRecord = {
      name,
      revision: 1,
      scale: 1,
      start: true,
      deleting: false,
      restartedAt: null,
      createdAt: assignment.at,
      updatedAt: assignment.at,
      term,
    };
    const slot = { ...slotOf(assignment, null), term };
    const [held, revised] = await store.bulk([
      writeOf('assignments', slotKey(name, assignment.slot), slot, 'any', term),
      writeOf('revisions', revisionKey(name, 1), { ...revision, term }, 'any', term),
    ]);
    if (!held?.ok || !revised?.ok) throw outrankedError();
    const app = await store.write(writeOf('apps', name, record, 'absent', term));
    if (!app.ok) throw new Refusal('app-exists', `App ${name} was deployed meanwhile`, 'Try again.');
    view.setApp(record, app.version, { doc: { ...revision, term }, version: revised.version });
    view.setSlot(name, assignment.slot, slot, held.version);
    return assignment.slot;
  }
}

const slotOf = (held: Assignment, moves: SlotRecord['moves']): SlotRecord => ({
  app: held.app,
  slot: held.slot,
  a: held.place === 'a' ? held : null,
  b: held.place === 'b' ? held : null,
  moves,
  term: 0,
});
const asked = { restart: 'restartAsked', kill: 'killAsked', stop: 'stopAsked' } as const;
