// The instances of this node: entries by id, each with an actor under the supervisor of its app. Supervisors are root actors in
// a plain Map; what they need from outside (facts of a crashed child, a new start of themselves) is given here.
import { createActor, type ActorRefFrom, type AnyActorRef } from 'xstate';
import type { appSupervisorMachine } from '../../machines/app-supervisor.ts';
import type { InstanceEvent } from '../../machines/instance-events.ts';
import type { SupervisorEmitted } from '../../machines/supervisor-facts.ts';
import { statePath } from '../model/instance/instance-status.ts';
import { adoptionOf } from './instance/adoption.ts';
import type { AgentContext } from './context.ts';
import type { Rotation } from './effects/output/rotation.ts';
import {
  childOf,
  outputPolicyOf,
  policyOf,
  restartPolicyOf,
  supervisorOf,
  type Entry,
  type InstanceActor,
  type InstanceSnapshot,
} from './instance/entry.ts';
import type { SupervisorLogic } from './logic.ts';
import { monoMs } from './moment.ts';
import { narrate } from './instance/narrate.ts';

type Supervisor = ActorRefFrom<typeof appSupervisorMachine>;

export interface InstancesOptions {
  context: AgentContext;
  logic: SupervisorLogic;
  /** Whether nobody is above this agent: then a full window is answered at once, and its apps are not called local. */
  standalone: boolean;
  rotation: Rotation;
  /** Whether this node has been cut off for too long for this instance; null: it may run. */
  severed: (entry: Entry) => { graceMs: number } | null;
  /** A supervisor failed: its parent decides when it comes back (`startSupervisor`). */
  onSupervisorFailed: (key: string) => void;
}

export class Instances {
  readonly entries = new Map<string, Entry>();
  readonly #supervisors = new Map<string, Supervisor>();
  /** By app, slot and place. */
  readonly #seats = new Map<string, Entry>();
  readonly #options: InstancesOptions;
  readonly #listeners = new Set<(ids: Set<string>) => void>();
  #dirty = new Set<string>();
  #flushing = false;
  #stopping = false;
  /** Why every program is to end, and none is to begin; null: they run. */
  #ending: string | null = null;
  /** Told when it is forgotten: nobody will ask for it any more. */
  onGone: (entry: Entry) => void = () => undefined;

  constructor(options: InstancesOptions) {
    this.#options = options;
  }

  get supervisors(): ReadonlyMap<string, Supervisor> {
    return this.#supervisors;
  }
  keyOf(entry: Entry): string {
    return supervisorOf(entry, this.#options.standalone);
  }

  /** Who has this place of a slot under its supervisor; null: nobody. */
  at(app: string, slot: number, place: 'a' | 'b'): Entry | null {
    return this.#seats.get(`${app}/${slot}${place}`) ?? null;
  }

  /** Calls back soon after instances changed, with their ids; removed ones too. */
  onChange(listener: (ids: Set<string>) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Puts an entry under its supervisor and starts (or adopts) it. */
  guard(entry: Entry): void {
    const { app, slot, place } = entry.record.assignment;
    this.entries.set(entry.id, entry);
    this.#seats.set(`${app}/${slot}${place}`, entry);
    this.#options.rotation.add(entry.directory, outputPolicyOf(entry.record.spec));
    this.#join(this.#supervisor(this.keyOf(entry)), entry);
    if (this.#ending !== null) this.#askToEnd(entry, this.#ending);
    this.changed(entry.id);
  }

  #askToEnd(entry: Entry, text: string): void {
    this.say(entry, { type: 'instance.stop', reason: 'stop', by: null, text, at: Date.now() });
  }

  /** Asks every instance to end, those too that are still to come, and waits until their trees are empty. */
  async endAll(why: string): Promise<void> {
    this.#ending = why;
    for (const entry of this.entries.values()) this.#askToEnd(entry, why);
    while ([...this.entries.values()].some(({ actor }) => actor !== null))
      await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** Nothing of it ever ran and nothing will: shown as stopped until it is named no more. */
  over(entry: Entry): void {
    this.entries.set(entry.id, entry);
    this.changed(entry.id);
  }

  #join(supervisor: Supervisor, entry: Entry): void {
    const { context } = this.#options;
    supervisor.send({
      type: 'instance.add',
      child: childOf(entry),
      policy: restartPolicyOf(entry.record.spec),
      history: entry.history,
      input: this.#inputOf(entry),
    });
    if (entry.actor === null)
      context.options.log('error', `${entry.id} could not be put under its supervisor: ${childOf(entry)} is another's`);
  }

  #inputOf(entry: Entry) {
    return {
      id: entry.id,
      policy: policyOf(entry.record.spec, this.#options.context.options.times.aliveMs),
      chance: entry.chance,
      exit: entry.snapshot?.context.exit ?? entry.lastExit,
      adopt: adoptionOf(entry),
      severed: this.#options.severed(entry),
    };
  }

  /** Says something to an instance, by way of its supervisor. @returns false when nobody is there to hear it */
  say(entry: Entry, event: InstanceEvent): boolean {
    const supervisor = this.#supervisors.get(this.keyOf(entry));
    if (!supervisor || !entry.actor) return false;
    supervisor.send({ type: 'instance.tell', id: entry.id, event });
    return true;
  }

  /** The parent's answer to a full window. */
  answerStay(entry: Entry, launch: number): void {
    this.#supervisors.get(this.keyOf(entry))?.send({ type: 'escalation.answered', id: entry.id, launch });
  }

  /** Takes over a changed record (same process): policies change without a restart. */
  adjust(entry: Entry): void {
    const { spec } = entry.record;
    this.#options.rotation.add(entry.directory, outputPolicyOf(spec));
    this.#supervisors
      .get(this.keyOf(entry))
      ?.send({ type: 'policy.adjust', id: entry.id, policy: restartPolicyOf(spec) });
    this.say(entry, { type: 'instance.adjust', policy: policyOf(spec, this.#options.context.options.times.aliveMs) });
    this.changed(entry.id);
  }

  /** Forgets an instance whose tree is empty. */
  forget(id: string): void {
    const entry = this.entries.get(id);
    if (!entry) return;
    const { app, slot, place } = entry.record.assignment;
    if (this.#seats.get(`${app}/${slot}${place}`) === entry) this.#seats.delete(`${app}/${slot}${place}`);
    this.entries.delete(id);
    this.#options.rotation.remove(entry.directory);
    this.changed(id);
    this.onGone(entry);
  }

  changed(id: string): void {
    const entry = this.entries.get(id);
    if (entry) {
      entry.view = null;
      entry.changedAt = Date.now();
    }
    this.#dirty.add(id);
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      const ids = this.#dirty;
      this.#dirty = new Set();
      this.#flushing = false;
      for (const listener of this.#listeners) listener(ids);
    });
  }

  #supervisor(key: string): Supervisor {
    const found = this.#supervisors.get(key);
    if (found) return found;
    const { logic, standalone, context } = this.#options;
    const supervisor = createActor(logic, {
      input: {
        key,
        app: key.slice(key.indexOf('/') + 1, key.lastIndexOf('#')),
        answerMs: standalone || key.startsWith('local/') ? 0 : context.options.times.answerMs,
      },
    }) as Supervisor;
    this.#supervisors.set(key, supervisor);
    const failed = (why: string): void => {
      if (this.#stopping || this.#supervisors.get(key) !== supervisor) return;
      this.#supervisors.delete(key);
      context.options.log('error', `the supervisor ${key} failed: ${why}`);
      for (const entry of this.entries.values()) if (entry.actor && this.keyOf(entry) === key) this.#reap(entry);
      context.tell({
        at: Date.now(),
        kind: 'supervisor.failed',
        subject: { app: key.slice(key.indexOf('/') + 1, key.lastIndexOf('#')), node: context.node },
        loudness: 'attention',
        message: `The supervisor ${key} failed because ${why}; its programs run on and it is started again`,
        detail: {},
      });
      this.#options.onSupervisorFailed(key);
    };
    supervisor.subscribe({
      error: (error) => failed(error instanceof Error ? error.message : String(error)),
      complete: () => failed('its actors crashed too often'),
    });
    supervisor.on('*', (told: SupervisorEmitted) => this.#hear(supervisor, told));
    supervisor.start();
    return supervisor;
  }

  /** Starts a supervisor again that had failed: its children are adopted as they are. */
  startSupervisor(key: string): void {
    if (this.#stopping || this.#supervisors.has(key)) return;
    for (const entry of this.entries.values())
      if (!entry.actor && entry.snapshot?.status !== 'done' && this.keyOf(entry) === key)
        this.#join(this.#supervisor(key), entry);
    if (this.#ending !== null) for (const entry of this.entries.values()) this.#askToEnd(entry, this.#ending);
  }

  #hear(supervisor: Supervisor, told: SupervisorEmitted): void {
    const entry = this.entries.get(told.id);
    if (!entry) return;
    // Heard before the actor can have come to its end: one whose work was done while no agent was here ends at once.
    if (told.type === 'instance.spawned') this.#connect(supervisor, entry);
    if (told.type === 'instance.ended') setImmediate(() => this.#ended(entry));
    if (told.type === 'instance.crashed') setImmediate(() => this.#revive(supervisor, entry, told.error));
  }

  #ended(entry: Entry): void {
    if (this.#stopping || entry.actor === null) return;
    entry.actor = null;
    entry.program.dispose();
    this.changed(entry.id);
    if (entry.unnamed) this.forget(entry.id); // nobody will say that it may go
  }

  #revive(supervisor: Supervisor, entry: Entry, error: string): void {
    if (this.#stopping || this.#supervisors.get(this.keyOf(entry)) !== supervisor) return;
    const { context } = this.#options;
    this.#reap(entry);
    context.tell({
      at: Date.now(),
      kind: 'instance.actorCrashed',
      subject: {
        app: entry.record.assignment.app,
        instance: entry.id,
        slot: entry.record.assignment.slot,
        node: context.node,
      },
      loudness: 'attention',
      message: `The actor that guards ${entry.record.assignment.app}.${entry.record.assignment.slot} crashed (${error}); the program is not touched and guarded on`,
      detail: { error },
    });
    supervisor.send({ type: 'instance.revive', id: entry.id, input: this.#inputOf(entry), mono: monoMs() });
  }

  /** Ends what a crashed actor owned, but never the program: its own children would otherwise run on. */
  #reap(entry: Entry): void {
    entry.effects.abort();
    entry.effects = new AbortController();
    for (const child of Object.values(entry.actor?.getSnapshot().children ?? {}))
      (child as (AnyActorRef & { _stop?: () => void }) | undefined)?._stop?.();
    entry.actor = null;
  }

  #connect(supervisor: Supervisor, entry: Entry): void {
    const actor = supervisor.getSnapshot().children[childOf(entry)] as InstanceActor | undefined;
    if (!actor || actor.getSnapshot().context.id !== entry.id) return;
    entry.actor = actor;
    this.#moved(entry, actor.getSnapshot(), null);
    actor.subscribe({ next: (snapshot) => this.#moved(entry, snapshot, entry.snapshot), error: () => undefined });
  }

  #moved(entry: Entry, snapshot: InstanceSnapshot, before: InstanceSnapshot | null): void {
    if (before === snapshot) return;
    entry.snapshot = snapshot;
    const { context } = this.#options,
      { assignment } = entry.record;
    if (before && snapshot.context.ready && snapshot.context.ready !== before.context.ready)
      entry.program.markReady(snapshot.context.ready);
    const told = (one: InstanceSnapshot) => ({ state: statePath(one.value), context: one.context });
    for (const event of narrate(
      before && told(before),
      told(snapshot),
      { app: assignment.app, slot: assignment.slot, id: entry.id, node: context.node },
      Date.now(),
    ))
      context.tell(event);
    this.changed(entry.id);
  }

  /** Lets go of all; programs run on. */
  stop(): void {
    this.#stopping = true;
    for (const entry of this.entries.values()) entry.effects.abort();
    for (const supervisor of this.#supervisors.values()) supervisor.stop();
    this.#supervisors.clear();
  }
}
