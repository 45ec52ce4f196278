// The ends of the logs of a failed file's masters and agents: on CI nothing else tells what they went through.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { maskText } from '../../src/model/secrets.ts';

const lines = 40;
const daemons = 8;
const columns = 400;

/** Those that spoke last, at most 8, oldest first: `lines` lines of each, without tokens and passwords. */
export function daemonLogs(directory: string): string[] {
  return logsBelow(directory, 4)
    .map((path) => ({ path, at: statSync(path).mtimeMs }))
    .sort((a, b) => b.at - a.at)
    .slice(0, daemons)
    .reverse()
    .flatMap(({ path }) => {
      const all = readFileSync(path, 'utf8').trimEnd().split('\n');
      const shown = all.slice(-lines).map((line) => `     | ${maskText(line).slice(0, columns)}`);
      return [`     --- ${relative(directory, path)}, the last ${shown.length} of ${all.length} lines`, ...shown];
    });
}

function logsBelow(directory: string, depth: number): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return depth > 0 ? logsBelow(path, depth - 1) : [];
    return entry.name === 'log.jsonl' ? [path] : [];
  });
}
