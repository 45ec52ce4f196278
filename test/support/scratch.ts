// A directory of a test's own, removed when the process ends.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made: string[] = [];

/** A fresh directory under the test file's own (TEST_DIRECTORY), else under the system's temporary one. */
export function scratch(name: string): string {
  const directory = mkdtempSync(join(process.env['TEST_DIRECTORY'] ?? tmpdir(), `${name}-`));
  if (made.push(directory) === 1)
    process.on('exit', () => {
      for (const path of made) rmSync(path, { recursive: true, force: true });
    });
  return directory;
}
