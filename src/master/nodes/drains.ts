// Drains of nodes: begun by an operator or by the node itself (SIGUSR2), called off by uncordon or cordon, over when nothing of
// this hub's runs there any more. Placement moves what is there (src/placement/steps/drain.ts); all that is here is stored facts of the
// node, so a drain goes on after a restart of the master or the agent.
import type { NodeRecord } from '../../model/node.ts';
import type { AgentFrame } from '../../protocol/link.ts';
import type { Commands } from '../link/commands.ts';
import type { MasterContext } from '../context.ts';
import type { NodeEntry } from '../entries.ts';
import type { NodeLink } from '../link/node-link.ts';
import type { Nodes } from './nodes.ts';
import type { Records } from '../records.ts';

type Evacuate = Extract<AgentFrame, { type: 'evacuate' }>;

export class Drains {
  readonly #context: MasterContext;
  readonly #records: Records;
  readonly #nodes: Nodes;
  readonly #commands: Commands;
  readonly #finishing = new Set<string>();

  constructor(context: MasterContext, records: Records, nodes: Nodes, commands: Commands) {
    this.#context = context;
    this.#records = records;
    this.#nodes = nodes;
    this.#commands = commands;
  }

  /**
   * Begins a drain, or changes the deadline of the one that is under way; asked again, it goes on as it is.
   * @param deadlineMs from now; null: none, or the one there is
   * @returns false: the node was deleted meanwhile
   */
  async begin(
    entry: NodeEntry,
    by: string,
    deadlineMs: number | null,
    evacuation: NodeRecord['evacuation'] = entry.record.doc.evacuation ?? null,
  ): Promise<boolean> {
    const at = this.#context.clock.now();
    const deadlineAt = deadlineMs === null ? null : at + deadlineMs;
    const written = await this.#records.node(entry.id, (doc) => ({
      ...doc,
      cordoned: true,
      drained: null,
      evacuation,
      drain:
        doc.drain === null ? { by, at, deadlineAt } : { ...doc.drain, deadlineAt: deadlineAt ?? doc.drain.deadlineAt },
    }));
    if (!written) return false;
    this.#nodes.send(entry.id, { type: 'node.drainBegan', at });
    this.#nodes.showAgain(entry.id);
    this.#context.view.touched();
    return true;
  }

  /** Cordon or uncordon: whatever drain there was is off, and an agent that evacuates hears of it. */
  async callOff(entry: NodeEntry, cordoned: boolean): Promise<boolean> {
    const off = entry.record.doc.drain !== null && entry.record.doc.evacuation?.state === 'under-way';
    const written = await this.#records.node(entry.id, (doc) => ({
      ...doc,
      cordoned,
      drain: null,
      drained: null,
      evacuation:
        doc.evacuation && doc.evacuation.state === 'under-way'
          ? { ...doc.evacuation, state: 'off' }
          : (doc.evacuation ?? null),
    }));
    if (!written) return false;
    this.#nodes.send(entry.id, { type: cordoned ? 'node.cordoned' : 'node.uncordoned', at: this.#context.clock.now() });
    this.#nodes.showAgain(entry.id);
    if (off) this.#answer(entry);
    return true;
  }

  /** A node asks to be evacuated: again after every welcome, until it has its answer. */
  asked(link: NodeLink, { at, remainingMs }: Evacuate): void {
    const entry = this.#context.view.nodes.get(link.node);
    if (!entry) return;
    const known = entry.record.doc.evacuation;
    if (known?.at === at && known.state !== 'under-way') return this.#answer(entry);
    if (known?.at === at && entry.record.doc.drain !== null) return;
    const name = entry.record.doc.facts.hostname;
    this.begin(entry, 'the node itself', remainingMs, { at, state: 'under-way' })
      .then(() =>
        this.#context.events.note('node.drainAsked', { node: entry.id }, `Node ${name} asks to be evacuated`, {
          loudness: 'moving',
        }),
      )
      .catch((error: unknown) => this.#context.warn(`node ${entry.id} could not be drained; it asks again`, error));
  }

  /** Tells the agent what became of its evacuation; one that is away asks again when it is back. */
  #answer(entry: NodeEntry): void {
    const { evacuation } = entry.record.doc;
    if (!evacuation || entry.link === 'none') return;
    this.#commands
      .ask(entry.id, 'evacuation', '', { at: evacuation.at, state: evacuation.state })
      .catch((error: unknown) =>
        this.#context.warn(`node ${entry.id} was not told that its evacuation is ${evacuation.state}`, error),
      );
  }

  /** Ends the drains of nodes that are empty: nothing of this hub's lies there whose tree may still live. */
  async finish(): Promise<void> {
    for (const entry of this.#context.view.nodes.values()) {
      if (
        entry.status !== 'draining' ||
        entry.record.doc.drain === null ||
        !entry.reported ||
        this.#finishing.has(entry.id) ||
        !this.#isEmpty(entry.id)
      )
        continue;
      this.#finishing.add(entry.id);
      try {
        await this.#end(entry);
      } finally {
        this.#finishing.delete(entry.id);
      }
    }
  }

  async #end(entry: NodeEntry): Promise<void> {
    const at = this.#context.clock.now();
    const written = await this.#records.node(entry.id, (doc) =>
      doc.drain === null
        ? undefined
        : {
            ...doc,
            drain: null,
            cordoned: true,
            drained: { by: doc.drain.by, at },
            evacuation:
              doc.evacuation && doc.evacuation.state === 'under-way'
                ? { ...doc.evacuation, state: 'done' }
                : (doc.evacuation ?? null),
          },
    );
    if (!written) return;
    this.#nodes.send(entry.id, { type: 'node.cordoned', at });
    this.#nodes.showAgain(entry.id);
    const others = [...this.#context.view.instancesOn(entry.id)].filter(
      (id) => !this.#context.view.dutyOf(entry.id, id) && !this.#hasEnded(id),
    ).length;
    const rest = others > 0 ? `; ${others} that this hub did not place ${others === 1 ? 'runs' : 'run'} on` : '';
    const name = entry.record.doc.facts.hostname;
    this.#context.events.note('node.drained', { node: entry.id }, `Node ${name} is empty and stays cordoned${rest}`, {
      loudness: 'moving',
    });
    if (entry.record.doc.evacuation?.state === 'done') this.#answer(entry);
  }

  #isEmpty(node: string): boolean {
    const { view } = this.#context;
    for (const { assignment, tombstone } of view.dutiesOf(node).values()) {
      const seen = view.instances.get(assignment.id);
      if (!seen || seen.node !== node) {
        if (!tombstone) return false; // assigned, and not reported yet
      } else if (!this.#hasEnded(assignment.id)) return false;
    }
    return true;
  }

  /** Whether nothing of an instance lives, as its agent says. */
  #hasEnded(id: string): boolean {
    const seen = this.#context.view.instances.get(id)?.view;
    return !seen || (seen.pid === null && (seen.status === 'stopped' || seen.status === 'failed'));
  }
}
