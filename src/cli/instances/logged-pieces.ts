// Pieces of an instance's output out of a stream of events, one after the other as they come.

/** The connection ended in the middle of an answer. */
export class BrokenOff extends Error {}

interface Piece {
  /** `end`: the hub says that nothing more will come. */
  kind: 'stdout' | 'stderr' | 'end';
  bytes: Uint8Array;
  /** The cursor after it; empty where none was told. */
  id: string;
}

/** @throws BrokenOff; what was given until then was whole */
export async function* loggedPieces(body: ReadableStream<Uint8Array>): AsyncGenerator<Piece> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of unlessBroken(body)) {
    const blocks = (text + decoder.decode(chunk, { stream: true })).split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const field = (name: string): string =>
        block
          .split('\n')
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2) ?? '';
      const kind = field('event');
      if (kind === 'end') yield { kind, bytes: new Uint8Array(), id: '' };
      if (kind !== 'stdout' && kind !== 'stderr') continue;
      const bytes = Buffer.from((JSON.parse(field('data')) as { base64: string }).base64, 'base64');
      yield { kind, bytes, id: field('id') };
    }
  }
}

async function* unlessBroken(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  for (;;) {
    const next = await chunks.next().catch((error: unknown) => {
      throw new BrokenOff('the connection was closed', { cause: error });
    });
    if (next.done) return;
    yield next.value;
  }
}
