// Opens what lies inside a directory, and nothing else, although a program changes that directory meanwhile: one name after the other,
// each from the open directory before it (as openat does), never through a symbolic link. A link is read and walked likewise, so
// that one which leads out is refused. Devices, sockets and pipes are never opened.
import { constants, type Stats } from 'node:fs';
import { lstat, open, readlink, type FileHandle } from 'node:fs/promises';
import { Refusal } from '../../../model/errors.ts';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;
/** Only a place in the tree, without the rights and effects of opening what is there (Linux). */
const pathOnly = 0o10000000;
const mostLinks = 20;
const mostNames = 200;

export interface Opened {
  handle: FileHandle;
  stats: Stats;
}

const of = (directory: FileHandle, name: string): string => `/proc/self/fd/${directory.fd}/${name}`;

/** The names of a path as a person writes it. @throws Refusal for one that could lead elsewhere */
export function namesOf(path: string): string[] {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  if (
    path.includes('\0') ||
    names.includes('..') ||
    names.length > mostNames ||
    names.some((name) => Buffer.byteLength(name) > 255)
  ) {
    throw new Refusal(
      'forbidden',
      `"${path.slice(0, 200)}" is no path of a file here`,
      'Paths begin at the instance\'s own directory; ".." is not followed.',
    );
  }
  return names;
}

/**
 * Opens a file (for reading) or a directory. The caller closes it.
 * @param root an existing directory, itself no symbolic link
 * @throws Refusal file-not-found; forbidden for what leads out, is neither file nor directory, or may not be read
 */
export async function openInside(root: string, names: readonly string[]): Promise<Opened> {
  const shown = names.join('/');
  const open_: FileHandle[] = [];
  try {
    open_.push(await open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    let left = [...names];
    for (let links = 0, steps = 0; left.length > 0;) {
      const directory = open_.at(-1)!;
      const name = left.shift()!;
      if (++steps > mostNames * 4) throw leadsOut(shown);
      if (name === '..') {
        // of a link's target only
        if (open_.length === 1) throw leadsOut(shown);
        await open_.pop()!.close();
        continue;
      }
      const found = await lstat(of(directory, name));
      if (found.isSymbolicLink()) {
        const target = await readlink(of(directory, name));
        if (target.startsWith('/') || ++links > mostLinks) throw leadsOut(shown);
        left = [...target.split('/').filter((part) => part !== '' && part !== '.'), ...left];
      } else if (found.isDirectory()) open_.push(await open(of(directory, name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
      else if (left.length > 0) throw new Refusal('file-not-found', `${shown}: ${name} is no directory`);
      else return await openFile(directory, name, shown);
    }
    const handle = open_.pop()!;
    try {
      return { handle, stats: await handle.stat() };
    } catch (error) {
      await handle.close();
      throw error;
    }
  } catch (error) {
    throw asRefusal(error, shown);
  } finally {
    for (const handle of open_) await handle.close();
  }
}

/** First its place, then a look at what that is, then that very thing: nothing can be put there in between. */
async function openFile(directory: FileHandle, name: string, shown: string): Promise<Opened> {
  const place = await open(of(directory, name), pathOnly | O_NOFOLLOW);
  try {
    if (!(await place.stat()).isFile())
      throw new Refusal(
        'forbidden',
        `${shown} is a device, a socket or a pipe: it is not opened`,
        'Only files and directories can be read.',
      );
    const handle = await open(`/proc/self/fd/${place.fd}`, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    try {
      return { handle, stats: await handle.stat() };
    } catch (error) {
      await handle.close();
      throw error;
    }
  } finally {
    await place.close();
  }
}

const leadsOut = (shown: string): Refusal =>
  new Refusal(
    'forbidden',
    `${shown} leads out of the instance's files by a symbolic link`,
    'Only what lies inside can be read.',
  );

function asRefusal(error: unknown, shown: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EINVAL')
    return new Refusal(
      'file-not-found',
      `There is no ${shown === '' ? 'such directory' : shown}`,
      'It may have been removed or replaced meanwhile; list the directory above it.',
    );
  if (code === 'ELOOP') return leadsOut(shown);
  if (code === 'EACCES' || code === 'EPERM')
    return new Refusal('forbidden', `The agent may not read ${shown}`, "Its permissions are the program's own doing.");
  return error;
}
