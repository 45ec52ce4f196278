// Contents by hash, from a node that still has them: for a node whose origin gives other bytes now, or none. Asked for piece by
// piece, so that a slow reader holds nothing but one piece here; a node that goes away meanwhile is followed by the next.
import type { Commands } from '../link/commands.ts';
import type { MasterContext } from '../context.ts';

/** Bytes asked for at once. */
const pieceBytes = 4 * 1024 * 1024;
/** Nodes asked whether they have it, at most, and at the same time. */
const mostAsked = 64;
const askedTogether = 8;

interface FoundBlob {
  size: number;
  /** In order; throws when no node gives the rest any more. */ pieces: AsyncIterable<Uint8Array>;
}

export class Blobs {
  readonly #context: MasterContext;
  readonly #commands: Commands;

  constructor(context: MasterContext, commands: Commands) {
    this.#context = context;
    this.#commands = commands;
  }

  /**
   * Finds who has it.
   * @param sha256 64 lower-case hex digits  @param except the node that asks
   * @returns null: none of the nodes that are connected has it
   */
  async find(sha256: string, except: string | null, signal: AbortSignal): Promise<FoundBlob | null> {
    const nodes = this.#likely(sha256)
      .filter((node) => node !== except)
      .slice(0, mostAsked);
    const holders: string[] = [];
    let size = 0;
    for (let at = 0; at < nodes.length && holders.length === 0; at += askedTogether) {
      const sizes = await Promise.all(
        nodes.slice(at, at + askedTogether).map(async (node) => ({ node, size: await this.#sizeAt(node, sha256) })),
      );
      for (const found of sizes) {
        if (found.size === null) continue;
        holders.push(found.node);
        size = found.size;
      }
    }
    return holders.length === 0 ? null : { size, pieces: this.#pieces(holders, sha256, size, signal) };
  }

  /** Connected nodes, those first on which an app runs whose revision names this hash. */
  #likely(sha256: string): string[] {
    const { view } = this.#context;
    const first = new Set<string>();
    for (const { revisions, slots } of view.apps.values()) {
      if (
        ![...revisions.values()].some(({ doc }) =>
          Object.values(doc.contents).some((content) => content.sha256 === sha256),
        )
      )
        continue;
      for (const { doc } of slots.values()) for (const held of [doc.a, doc.b]) if (held) first.add(held.node);
    }
    const linked = [...view.nodes.values()].filter(({ link, obeys }) => link !== 'none' && obeys).map(({ id }) => id);
    return [...linked.filter((id) => first.has(id)), ...linked.filter((id) => !first.has(id))];
  }

  async #sizeAt(node: string, sha256: string): Promise<number | null> {
    try {
      const answer = (await this.#commands.ask(node, 'blob', sha256, { from: 0, length: 0 })) as
        | { size?: unknown }
        | undefined;
      return typeof answer?.size === 'number' && answer.size >= 0 ? answer.size : null;
    } catch {
      return null; // it has not got it, is older than this question, or went away: another one may have it
    }
  }

  async *#pieces(holders: string[], sha256: string, size: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for (let from = 0; from < size;) {
      const length = Math.min(pieceBytes, size - from);
      const got: Buffer[] = [];
      try {
        await this.#commands.ask(
          holders[0]!,
          'blob',
          sha256,
          { from, length },
          { signal, onChunk: (value) => got.push(Buffer.from(String(value), 'base64')) },
        );
        signal.throwIfAborted();
        const piece = Buffer.concat(got);
        if (piece.length !== length) throw new Error(`node ${holders[0]} gave ${piece.length} of ${length} bytes`);
        yield piece;
        from += length;
      } catch (error) {
        if (signal.aborted || holders.length === 1) throw error;
        holders.shift();
      }
    }
  }
}
