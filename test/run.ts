// The test runner: one process per test file, a few at a time, with a time limit and its own temporary directory.
//   npm test                     all
//   npm test -- store query      only files whose path holds one of the words
//   npm test -- --jobs 1 --timeout 60
// A file fails when it exits non-zero, runs zero tests, exceeds its time, or leaves behind a process or a cgroup that
// belongs to its directory. uvu alone would report none of these (an empty file passes, a leaked timer hangs it for ever).
import { spawn } from 'node:child_process';
import { cpus, tmpdir } from 'node:os';
import { mkdtempSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Lender } from './elasticsearch/shared.ts';
import { endLeftovers } from './support/leftovers.ts';

const here = dirname(fileURLToPath(import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { jobs: { type: 'string' }, timeout: { type: 'string' }, verbose: { type: 'boolean' } },
});
// One more than cores, up to four: most of the time of a story with real processes is waiting.
const jobs = Number(values.jobs ?? Math.min(4, cpus().length + 1));
const timeoutSeconds = Number(values.timeout ?? 120);

/** The files that take long begin first, so that none of them is left over alone at the end. */
const long = /^(cluster\/elasticsearch|run\/(migrate|upgrade)|cluster\/evacuation|ui\/dashboard|query\/agreement)/;
const longestFirst = (a: string, b: string): number => {
  const [one, other] = [a, b].map((file) => relative(here, file));
  return Number(long.test(other!)) - Number(long.test(one!)) || (one! < other! ? -1 : 1);
};

interface Result {
  file: string;
  passed: number;
  total: number;
  skipped: number;
  problems: string[];
  output: string;
  ms: number;
}

function testFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? testFiles(path) : entry.name.endsWith('.test.js') ? [path] : [];
  });
}

/** A server that the file will ask for is there before its time runs. One that cannot be started is the file's to tell. */
async function warmUp(file: string): Promise<void> {
  const text = readFileSync(file, 'utf8');
  const major = /(?:contractOn|lend\w*)\(8\)/.test(text)
    ? 8
    : /contractOn\(|lendOrSkip\(|masterOn\(/.test(text)
      ? 9
      : null;
  if (major !== null) await lender.ask(major).catch(() => undefined);
}

async function runFile(file: string, directory: string): Promise<Result> {
  await warmUp(file);
  const name = relative(here, file).replace(/\.js$/, '.ts');
  const started = Date.now();
  mkdirSync(directory, { recursive: true });
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--enable-source-maps', file], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // its own group: a file over its time is ended with all that it started
      env: { ...process.env, ...lent, TEST_DIRECTORY: directory, TMPDIR: directory, NO_COLOR: '1', FORCE_COLOR: '0' },
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    const problems: string[] = [];
    const limit = setTimeout(() => {
      problems.push(`took longer than ${timeoutSeconds} s`);
      if (child.pid) process.kill(-child.pid, 'SIGKILL');
    }, timeoutSeconds * 1000);
    child.on('error', (error) => problems.push(error.message));
    child.on('exit', (code, signal) => {
      clearTimeout(limit);
      // Pipes may be held open by something the file leaked; what it printed so far is enough.
      setTimeout(() => finish(code, signal), child.stdout.readableEnded ? 0 : 50);
    });
    const finish = (code: number | null, signal: NodeJS.Signals | null) => {
      const sum = (label: string) =>
        [...output.matchAll(new RegExp(`^\\s*${label}:\\s+(\\d+)`, 'gm'))].reduce((n, m) => n + Number(m[1]), 0);
      const total = sum('Total'),
        passed = sum('Passed'),
        skipped = sum('Skipped');
      if (code !== 0) problems.push(signal ? `ended by ${signal}` : `exit code ${code}`);
      if (code === 0 && passed < total)
        problems.push(`${total - passed} tests did not run: a before hook threw, which uvu does not tell`);
      if (total === 0 && skipped === 0 && !/^# skipped: /m.test(output)) problems.push('ran no test');
      problems.push(...endLeftovers(directory));
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
      resolve({ file: name, passed, total, skipped, problems, output, ms: Date.now() - started });
    };
  });
}

const base = mkdtempSync(join(tmpdir(), 'stathub-test-'));
const lender = new Lender(join(base, 'elasticsearch'));
const lent = await lender.serve();
const files = testFiles(here)
  .filter((file) => positionals.length === 0 || positionals.some((word) => relative(here, file).includes(word)))
  .sort(longestFirst);
const results: Result[] = [];
let next = 0;
async function worker() {
  for (let index = next++; index < files.length; index = next++) {
    const result = await runFile(files[index]!, join(base, `file-${index}-`));
    results.push(result);
    const line = `${result.problems.length ? 'FAIL' : 'ok  '} ${result.file}  ${result.passed}/${result.total}  ${(result.ms / 1000).toFixed(1)} s`;
    console.log(line);
    for (const skipped of result.output.matchAll(/^# skipped: .*$/gm)) console.log(`     ${skipped[0]}`);
    if (result.problems.length || values.verbose)
      console.log([...result.problems.map((p) => `     ${p}`), result.output.trimEnd()].join('\n'));
  }
}
await Promise.all(Array.from({ length: jobs }, worker));
await lender.end();
rmSync(base, { recursive: true, force: true });

const failed = results.reduce((n, r) => n + Math.max(r.total - r.passed, r.problems.length ? 1 : 0), 0);
const passed = results.reduce((n, r) => n + r.passed, 0);
if (files.length === 0) console.log(`no test file matches ${positionals.join(' ')}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed || passed === 0 ? 1 : 0);
