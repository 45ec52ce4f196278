// A directory of an instance as tar.gz, made while it is read: nothing is stored, and a slow reader slows the reading. Links are kept as
// links; what is neither file, directory nor link is left out.
import { Readable, pipeline } from 'node:stream';
import { createGzip } from 'node:zlib';
import { Refusal } from '../../model/errors.ts';
import { mostItems, type FileItem, type FileView } from '../../protocol/files.ts';
import type { Cluster } from '../cluster.ts';
import { tarEnd, tarHeader, tarPadding } from './tar.ts';

/** Most entries of one archive: more is not what somebody wants to look at. */
const mostEntries = 100_000;

type Read = (path: string, from: number, to: number) => AsyncIterable<Uint8Array>;
const bitsOf = (mode: string): number => [...mode].reduce((bits, letter) => bits * 2 + (letter === '-' ? 0 : 1), 0);

/**
 * @param read bytes of a file; throws when it became shorter: what is missing is filled with zeros then, as the header
 * promised its size
 */
export async function* archiveOf(
  cluster: Cluster,
  id: string,
  view: FileView,
  read: Read,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const gzip = createGzip({ level: 4 });
  pipeline(
    Readable.from(entriesOf(cluster, id, view, read, signal), { objectMode: false, highWaterMark: 65_536 }),
    gzip,
    () => undefined,
  ); // the reader of gzip sees the error
  yield* gzip as AsyncIterable<Uint8Array>;
}

async function* entriesOf(
  cluster: Cluster,
  id: string,
  top: FileView,
  read: Read,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const above = top.path.includes('/') ? top.path.slice(0, top.path.lastIndexOf('/') + 1) : '';
  const nameOf = (path: string): string => (top.path === '' ? `${id}/${path}` : path.slice(above.length));
  let left = mostEntries;
  if (top.type === 'file') yield* fileEntry(top.path, { ...top, name: top.path, target: null }, nameOf(top.path), read);
  const waiting = top.type === 'file' ? [] : [top.path];
  for (let path = waiting.pop(); path !== undefined && !signal.aborted; path = waiting.pop()) {
    for (let from = 0, total = 1; from < total && !signal.aborted;) {
      let page: FileView;
      try {
        page = from === 0 && path === top.path ? top : await cluster.files(id, path, from);
      } catch (error) {
        if (error instanceof Refusal && error.status === 404) break; // removed meanwhile
        throw error;
      }
      total = page.total;
      from += mostItems;
      for (const item of page.items) {
        if (--left < 0)
          throw new Refusal(
            'too-large',
            `${top.path || id} holds more than ${mostEntries} files`,
            'Download a directory of it.',
          );
        const at = path === '' ? item.name : `${path}/${item.name}`;
        const mode = bitsOf(item.mode);
        if (item.type === 'directory') {
          yield tarHeader({ name: `${nameOf(at)}/`, type: 'directory', size: 0, modifiedAt: item.modifiedAt, mode });
          waiting.push(at);
        } else if (item.type === 'link')
          yield tarHeader({
            name: nameOf(at),
            type: 'link',
            size: 0,
            modifiedAt: item.modifiedAt,
            mode,
            target: item.target ?? '',
          });
        else if (item.type === 'file') yield* fileEntry(at, item, nameOf(at), read);
      }
    }
  }
  yield tarEnd();
}

async function* fileEntry(
  path: string,
  { size, modifiedAt, mode }: FileItem | (FileView & { name: string; target: null }),
  name: string,
  read: Read,
): AsyncGenerator<Uint8Array> {
  yield tarHeader({ name, type: 'file', size, modifiedAt, mode: bitsOf(mode) });
  let written = 0;
  try {
    for await (const bytes of read(path, 0, size)) {
      written += bytes.length;
      yield bytes;
    }
  } catch (error) {
    if (error instanceof Refusal && error.status >= 500) throw error;
    // It became shorter, was removed or may not be read: its place in the archive is kept.
  }
  for (; written < size; written += Math.min(65_536, size - written))
    yield Buffer.alloc(Math.min(65_536, size - written));
  yield tarPadding(size);
}
