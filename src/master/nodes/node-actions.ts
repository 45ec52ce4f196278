// What a user does to nodes: stored facts first, then what follows from them.
import type { Caller } from '../../api/cluster.ts';
import { Refusal } from '../../model/errors.ts';
import type { NodeRecord, NodeView } from '../../model/node.ts';
import type { MasterContext } from '../context.ts';
import type { Desired } from '../instances/desired.ts';
import type { Drains } from './drains.ts';
import type { NodeEntry } from '../entries.ts';
import type { Nodes } from './nodes.ts';
import { writeOf } from '../records.ts';
import type { Records } from '../records.ts';
import { nodeView } from '../shown/shown.ts';

export class NodeActions {
  readonly #context: MasterContext;
  readonly #records: Records;
  readonly #nodes: Nodes;
  readonly #desired: Desired;
  readonly #drains: Drains;

  constructor(context: MasterContext, records: Records, nodes: Nodes, desired: Desired, drains: Drains) {
    this.#context = context;
    this.#records = records;
    this.#nodes = nodes;
    this.#desired = desired;
    this.#drains = drains;
  }

  /** By id, or by hostname where only one node has it. */
  entry(id: string): NodeEntry {
    const { nodes } = this.#context.view;
    const entry = nodes.get(id);
    if (entry) return entry;
    const named = [...nodes.values()].filter(({ record }) => record.doc.facts.hostname === id);
    if (named.length === 1) return named[0]!;
    throw new Refusal(
      'node-not-found',
      named.length > 1 ? `${named.length} nodes are named ${id}` : `There is no node ${id}`,
      named.length > 1
        ? `Use an id: ${named.map((node) => node.id).join(', ')}`
        : 'See stathub nodes, or GET /v1/nodes.',
    );
  }

  async #change(id: string, change: (doc: NodeRecord) => NodeRecord): Promise<NodeEntry> {
    const entry = this.entry(id);
    if (!(await this.#records.node(entry.id, change)))
      throw new Refusal('node-not-found', `Node ${id} was deleted meanwhile`, 'See stathub nodes.');
    return entry;
  }

  async setTags(id: string, tags: string[], by: Caller): Promise<NodeView> {
    const entry = await this.#change(id, (doc) => ({ ...doc, tags: [...new Set(tags)] }));
    this.#desired.changed(entry.id);
    this.#audit(
      entry,
      'node.tagged',
      `Node ${entry.record.doc.facts.hostname} has the tags ${tags.join(', ') || '(none)'}`,
      by,
      { tags },
    );
    return nodeView(this.#context.view, entry);
  }

  async setEnvs(id: string, envs: Record<string, string>, by: Caller): Promise<NodeView> {
    const entry = await this.#change(id, (doc) => ({ ...doc, envs }));
    this.#desired.changed(entry.id);
    this.#audit(
      entry,
      'node.envsSet',
      `The environment of node ${entry.record.doc.facts.hostname} was set: ${Object.keys(envs).join(', ') || '(empty)'}`,
      by,
      {},
    );
    return nodeView(this.#context.view, entry);
  }

  async action(
    id: string,
    action: 'cordon' | 'uncordon' | 'drain' | 'take-over',
    by: Caller,
    options: { deadlineMs?: number | null } = {},
  ): Promise<NodeView> {
    const entry = this.entry(id);
    if (action === 'take-over') {
      if (entry.obeys || entry.link === 'none') {
        throw entry.obeys
          ? new Refusal('not-unknown', `Node ${id} belongs to this hub already`, 'Nothing is to be done.')
          : new Refusal('node-away', `Node ${id} is not connected now`, 'Take it over when it is back.');
      }
      this.#nodes.takeOver(entry.id);
    } else {
      const drains = this.#drains;
      const done =
        action === 'drain'
          ? drains.begin(entry, by.name, options.deadlineMs ?? null)
          : drains.callOff(entry, action === 'cordon');
      if (!(await done)) throw new Refusal('node-not-found', `Node ${id} was deleted meanwhile`, 'See stathub nodes.');
    }
    this.#audit(
      entry,
      `node.${asked[action]}`,
      `Node ${entry.record.doc.facts.hostname}: ${action} asked by ${by.name}`,
      by,
      {},
    );
    return nodeView(this.#context.view, entry);
  }

  /** Only a node that is lost, or away and empty: its slots are placed elsewhere, and what runs there is forgotten. */
  async delete(id: string, by: Caller): Promise<void> {
    const entry = this.entry(id);
    const { view, store, leadership } = this.#context;
    if (entry.link !== 'none')
      throw new Refusal('node-in-use', `Node ${id} is connected`, 'Drain it, end its agent, then delete it.');
    const held = [...view.dutiesOf(entry.id).values()].filter(({ tombstone }) => !tombstone).length;
    if (held > 0 && entry.status !== 'lost')
      throw new Refusal('node-in-use', `${held} assignments lie on node ${id}`, 'Drain it, or wait until it is lost.');
    for (const { doc } of view.tombstones.values())
      if (doc.node === entry.id) await this.#records.removeTombstone(doc.id);
    const result = await store.write(writeOf('nodes', entry.id, null, entry.record.version, leadership.term));
    if (!result.ok) throw new Refusal('version-conflict', `Node ${id} was changed meanwhile`, 'Try again.');
    await store.bulk(
      view.instancesOn(entry.id).map((instance) => writeOf('instances', instance, null, 'any', leadership.term)),
    );
    await this.#context.events.forget(entry.id);
    this.#nodes.forget(entry.id);
    this.#audit(entry, 'node.deleted', `Node ${entry.record.doc.facts.hostname} was deleted`, by, {});
  }

  #audit(entry: NodeEntry, kind: string, message: string, by: Caller, detail: Record<string, unknown>): void {
    this.#context.events.note(kind, { node: entry.id }, message, { detail: { ...detail, by: by.name, from: by.from } });
  }
}

const asked = {
  cordon: 'cordoned',
  uncordon: 'uncordoned',
  drain: 'drainAsked',
  'take-over': 'takeOverAsked',
} as const;
