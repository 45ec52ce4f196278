// The test runner: one process per test file, a few at a time, with a time limit and its own temporary directory.
//   npm test                     all
//   npm test -- store query      only files whose path holds one of the words
//   npm test -- --jobs 1 --timeout 60
// A file fails when it exits non-zero, runs zero tests, exceeds its time, or leaves behind a process that belongs to its
// directory. Each line says what the file took: seconds, and seconds of processor with all that it started.
// Ended by a signal, the runner ends everything it has started and says what it cut off; killed, the next run does (runner/).
import { cpus, loadavg } from 'node:os';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Lender } from './elasticsearch/shared.ts';
import { clear, makeBaseDirectory, ownStart, sweepDead } from './runner/base-directory.ts';
import { runFile, type Result, type RunningFile } from './runner/file.ts';
import { inShort } from './runner/in-short.ts';
import { inOrder } from './runner/order.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    jobs: { type: 'string' },
    timeout: { type: 'string' },
    verbose: { type: 'boolean' },
    /** Where the test files are, for the runner's own tests. */
    folder: { type: 'string', default: dirname(fileURLToPath(import.meta.url)) },
  },
});
const { folder } = values;
// More than cores, as a story with real processes waits for most of its time: so many keep two cores at work.
const jobs = Number(values.jobs ?? Math.min(8, cpus().length + 4));
const timeoutSeconds = Number(values.timeout ?? 240);

function testFiles(below: string): string[] {
  return readdirSync(below, { withFileTypes: true }).flatMap((entry) => {
    const path = join(below, entry.name);
    if (entry.isDirectory()) return testFiles(path);
    return entry.name.endsWith('.test.js') ? [relative(folder, path)] : [];
  });
}

for (const line of sweepDead()) console.log(line);
const base = makeBaseDirectory();
const lender = new Lender(join(base, 'elasticsearch'));
const lent = await lender.serve();
const files = inOrder(
  testFiles(folder).filter((file) => positionals.length === 0 || positionals.some((word) => file.includes(word))),
);
const running = new Map<string, RunningFile>();
const results: Result[] = [];

/** A server that the file will ask for is there before its time runs. One that cannot be started is the file's to tell. */
async function warmUp(file: string): Promise<void> {
  const text = readFileSync(join(folder, file), 'utf8');
  if (/(?:contractOn|lend\w*)\(8\)/.test(text)) await lender.ask(8).catch(() => undefined);
  else if (/contractOn\(|lendOrSkip\(|masterOn\(/.test(text)) await lender.ask(9).catch(() => undefined);
}

function report(file: string, result: Result): void {
  const { passed, total, problems, output, logs, seconds, processorSeconds } = result;
  const took = [`${seconds.toFixed(1)} s`];
  if (!Number.isNaN(processorSeconds)) took.push(`cpu ${processorSeconds.toFixed(1)} s`);
  console.log(`${problems.length > 0 ? 'FAIL' : 'ok  '} ${named(file)}  ${passed}/${total}  ${took.join('  ')}`);
  for (const [skipped] of output.matchAll(/^# skipped: .*$/gm)) console.log(`     ${skipped}`);
  if (problems.length === 0 && !values.verbose) return;
  const beside = [...running.keys()].map(named).join(', ') || 'none';
  console.log(
    [
      ...problems.map((problem) => `     ${problem}`),
      ...(problems.length > 0 ? [`     beside ${beside}; load ${loadavg()[0]!.toFixed(1)}`] : []),
      output.trimEnd(),
      ...logs,
    ].join('\n'),
  );
  if (problems.length > 0) failures.push(inShort(named(file), result));
}
/** What failed, once more at the end: what was said of it before may be far above, or cut off. */
const failures: string[] = [];
const named = (file: string): string => file.replace(/\.js$/, '.ts');

let begun = 0;
async function worker(): Promise<void> {
  while (begun < files.length) {
    const index = begun++;
    const file = files[index]!;
    await warmUp(file);
    const one = runFile(join(folder, file), join(base, `file-${index}-`), timeoutSeconds, lent);
    running.set(file, one);
    const result = await one.result;
    running.delete(file);
    results.push(result);
    report(file, result);
  }
}

/** The group of a file is ended first, so that it does not start again what is ended under its feet. */
function cutOff(signal: NodeJS.Signals, exitCode: number): void {
  process.stdout.on('error', () => undefined); // a terminal that was closed takes no more words
  for (const one of running.values()) one.kill();
  const left = clear(base, ownStart);
  const cut = [...running.keys()].map(named);
  const notBegun = files.length - begun;
  console.log(`\ncut off by ${signal}: ${cut.join(', ') || 'no file'}; ${notBegun} files had not begun`);
  if (left.length > 0) console.log(`${left.length} processes of theirs were ended`);
  process.exit(exitCode);
}
for (const [signal, exitCode] of [
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(signal, () => cutOff(signal, exitCode));

process.stdout.once('error', () => cutOff('SIGPIPE', 141)); // `npm test | head`: nobody reads on

await Promise.all(Array.from({ length: jobs }, worker));
await lender.end();
clear(base, ownStart);

const failed = results.reduce((n, r) => n + Math.max(r.total - r.passed, r.problems.length ? 1 : 0), 0);
const passed = results.reduce((n, r) => n + r.passed, 0);
if (files.length === 0) console.log(`no test file matches ${positionals.join(' ')}`);
if (failures.length > 0) console.log(`\n${failures.join('\n')}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed || passed === 0 ? 1 : 0);
