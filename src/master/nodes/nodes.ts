// Nodes as the master knows them: one machine a node in a plain Map, the rules of a hello, the link's comings and goings.
import { createActor } from 'xstate';
import type { Actor } from 'xstate';
import { nodeMachine } from '../../../machines/node.ts';
import type { NodeEvent } from '../../../machines/node.ts';
import type { NodeFacts, NodeLoad, NodeRecord, NodeStatus } from '../../model/node.ts';
import type { Hello } from '../../protocol/link.ts';
import { canonicalJson } from '../../model/app/restart-fields.ts';
import { recordOf, refusalOf, startingAgain } from './admission.ts';
import type { MasterContext } from '../context.ts';
import type { Kept, NodeEntry } from '../entries.ts';
import { soundFacts, soundLoad } from '../link/sound-node.ts';
import type { Admission } from '../link/connection.ts';
import type { NodeLink } from '../link/node-link.ts';
import { nodeReason } from '../shown/node-reason.ts';
import { outrankedError, writeOf } from '../records.ts';
import type { Records } from '../records.ts';

interface NodeParts {
  /** The node of this link is known and welcome: its instances, then its duties. */
  welcomed(link: NodeLink, hello: Hello): void;
  /** Its status changed. */
  became(entry: NodeEntry, before: NodeStatus): void;
  /** An agent has seen more of this hub than this store: resolves when term and epochs lie above it. */
  outranked(seen: { term: number; epoch: number }): Promise<'same-term' | 'new-term'>;
  disconnect(node: string, code: number, reason: string): void;
  linkOf(node: string): NodeLink | null;
}

export class Nodes {
  readonly actors = new Map<string, Actor<typeof nodeMachine>>();
  readonly #context: MasterContext;
  readonly #records: Records;
  readonly #parts: NodeParts;
  /** Nodes of another hub that an operator gave to this one; forgotten once they came. */
  readonly #takenOver = new Set<string>();

  constructor(context: MasterContext, records: Records, parts: NodeParts) {
    this.#context = context;
    this.#records = records;
    this.#parts = parts;
  }

  /** @param heardAt monotonic ms; of a node from the store, not heard from yet in this term, when the term began */
  known(record: Kept<NodeRecord>, heardAt = this.#context.leadership.sinceMono): NodeEntry {
    const { view } = this.#context;
    const entry: NodeEntry = {
      id: record.doc.id,
      record,
      status: 'joining',
      reason: null,
      load: null,
      link: 'none',
      beatAt: record.doc.beatAt,
      heardAt,
      obeys: true,
      reported: false,
    };
    entry.reason = nodeReason(entry, this.#context);
    view.setNode(entry);
    const actor = createActor(nodeMachine, {
      id: `node:${entry.id}`,
      input: { id: entry.id, cordoned: record.doc.cordoned, draining: record.doc.drain !== null },
    });
    actor.subscribe({
      next: (snapshot) => this.#show(entry.id, snapshot.value as NodeStatus),
      error: (error) => this.#context.warn(`the machine of node ${entry.id} failed`, error),
    });
    this.actors.set(entry.id, actor);
    actor.start();
    return entry;
  }

  send(id: string, event: NodeEvent): void {
    this.actors.get(id)?.send(event);
  }

  #show(id: string, status: NodeStatus): void {
    const entry = this.#context.view.nodes.get(id);
    if (!entry) return;
    const before = entry.status;
    entry.status = status;
    entry.reason = nodeReason(entry, this.#context);
    this.#context.view.nodeChanged(id, before !== status);
    if (before !== status) this.#parts.became(entry, before);
  }

  /** What is stored of a node changed, and with it the reason that is shown. */
  showAgain(id: string): void {
    const entry = this.#context.view.nodes.get(id);
    if (!entry) return;
    entry.reason = nodeReason(entry, this.#context);
    this.#context.view.nodeChanged(id, false);
  }

  forget(id: string): void {
    this.actors.get(id)?.stop();
    this.actors.delete(id);
    this.#context.view.removeNode(id);
  }

  forgetAll(): void {
    for (const actor of this.actors.values()) actor.stop();
    this.actors.clear();
  }

  /** Lets a node in, or says why not (admission.ts). What is kept of its hello is durable before it resolves. */
  async admit(hello: Hello, open: (obeys: boolean) => NodeLink): Promise<Admission> {
    const { leadership, view } = this.#context;
    const refused = refusalOf(hello, view.nodes.get(hello.node), this.#parts.linkOf(hello.node));
    if (refused) return refused;
    const foreign = hello.hub !== null && hello.hub !== leadership.hub;
    const obeys = !foreign || hello.takeOver || this.#takenOver.has(hello.node);
    if (hello.hub === leadership.hub) {
      const seen = { term: hello.term, epoch: hello.epoch };
      if ((await this.#parts.outranked(seen)) === 'new-term') return startingAgain;
    }
    const facts = soundFacts(hello.facts, hello.version);
    await this.#keep(hello, facts);
    const link = open(obeys);
    return { admitted: true, obeys, run: hello.run, welcome: () => this.#welcome(link, hello, foreign) };
  }

  /** Writes what a hello says of the node, where it is not what the store has. */
  async #keep(hello: Hello, facts: NodeFacts): Promise<void> {
    const { store, view, leadership, clock } = this.#context;
    for (;;) {
      const known = view.nodes.get(hello.node);
      if (known && canonicalJson(known.record.doc.facts) === canonicalJson(facts)) {
        known.record.doc.run = hello.run; // written behind with the next beat time
        return;
      }
      const doc = recordOf(hello, facts, known?.record.doc, clock.now(), leadership.term);
      const expect = known?.record.version ?? 'absent';
      const result = await store.write(writeOf('nodes', doc.id, doc, expect, leadership.term));
      if (result.ok) {
        const entry = view.nodes.get(hello.node);
        if (entry) entry.record = { doc, version: result.version };
        else {
          this.known({ doc, version: result.version }, clock.mono());
          this.#note(doc.id, 'node.joined', `Node ${facts.hostname} joined`, 'moving');
        }
        return;
      }
      if (result.conflict === 'term') throw outrankedError();
      await this.reread(hello.node);
    }
  }

  /** The record as the store has it now, after a lost compare-and-swap. */
  async reread(id: string): Promise<void> {
    const stored = await this.#context.store.get<NodeRecord>('nodes', id);
    const entry = this.#context.view.nodes.get(id);
    if (stored && entry) entry.record = { doc: stored.doc, version: stored.version };
    else if (stored) this.known({ doc: stored.doc, version: stored.version });
    else if (entry) this.forget(id);
  }

  #welcome(link: NodeLink, hello: Hello, foreign: boolean): void {
    const { leadership, times, version, clock, view } = this.#context;
    const entry = view.nodes.get(link.node);
    if (!entry) return link.close(1012, 'the node was deleted meanwhile');
    link.sendPlain({
      type: 'welcome',
      hub: leadership.hub,
      term: leadership.term,
      version,
      obey: link.obeys,
      times: { beatMs: times.beatMs, suspectMs: times.suspectMs, lostMs: times.lostMs },
    });
    if (foreign && link.obeys) {
      this.#takenOver.delete(link.node);
      this.#note(
        link.node,
        'node.takenOver',
        `Node ${entry.record.doc.facts.hostname} was taken over from hub ${hello.hub}`,
        'moving',
      );
    }
    entry.link = link.transport.kind;
    entry.obeys = link.obeys;
    this.#heard(entry);
    this.send(link.node, { type: 'node.connected', obeys: link.obeys, at: clock.now() });
    this.#parts.welcomed(link, hello);
    view.nodeChanged(link.node);
  }

  #heard(entry: NodeEntry): void {
    entry.beatAt = this.#context.clock.now();
    entry.heardAt = this.#context.clock.mono();
  }

  beat(link: NodeLink, sentMono: number, load: NodeLoad | null): void {
    const entry = this.#context.view.nodes.get(link.node);
    if (!entry) return;
    this.#heard(entry);
    const { masters } = this.#context;
    const news = masters.length > 0 && link.mastersTold !== masters;
    link.mastersTold = masters;
    link.sendPlain({
      type: 'beat.ack',
      sentMono,
      ...(news ? { masters: masters.map(({ address }) => address) } : {}),
    });
    if (entry.status === 'suspect' || entry.status === 'lost')
      this.send(link.node, { type: 'node.resumed', at: entry.beatAt });
    if (load && load.at !== entry.load?.at) {
      const before = entry.load?.trouble?.code;
      entry.load = soundLoad(load);
      this.#context.view.nodeChanged(link.node, before !== entry.load.trouble?.code);
    }
  }

  /** Facts that changed while it is connected. */
  facts(link: NodeLink, reported: NodeFacts): void {
    const entry = this.#context.view.nodes.get(link.node);
    if (!entry) return;
    const facts = soundFacts(reported, entry.record.doc.facts.version);
    this.#records
      .node(link.node, (doc) => (canonicalJson(doc.facts) === canonicalJson(facts) ? undefined : { ...doc, facts }))
      .catch((error: unknown) => this.#context.warn(`the facts of node ${link.node} are not written`, error));
  }

  linkClosed(link: NodeLink): void {
    const entry = this.#context.view.nodes.get(link.node);
    if (!entry) return;
    entry.link = 'none';
    entry.reason = nodeReason(entry, this.#context);
    this.#context.view.nodeChanged(link.node, false);
  }

  /** Gives a node of another hub to this one: it is asked to say hello again and obeys from then on. */
  takeOver(id: string): void {
    this.#takenOver.add(id);
    this.#parts.disconnect(id, 1012, 'taken over: say hello again');
  }

  #note(node: string, kind: string, message: string, loudness: 'quiet' | 'moving'): void {
    this.#context.events.note(kind, { node }, message, { loudness });
  }
}
