// A failed file in a few lines, for the end of a run.
import type { Result } from './file.ts';

const linesOfOne = 5;
const linesOfAll = 20;
const columns = 200;

/** Its problems, and of each failed test its name and the first words of why. */
export function inShort(name: string, { problems, output }: Pick<Result, 'problems' | 'output'>): string {
  const failed = output.split(/^ {3}FAIL {2}/m).slice(1);
  const tests = failed.flatMap((text) => {
    const lines = text.split('\n').filter((line) => /\S/.test(line));
    const stack = lines.findIndex((line) => /^\s+at \S/.test(line));
    return lines.slice(0, Math.min(linesOfOne, stack < 0 ? linesOfOne : stack)).map((line) => `     ${line}`);
  });
  const all = [...problems.map((problem) => `     ${problem}`), ...tests];
  return [`FAIL ${name}`, ...all.slice(0, linesOfAll)].map((line) => line.slice(0, columns)).join('\n');
}
