// Actors of this process and of its agents, under names that are unique in the cluster: an agent's are 'node:<id>/<its name>',
// but for instances, whose ids are.
import type { Caller } from '../../api/cluster.ts';
import type { Roster } from '../../live/roster.ts';
import { Refusal } from '../../model/errors.ts';
import type { ActorView, InspectFrame } from '../../protocol/live.ts';
import type { Commands } from '../link/commands.ts';
import type { MasterContext } from '../context.ts';

/** Longest wait for one agent's list: a slow one is left out. */
const askMs = 2_000;
/** Agents asked for their actors; a tree of more is not readable either. */
const mostAgents = 100;

export class RemoteActors {
  readonly #context: MasterContext;
  readonly #roster: Roster;
  readonly #commands: Commands;

  constructor(context: MasterContext, roster: Roster, commands: Commands) {
    this.#context = context;
    this.#roster = roster;
    this.#commands = commands;
  }

  async actors(): Promise<ActorView[]> {
    const linked = [...this.#context.view.nodes.values()].filter(({ link }) => link !== 'none').slice(0, mostAgents);
    const lists = await Promise.all(
      linked.map(async ({ id }) => {
        try {
          const answer = await this.#commands.ask(id, 'actors', '', {}, { expiresInMs: askMs });
          return Array.isArray(answer) ? (answer as ActorView[]).map((actor) => this.#global(id, actor)) : [];
        } catch (error) {
          this.#context.warn(`node ${id} does not list its actors`, error);
          return [];
        }
      }),
    );
    return [...this.#roster.actors(), ...lists.flat()];
  }

  #name(node: string, own: string): string {
    return own.startsWith('instance:') ? own : `node:${node}/${own}`;
  }

  #global(node: string, actor: ActorView): ActorView {
    return {
      ...actor,
      id: this.#name(node, actor.id),
      parent: actor.parent === null ? `node:${node}` : this.#name(node, actor.parent),
      where: node,
    };
  }

  /** Where an actor of an agent lives, and its name there; null: an actor of this process. */
  #remote(actor: string): { node: string; own: string } | null {
    const at = /^node:([^/]+)\/(.+)$/.exec(actor);
    if (at) return { node: at[1]!, own: at[2]! };
    const instance = /^instance:([^/]+)/.exec(actor)?.[1];
    if (instance === undefined) return null;
    const node = this.#context.view.instances.get(instance)?.node ?? this.#context.view.assignment(instance)?.node;
    if (node === undefined)
      throw new Refusal('not-found', `There is no instance ${instance}`, 'GET /v1/instances lists them.');
    return { node, own: actor };
  }

  async inspect(actor: string, listener: (frame: InspectFrame) => void, signal: AbortSignal): Promise<void> {
    const remote = this.#remote(actor);
    if (!remote) {
      this.#roster.watch(actor, listener, signal);
      if (!signal.aborted)
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      return;
    }
    await this.#commands.ask(
      remote.node,
      'inspect',
      remote.own,
      {},
      { signal, onChunk: (frame) => listener({ ...(frame as InspectFrame), actor }) },
    );
  }

  async send(actor: string, event: { type: string }, by: Caller): Promise<void> {
    const remote = this.#remote(actor);
    if (remote) await this.#commands.ask(remote.node, 'send', remote.own, { event, by: by.name });
    else this.#roster.send(actor, event);
    const detail = { by: by.name, from: by.from, actor, event: event.type };
    this.#context.events.note('actor.eventSent', {}, `${by.name} sent ${event.type} to ${actor}`, {
      loudness: 'attention',
      detail,
    });
  }
}
