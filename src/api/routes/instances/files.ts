// /v1/instances/:id/files/*: what instances work with and what crashed launches left: lists, downloads, ranges, the end as it grows.
import { z } from 'zod';
import { Refusal } from '../../../model/errors.ts';
import { mostRead, type FileStat, type FileView } from '../../../protocol/files.ts';
import { permit } from '../../access/auth.ts';
import type { Cluster } from '../../cluster.ts';
import { flag, query, wholeNumber } from '../../answers/body.ts';
import type { Api, ApiContext, Resource } from '../../context.ts';
import { says } from '../../describe.ts';
import { reply } from '../../answers/reply.ts';
import { streamed } from '../../answers/stream.ts';

const fileQuery = {
  format: z.enum(['tar', 'json']).optional(),
  follow: flag,
  tail: wholeNumber('tail', 0, 2 ** 40, 65_536),
  from: wholeNumber('from', 0, 1_000_000, 0),
};
/** While a file is followed: how long one question waits at its end, and how long a file may be away (while the program replaces it). */
const waitMs = 15_000;
const awayMs = 10_000;

export function fileRoutes(app: Api, { cluster, closing }: Resource): void {
  const about = says({
    tag: 'files',
    summary: 'Files of an instance: a directory as a list, a file as its bytes',
    description:
      'Of one that runs, has ended or has crashed: `work` is the working directory of the newest launch, ' +
      '`launch-N` what is kept of the newest crash (1 h by default). ' +
      'A file: `Range` and `If-Range` are heeded; `follow=true` goes on from the last `tail` bytes as it grows; ' +
      '`format=json` only tells what it is. A directory: its entries from number `from` on; `format=tar` gives ' +
      'all of it as tar.gz (`NOT-WHOLE.txt` in it names what went meanwhile). ' +
      'Symbolic links that lead out, devices, sockets and pipes are refused. Files may hold secrets: this needs the role deploy.',
    gives: 'Files',
    refuses: [404, 503, 504],
  });
  const answer = async (
    c: ApiContext,
    q: { format?: 'tar' | 'json' | undefined; follow: boolean; tail: number; from: number },
  ): Promise<Response> => {
    const id = c.req.param('id')!;
    const path = pathOf(c);
    const view = await cluster.files(id, path, q.from);
    if (q.format === 'tar') return archive(c, closing, cluster, id, view);
    if (view.type === 'directory' || q.format === 'json') return reply(c, view);
    if (q.follow) return followed(c, closing, cluster, id, view, q.tail);
    return whole(c, closing, cluster, id, view);
  };
  for (const route of ['/v1/instances/:id/files', '/v1/instances/:id/files/:path{.+}'] as const)
    app.get(route, about, permit('deploy'), query(fileQuery), (c) => answer(c, c.req.valid('query')));
}

/** What follows `/files`, each part decoded. */
function pathOf(c: ApiContext): string {
  const raw = /^\/v1\/instances\/[^/]+\/files\/?(.*)$/.exec(new URL(c.req.url).pathname)?.[1] ?? '';
  try {
    return decodeURIComponent(raw);
  } catch {
    throw new Refusal('invalid-request', 'the path is not encoded as a URL wants it', 'write % as %25');
  }
}

/** Never shown as a page of this hub: a program's files are nobody's to trust. */
function asDownload(c: ApiContext, name: string): void {
  c.header(
    'content-disposition',
    `attachment; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`)}`,
  );
}

/** Bytes from `from` up to `to`. @throws Error when the file becomes shorter: the reader sees that it is not whole */
async function* bytesOf(
  cluster: Cluster,
  id: string,
  path: string,
  from: number,
  to: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for (let at = from; at < to && !signal.aborted;) {
    const { bytes } = await cluster.readFile(
      id,
      path,
      { from: at, length: Math.min(mostRead, to - at), waitMs: 0 },
      signal,
    );
    if (bytes.length === 0) throw new Error(`${path} became shorter while it was read`);
    at += bytes.length;
    yield bytes;
  }
}

async function whole(
  c: ApiContext,
  closing: AbortSignal,
  cluster: Cluster,
  id: string,
  { path, size, tag, modifiedAt }: FileView,
): Promise<Response> {
  const range = rangeOf(c, size, tag);
  asDownload(c, path.slice(path.lastIndexOf('/') + 1));
  c.header('accept-ranges', 'bytes');
  c.header('etag', `"${tag}"`);
  c.header('last-modified', new Date(modifiedAt).toUTCString());
  if (range === 'none') {
    c.header('content-range', `bytes */${size}`);
    return c.body(null, 416);
  }
  const { from, to } = range ?? { from: 0, to: size };
  if (range) c.header('content-range', `bytes ${from}-${to - 1}/${size}`);
  c.header('content-length', String(to - from));
  return streamed(
    c,
    closing,
    'application/octet-stream',
    (signal) => bytesOf(cluster, id, path, from, to, signal),
    null,
    { status: range ? 206 : 200 },
  );
}

/** The one range that is asked for; null: all of it; 'none': there is no such range. */
function rangeOf(c: ApiContext, size: number, tag: string): { from: number; to: number } | 'none' | null {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(c.req.header('range') ?? '') ?? [];
  const if_ = c.req.header('if-range');
  if (
    first === undefined ||
    last === undefined ||
    (first === '' && last === '') ||
    (if_ !== undefined && if_ !== `"${tag}"`)
  )
    return null;
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  return from < to ? { from, to } : 'none';
}

const sameFile = (a: FileStat, b: FileStat): boolean => a.tag.split('-')[0] === b.tag.split('-')[0];

/** From the last bytes on as it grows; from its beginning again when it was emptied or replaced. */
function followed(
  c: ApiContext,
  closing: AbortSignal,
  cluster: Cluster,
  id: string,
  view: FileView,
  tail: number,
): Promise<Response> {
  const make = async function* (signal: AbortSignal): AsyncGenerator<Uint8Array> {
    let at = Math.max(0, view.size - tail);
    let stat: FileStat = view;
    let awaySince = 0;
    while (!signal.aborted) {
      const asked = performance.now();
      let piece: Awaited<ReturnType<Cluster['readFile']>>;
      try {
        piece = await cluster.readFile(id, view.path, { from: at, length: mostRead, waitMs }, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (
          !(error instanceof Refusal && error.code === 'file-not-found') ||
          (awaySince !== 0 && Date.now() - awaySince > awayMs)
        )
          throw error;
        awaySince ||= Date.now();
        await new Promise((resolve) => setTimeout(resolve, 500));
        continue;
      }
      awaySince = 0;
      const again = !sameFile(piece.stat, stat) || piece.stat.size < at;
      stat = piece.stat;
      if (again) at = 0;
      else if (piece.bytes.length > 0) {
        at += piece.bytes.length;
        yield piece.bytes;
      } else if (performance.now() - asked < 100) await new Promise((resolve) => setTimeout(resolve, 250)); // an answer that did not wait
    }
  };
  return streamed(c, closing, 'application/octet-stream', make, null, { follows: true });
}

async function archive(
  c: ApiContext,
  closing: AbortSignal,
  cluster: Cluster,
  id: string,
  view: FileView,
): Promise<Response> {
  const { archiveOf } = await import('../../answers/archive.ts');
  asDownload(c, `${id}${view.path === '' ? '' : `-${view.path.replaceAll('/', '-')}`}.tar.gz`);
  return streamed(
    c,
    closing,
    'application/gzip',
    (signal) => archiveOf(cluster, id, view, (path, from, to) => bytesOf(cluster, id, path, from, to, signal), signal),
    null,
  );
}
