// The contents of an app's URIs belong to its revision: the first report of an agent is written into it; a deploy or restart
// asks an agent what the origins give now, before anything is stopped.
import { createHash } from 'node:crypto';
import type { AppSpec, Revision } from '../../model/app/app.ts';
import { canonicalJson } from '../../model/app/restart-fields.ts';
import type { AgentFrame } from '../../protocol/link.ts';
import { restartHash } from '../../protocol/hash.ts';
import type { Commands } from '../link/commands.ts';
import type { MasterContext } from '../context.ts';
import type { Records } from '../records.ts';

type Found = NonNullable<Extract<AgentFrame, { type: 'observed' }>['contents']>;
/** Longest that a deploy waits for the origins, ms; then it goes on with what the revision has. */
const resolveMs = 30_000;

export class Contents {
  readonly #context: MasterContext;
  readonly #records: Records;
  readonly #commands: Commands;

  constructor(context: MasterContext, records: Records, commands: Commands) {
    this.#context = context;
    this.#records = records;
    this.#commands = commands;
  }

  /** Writes what an agent found where the revision does not say it yet: the first report counts. */
  report(node: string, found: Found): void {
    const byRevision = new Map<string, Found>();
    for (const item of found) {
      const key = `${item.app}/${item.revision}`;
      byRevision.set(key, [...(byRevision.get(key) ?? []), item]);
    }
    for (const items of byRevision.values()) {
      const { app, revision } = items[0]!;
      this.#records
        .revision(app, revision, (doc) => {
          const fresh = items.filter(
            ({ uri }) => !doc.contents[uri] && doc.spec.uris.some((known) => known.uri === uri),
          );
          if (fresh.length === 0) return undefined;
          return {
            ...doc,
            contents: {
              ...doc.contents,
              ...Object.fromEntries(fresh.map(({ uri, sha256, size }) => [uri, { sha256, size }])),
            },
          };
        })
        .catch((error: unknown) =>
          this.#context.warn(`the contents of ${app} that node ${node} found are not written`, error),
        );
    }
  }

  /**
   * What the origins give now, where that differs from the revision in force.
   * @returns null: nothing differs, or it cannot be told now (no agent, origin down: an event says so)
   */
  async resolve(spec: AppSpec, current: Revision): Promise<Pick<Revision, 'hash' | 'contents'> | null> {
    const uris = spec.uris.filter(({ sha256 }) => sha256 === null);
    if (uris.length === 0 || uris.some(({ uri }) => !current.contents[uri])) return null; // not resolved once yet: the next fetch does
    const node = [...this.#context.view.nodes.values()].find(
      ({ status, link }) => status === 'ready' && link !== 'none',
    );
    if (!node) return null;
    try {
      const { contents } = (await this.#commands.ask(
        node.id,
        'resolve',
        spec.name,
        { uris },
        { expiresInMs: resolveMs },
      )) as {
        contents: Revision['contents'];
      };
      if (uris.every(({ uri }) => contents[uri]?.sha256 === current.contents[uri]?.sha256)) return null;
      const merged = { ...current.contents, ...contents };
      const hash = createHash('sha256')
        .update(restartHash(spec) + canonicalJson(merged))
        .digest('hex')
        .slice(0, 16);
      return { hash, contents: merged };
    } catch (error) {
      const { message: because } = error as Error;
      const message = `What the URIs of ${spec.name} give could not be told (${because}): revision ${current.revision} keeps its contents`;
      this.#context.events.note('app.contentsKept', { app: spec.name }, message, { loudness: 'attention' });
      return null;
    }
  }
}
