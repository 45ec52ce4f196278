// What a test file has waited for, noted in its directory: its runner shows what led to a failure (runner/last-steps.ts).
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

export const stepsFile = (directory: string): string => join(directory, 'steps');

// As it is at the begin: some programs of tests move to a disk that they fill.
const directory = process.env['TEST_DIRECTORY'];

/** @param what what was waited for, and how that ended */
export function noteStep(what: string, waitedMs: number): void {
  if (!directory) return;
  try {
    appendFileSync(stepsFile(directory), `${Date.now()} ${waitedMs} ${what.replaceAll('\n', ' ')}\n`);
  } catch {
    /* only for the report of a failure: no reason for one */
  }
}
