// The instances of this node: entries by id, each with an actor under the supervisor of its app. What a supervisor needs from outside
// (facts of a crashed child, a new start of itself) is given here.
import type { InstanceEvent } from '../../machines/instance/events.ts';
import type { InstanceInput } from '../../machines/instance/facts.ts';
import type { SupervisorEmitted } from '../../machines/supervisor/facts.ts';
import { ChangedIds } from './changed-ids.ts';
import type { AgentContext } from './context.ts';
import type { RotationWatch } from './effects/output/rotation-watch.ts';
import { Ending } from './ending.ts';
import { adoptionOf } from './instance/adoption/adoption.ts';
import {
  childOf,
  letGoOfActor,
  outputPolicyOf,
  policyOf,
  restartPolicyOf,
  supervisorOf,
  type Entry,
  type InstanceActor,
  type InstanceSnapshot,
} from './instance/entry.ts';
import { actorCrashed, supervisorFailed } from './instance/shown/narrate.ts';
import { tellMove } from './instance/shown/told-ends.ts';
import type { SupervisorLogic } from './logic.ts';
import { monoMs } from './moment.ts';
import { RoomWaiters } from './node/room-waiters.ts';
import { appOfKey, Supervisors, type Supervisor } from './supervisors.ts';

interface InstancesOptions {
  context: AgentContext;
  logic: SupervisorLogic;
  /** Whether nobody is above this agent: then a full window is answered at once, and its apps are not called local. */
  standalone: boolean;
  rotation: RotationWatch;
  /** Whether this node has been cut off for too long for this instance; null: it may run. */
  severed: (entry: Entry) => { graceMs: number } | null;
  /** A supervisor failed: its parent decides when it comes back (`startSupervisor`). */
  onSupervisorFailed: (key: string) => void;
}

const seatOf = ({ record: { assignment } }: Entry): string => `${assignment.app}/${assignment.slot}${assignment.place}`;

export class Instances {
  readonly entries = new Map<string, Entry>();
  readonly #supervisors: Supervisors;
  /** By app, slot and place. */
  readonly #seats = new Map<string, Entry>();
  readonly #options: InstancesOptions;
  readonly #changed = new ChangedIds();
  readonly #ending: Ending;
  readonly #waiters: RoomWaiters;
  #stopping = false;
  /** Told when it is forgotten: nobody will ask for it any more. */
  onGone: (entry: Entry) => void = () => undefined;

  constructor(options: InstancesOptions) {
    this.#options = options;
    const { standalone, logic, context } = options;
    this.#supervisors = new Supervisors({
      logic,
      answerMs: (key) => (standalone || key.startsWith('local/') ? 0 : context.options.times.answerMs),
      heard: (supervisor, told) => this.#hear(supervisor, told),
      failed: (key, why) => this.#supervisorFailed(key, why),
      isNeeded: (key) => [...this.entries.values()].some((entry) => this.keyOf(entry) === key),
    });
    this.#waiters = new RoomWaiters(this.entries, context.admission, (...said) => !this.#stopping && this.say(...said));
    this.#ending = new Ending({
      entries: () => this.entries.values(),
      ask: (entry, text) => this.say(entry, { type: 'instance.stop', reason: 'stop', by: null, text, at: Date.now() }),
      keyOf: (entry) => this.keyOf(entry),
      hasSupervisor: (key) => this.#supervisors.all.has(key),
      startSupervisor: (key) => this.startSupervisor(key),
      warn: (message) => context.options.log('warn', message),
    });
  }

  get supervisors(): ReadonlyMap<string, Supervisor> {
    return this.#supervisors.all;
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
    return this.#changed.listen(listener);
  }

  /** Puts an entry under its supervisor and starts (or adopts) it. */
  guard(entry: Entry): void {
    this.entries.set(entry.id, entry);
    this.#seats.set(seatOf(entry), entry);
    this.#options.rotation.add(entry.directory, outputPolicyOf(entry.record.spec));
    this.#join(entry);
    this.changed(entry.id);
  }

  /** Nothing of it ever ran and nothing will: shown as stopped until it is named no more. */
  over(entry: Entry): void {
    this.entries.set(entry.id, entry);
    this.changed(entry.id);
  }

  /** Ends every instance; what comes meanwhile is kept for the next agent and does not begin. Resolves when all trees are empty. */
  endAll(why: string): Promise<void> {
    return this.#ending.all(why);
  }

  #join(entry: Entry): void {
    if (this.#ending.bars(entry)) return;
    this.#supervisors.of(this.keyOf(entry)).send({
      type: 'instance.add',
      child: childOf(entry),
      policy: restartPolicyOf(entry.record.spec),
      history: entry.history,
      input: this.#inputOf(entry),
    });
    if (entry.actor !== null) return;
    const { log } = this.#options.context.options;
    log('error', `${entry.id} could not be put under its supervisor: ${childOf(entry)} is another's`);
  }

  #inputOf(entry: Entry): InstanceInput {
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
    if (!entry.actor) return false;
    return this.#supervisors.send(this.keyOf(entry), { type: 'instance.tell', id: entry.id, event });
  }

  /** The parent's answer to a full window. */
  answerStay(entry: Entry, launch: number): void {
    this.#supervisors.send(this.keyOf(entry), { type: 'escalation.answered', id: entry.id, launch });
  }

  /** Takes over a changed record (same process): policies change without a restart. */
  adjust(entry: Entry): void {
    const { spec } = entry.record;
    const policy = restartPolicyOf(spec);
    this.#options.rotation.add(entry.directory, outputPolicyOf(spec));
    this.#supervisors.send(this.keyOf(entry), { type: 'policy.adjust', id: entry.id, policy });
    this.say(entry, { type: 'instance.adjust', policy: policyOf(spec, this.#options.context.options.times.aliveMs) });
    this.changed(entry.id);
  }

  /** Forgets an instance whose tree is empty. */
  forget(id: string): void {
    const entry = this.entries.get(id);
    if (!entry) return;
    if (this.#seats.get(seatOf(entry)) === entry) this.#seats.delete(seatOf(entry));
    this.entries.delete(id);
    this.#options.rotation.remove(entry.directory);
    this.changed(id);
    this.onGone(entry);
    this.#supervisors.letGo(this.keyOf(entry));
  }

  changed(id: string): void {
    const entry = this.entries.get(id);
    if (entry) {
      entry.view = null;
      entry.changedAt = Date.now();
    }
    this.#changed.add(id);
  }

  /** Starts a supervisor again that had failed: its children are adopted as they are. */
  startSupervisor(key: string): void {
    if (this.#stopping || this.#supervisors.all.has(key)) return;
    for (const entry of this.entries.values())
      if (!entry.actor && entry.snapshot?.status !== 'done' && this.keyOf(entry) === key) this.#join(entry);
  }

  #supervisorFailed(key: string, why: string): void {
    const { context, onSupervisorFailed } = this.#options;
    context.options.log('error', `the supervisor ${key} failed: ${why}`);
    for (const entry of this.entries.values()) if (entry.actor && this.keyOf(entry) === key) letGoOfActor(entry);
    context.tell(supervisorFailed(key, appOfKey(key), why, context.node, Date.now()));
    onSupervisorFailed(key);
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
    this.#waiters.givenBack();
    if (entry.unnamed) this.forget(entry.id); // nobody will say that it may go
  }

  #revive(supervisor: Supervisor, entry: Entry, error: string): void {
    if (this.#stopping || this.#supervisors.all.get(this.keyOf(entry)) !== supervisor) return;
    const { context } = this.#options;
    letGoOfActor(entry);
    context.tell(actorCrashed(entry.record.assignment, error, context.node, Date.now()));
    if (this.#ending.bars(entry)) return;
    supervisor.send({ type: 'instance.revive', id: entry.id, input: this.#inputOf(entry), mono: monoMs() });
  }

  #connect(supervisor: Supervisor, entry: Entry): void {
    const actor = supervisor.getSnapshot().children[childOf(entry)] as InstanceActor | undefined;
    if (!actor || actor.getSnapshot().context.id !== entry.id) return;
    entry.actor = actor;
    this.#moved(entry, actor.getSnapshot(), null);
    actor.subscribe({ next: (snapshot) => this.#moved(entry, snapshot, entry.snapshot), error: () => undefined });
    this.#ending.joined(entry);
  }

  #moved(entry: Entry, snapshot: InstanceSnapshot, before: InstanceSnapshot | null): void {
    if (before === snapshot) return;
    entry.snapshot = snapshot;
    const { ready } = snapshot.context;
    if (before && ready && ready !== before.context.ready) entry.program.markReady(ready);
    tellMove(this.#options.context, entry, before, snapshot);
    if (snapshot.value === 'failed' && before?.value !== 'failed') this.#waiters.gaveUp(entry);
    this.changed(entry.id);
  }

  /** Lets go of all; programs run on. */
  stop(): void {
    this.#stopping = true;
    for (const entry of this.entries.values()) entry.effects.abort();
    this.#supervisors.stop();
  }
}
