// A directory of an instance as tar.gz, made while it is read: nothing is stored, and a slow reader slows the reading. Links are kept as
// links; what is neither file, directory nor link is left out. What changes or goes meanwhile is named in a last entry.
import { Readable, pipeline } from 'node:stream';
import { createGzip } from 'node:zlib';
import { Refusal } from '../../model/errors.ts';
import { mostItems, type FileItem, type FileView } from '../../protocol/files.ts';
import type { Cluster } from '../cluster.ts';
import { tarEnd, tarHeader, tarPadding } from './tar.ts';

/** Most entries of one archive: more is not what somebody wants to look at. */
const mostEntries = 100_000;

/** The last entry, where something is missing. */
const notWhole = 'NOT-WHOLE.txt';

type Read = (path: string, from: number, to: number) => AsyncIterable<Uint8Array>;
const bitsOf = (mode: string): number => [...mode].reduce((bits, letter) => bits * 2 + (letter === '-' ? 0 : 1), 0);

/**
 * @param read bytes of a file; throws when it became shorter: what is missing is filled with zeros then, as the header
 * promised its size, and `notWhole` in the archive names the file
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
  const missing: string[] = [];
  if (top.type === 'file')
    yield* fileEntry(top.path, { ...top, name: top.path, target: null }, nameOf(top.path), read, missing);
  const waiting = top.type === 'file' ? [] : [top.path];
  for (let path = waiting.pop(); path !== undefined && !signal.aborted; path = waiting.pop()) {
    for (let from = 0, total = 1; from < total && !signal.aborted;) {
      let page: FileView;
      try {
        page = from === 0 && path === top.path ? top : await cluster.files(id, path, from);
      } catch (error) {
        if (error instanceof Refusal && error.status === 404) {
          missing.push(`${path}/ was removed meanwhile`);
          break;
        }
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
        else if (item.type === 'file') yield* fileEntry(at, item, nameOf(at), read, missing);
        else if (item.name.includes('\ufffd')) missing.push(`${at} is left out: its name is not UTF-8`);
      }
    }
  }
  if (missing.length > 0) {
    const text = Buffer.from(`${missing.join('\n')}\n`);
    const name = top.type === 'file' ? notWhole : nameOf(top.path === '' ? notWhole : `${top.path}/${notWhole}`);
    yield tarHeader({ name, type: 'file', size: text.length, modifiedAt: Date.now(), mode: 0o644 });
    yield text;
    yield tarPadding(text.length);
  }
  yield tarEnd();
}

async function* fileEntry(
  path: string,
  { size, modifiedAt, mode }: FileItem | (FileView & { name: string; target: null }),
  name: string,
  read: Read,
  missing: string[],
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
    const why = error instanceof Error ? error.message : String(error);
    missing.push(`${path}: ${why}; from byte ${written} of ${size} on it is filled with zeros`);
  }
  for (; written < size; written += Math.min(65_536, size - written))
    yield Buffer.alloc(Math.min(65_536, size - written));
  yield tarPadding(size);
}
