// Which apps are on which nodes, for `placement.with` and `notWith`. Only made where an app uses them.
import type { AppDraft, Held } from '../draft.ts';
import type { NodeTable } from './node-table.ts';

interface Here {
  run: number;
  any: number;
}

export class Presence {
  readonly #byApp = new Map<string, Map<number, Here>>();
  /** Apps that must not be with the named one, because they say so. */
  readonly #avoiders = new Map<string, string[]>();
  readonly #table: NodeTable;

  constructor(drafts: Iterable<AppDraft>, table: NodeTable) {
    this.#table = table;
    for (const draft of drafts) {
      for (const other of draft.spec.placement.notWith)
        this.#avoiders.set(other, [...(this.#avoiders.get(other) ?? []), draft.name]);
      for (const slot of draft.slots.values()) for (const held of slot.held) this.add(draft.name, held);
    }
  }

  add(app: string, held: Held): void {
    const node = this.#table.numbers.get(held.node);
    if (node === undefined) return;
    let nodes = this.#byApp.get(app);
    if (!nodes) this.#byApp.set(app, (nodes = new Map()));
    const here = nodes.get(node) ?? { run: 0, any: 0 };
    nodes.set(node, { run: here.run + (held.goal === 'run' ? 1 : 0), any: here.any + 1 });
  }

  /** The app of `with` that is missing there, or the one of `notWith` that is there (either side may say so); null: fine. */
  obstacle(draft: AppDraft, node: number): { app: string; missing: boolean } | null {
    const { placement } = draft.spec;
    for (const app of placement.with) if (!this.#byApp.get(app)?.get(node)?.run) return { app, missing: true };
    for (const app of [...placement.notWith, ...(this.#avoiders.get(draft.name) ?? [])])
      if (this.#byApp.get(app)?.get(node)?.any) return { app, missing: false };
    return null;
  }

  concerns(draft: AppDraft): boolean {
    return (
      draft.spec.placement.with.length > 0 || draft.spec.placement.notWith.length > 0 || this.#avoiders.has(draft.name)
    );
  }
}
