// Wires the `fence` machine: which instances stop themselves when this node is cut off from its master, and which may run again
// when it is back. Whoever was severed starts again only by an assignment that still says `run`: until then it may run elsewhere.
import { createActor, type Actor } from 'xstate';
import { fenceMachine } from '../../machines/fence.ts';
import { selfStop } from '../model/instance/partition.ts';
import type { ContactFile } from './effects/disk/contact-file.ts';
import type { Entry } from './instance/entry.ts';
import type { Instances } from './instances.ts';
import { monoMs } from './moment.ts';

interface FenceOptions {
  entries: () => Iterable<Entry>;
  entry: (id: string) => Entry | undefined;
  say: Instances['say'];
  /** The hub that this node obeys; null: none yet. */
  hub: () => string | null;
  file: ContactFile;
  /** Used until a master has said its own, ms. */
  lostMs: number;
  /** Something was severed: a line that still stands is begun anew, so that the master says what is to run. */
  onSevered: () => void;
  warn: (message: string, error?: unknown) => void;
}

/** Never heard of a master in this boot. */
const always = Number.MAX_SAFE_INTEGER;

export class Fence {
  readonly actor: Actor<typeof fenceMachine> = createActor(fenceMachine, { id: 'fence' });
  readonly #options: FenceOptions;
  readonly #severed = new Set<string>();
  #sentMono: number | null;
  #lostMs: number;
  #deadlines: number[] = [];
  #noted = false;

  constructor(options: FenceOptions) {
    this.#options = options;
    const before = options.file.read();
    this.#sentMono = before?.sentMono ?? null;
    this.#lostMs = before?.lostMs ?? options.lostMs;
    this.actor.on('deadline.reached', ({ deadlineMs }) => this.#reached(deadlineMs));
    this.actor.subscribe({ error: (error) => options.warn('the fence failed', error) });
    this.actor.start();
  }

  /** The master acknowledged a beat (or a hello) that was sent then. */
  contact(sentMono: number, lostMs: number): void {
    const before = this.#lostMs;
    this.#sentMono = Math.max(this.#sentMono ?? 0, sentMono);
    this.#lostMs = lostMs;
    if (this.#deadlines.length > 0 || !this.#noted) this.#note();
    if (before !== lostMs) this.refresh();
    if (this.#deadlines.length > 0) this.actor.send({ type: 'contact.made', silentMs: this.#silentMs() });
  }

  /** Instances came, went or have another policy. */
  refresh(): void {
    const deadlines = [
      ...new Set(
        [...this.#options.entries()]
          .filter((entry) => this.#concerns(entry))
          .map((entry) => this.#selfStop(entry).afterMs),
      ),
    ].sort((a, b) => a - b);
    if (deadlines.join() === this.#deadlines.join()) return;
    if (this.#deadlines.length === 0 && this.#sentMono !== null) this.#note();
    this.#deadlines = deadlines;
    this.actor.send({ type: 'fence.adjust', deadlines, silentMs: this.#silentMs() });
  }

  /** What the actor of an instance has to know when it begins: whether, and how soon, it must be down. */
  severedOf(entry: Entry): { graceMs: number } | null {
    if (!this.#concerns(entry)) return null;
    const { afterMs, graceMs } = this.#selfStop(entry);
    const silent = this.#silentMs();
    if (!this.#severed.has(entry.id) && silent < afterMs) return null;
    this.#severed.add(entry.id);
    return { graceMs: silent === always ? graceMs : Math.max(0, Math.min(graceMs, afterMs + graceMs - silent)) };
  }

  /** The master has said again what is to run here. */
  rejoin(): void {
    for (const id of this.#severed) {
      const entry = this.#options.entry(id);
      const goal = entry?.record.assignment.goal;
      if (goal === 'leave') continue; // another one runs, or is about to
      this.#severed.delete(id);
      if (entry && goal === 'run') this.#options.say(entry, { type: 'instance.rejoin' });
    }
  }

  stop(): void {
    this.actor.stop();
    this.#options.file.close();
  }

  #concerns({ record: { spec, assignment }, unnamed, actor, program }: Entry): boolean {
    return (
      spec.placement.onPartition === 'stop-self' &&
      assignment.owner === this.#options.hub() &&
      !unnamed &&
      (actor !== null || program.phase !== 'empty' || assignment.goal !== 'stop')
    );
  }

  #selfStop({ record: { spec } }: Entry) {
    return selfStop(this.#lostMs, spec.killTimeoutSeconds * 1000);
  }
  #silentMs(): number {
    return this.#sentMono === null ? always : monoMs() - this.#sentMono;
  }

  #reached(deadlineMs: number): void {
    let severed = false;
    for (const entry of this.#options.entries()) {
      if (this.#severed.has(entry.id) || !this.#concerns(entry)) continue;
      const { afterMs, graceMs } = this.#selfStop(entry);
      if (afterMs > deadlineMs) continue;
      this.#severed.add(entry.id);
      severed = true;
      this.#options.say(entry, { type: 'instance.sever', graceMs, at: Date.now() });
    }
    if (severed) this.#options.onSevered();
  }

  #note(): void {
    try {
      this.#options.file.note({ sentMono: this.#sentMono!, lostMs: this.#lostMs });
      this.#noted = true;
    } catch (error) {
      this.#options.warn('the time of the last contact with the master could not be noted', error);
    }
  }
}
