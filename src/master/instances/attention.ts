// Whose usage somebody watches. Agents are told for how long to look more often, again and again while it lasts: a master that dies
// watches nothing for long, and an agent that comes later hears of it within seconds.
import type { UsageWatch } from '../../api/cluster.ts';
import type { Commands } from '../link/commands.ts';
import type { MasterContext } from '../context.ts';

const gatherMs = 50;
const againMs = 10_000;
const lastsMs = 25_000;
/** Above this many instances the overview shows no usage (live/topics.ts): watching it makes nobody measure. */
const mostOverview = 2000;

export class Attention {
  readonly #context: MasterContext;
  readonly #commands: Commands;
  readonly #watches = new Set<UsageWatch>();
  #timer: NodeJS.Timeout | null = null;
  #due = Infinity;

  constructor(context: MasterContext, commands: Commands) {
    this.#context = context;
    this.#commands = commands;
  }

  /** @returns ends it */
  watch(of: UsageWatch): () => void {
    const own = { ...of };
    this.#watches.add(own);
    this.#tellIn(gatherMs);
    return () => {
      this.#watches.delete(own);
      if (this.#watches.size === 0) this.stop();
    };
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#due = Infinity;
  }

  #tellIn(ms: number): void {
    const due = this.#context.clock.mono() + ms;
    if (due >= this.#due) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#due = Infinity;
      this.#tell();
      if (this.#watches.size > 0) this.#tellIn(againMs);
    }, ms).unref();
  }

  #tell(): void {
    for (const [node, ids] of this.#wanted()) {
      if (this.#context.view.nodes.get(node)?.link === 'none') continue;
      this.#commands.ask(node, 'usage', '*', { ids: ids && [...ids], forMs: lastsMs }).catch((error: unknown) => {
        if (this.#context.view.nodes.get(node)?.link !== 'none')
          this.#context.warn(`node ${node} does not measure what is watched`, error);
      });
    }
  }

  /** By node: null is all of it. */
  #wanted(): Map<string, Set<string> | null> {
    const { view } = this.#context;
    const wanted = new Map<string, Set<string> | null>();
    const one = (id: string, node: string): void => {
      const known = wanted.get(node);
      if (known === undefined) wanted.set(node, new Set([id]));
      else known?.add(id);
    };
    for (const watch of this.#watches)
      switch (watch.kind) {
        case 'node':
          wanted.set(watch.of, null);
          break;
        case 'instance': {
          const entry = view.instances.get(watch.of);
          if (entry) one(watch.of, entry.node);
          break;
        }
        case 'app': {
          const held = view.slotsOf(watch.of).flatMap(({ doc }) => [doc.a, doc.b]);
          for (const each of held) if (each) one(each.id, each.node);
          break;
        }
        default:
          if (view.instances.size <= mostOverview) for (const node of view.nodes.keys()) wanted.set(node, null);
      }
    return wanted;
  }
}
