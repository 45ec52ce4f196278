// Takes the front off a file while others append to it (fallocate(2), by the program of util-linux: Node has no call for it).
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findProgram } from '../launch/tools.ts';

const run = promisify(execFile);

async function fallocate(how: string, path: string, length: number): Promise<void> {
  await run(findProgram('fallocate') ?? 'fallocate', [how, '--offset', '0', '--length', String(length), path], {
    env: { LC_ALL: 'C' },
  });
}

/** Removes the first bytes, whole blocks: what follows moves down. @throws Error where the file system cannot (EOPNOTSUPP) */
export const cutOut = (path: string, length: number): Promise<void> => fallocate('--collapse-range', path, length);

/** Gives back the blocks of the first bytes: they read as zeros, and the file keeps its size. @throws Error where it cannot */
export const punchOut = (path: string, length: number): Promise<void> => fallocate('--punch-hole', path, length);
