// The test runner itself: what it finds fault with, and that nothing it has started outlives it, however it ends.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { scratch } from '../support/scratch.ts';
import { until } from '../support/until.ts';

const test = suite('the test runner');
const runner = fileURLToPath(new URL('../run.js', import.meta.url));

/** A run of files that are written here; its temporary directory is its own, so it sweeps nobody else's. */
class Run {
  readonly directory = scratch('run');
  readonly temporary = join(this.directory, 'temporary');
  readonly said: () => string;
  readonly over: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly child: ChildProcess;

  constructor(files: Record<string, string>, ...options: string[]) {
    mkdirSync(this.temporary);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.directory, name), text);
    let said = '';
    this.said = () => said;
    ({ child: this.child, over: this.over } = this.start(options, (chunk) => (said += chunk)));
  }

  start(options: string[], hear: (chunk: Buffer) => void): Pick<Run, 'child' | 'over'> {
    const words = [runner, '--folder', this.directory, '--jobs', '1', ...options];
    const env = { ...process.env, TMPDIR: this.temporary };
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'], env });
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    const over = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
      child.once('close', (code, signal) => resolve({ code, signal })),
    );
    return { child, over };
  }
}

const passes = `console.log('  Total:     1\\n  Passed:    1\\n  Skipped:   0');`;
/** Starts what outlives it, a session of its own, and waits. */
const starts = (end: string): string => `
  import { spawn } from 'node:child_process';
  import { writeFileSync } from 'node:fs';
  import { join } from 'node:path';
  const own = process.env.TEST_DIRECTORY;
  const child = spawn('sleep', ['1000'], { cwd: own, detached: true, stdio: 'ignore' });
  child.unref();
  writeFileSync(join(own, '../..', 'pid'), String(child.pid));
  ${end}`;
const waits = 'setInterval(() => undefined, 1000);';
const lives = (pid: number): boolean => {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
};
const started = (run: Run): Promise<number> =>
  until('it has started something', () => {
    const path = join(run.temporary, 'pid');
    return existsSync(path) && Number(readFileSync(path, 'utf8'));
  });

test('a file fails that runs no test, leaves a process behind or takes too long; the logs of its daemons are shown', async () => {
  const logs = `
    import { mkdirSync, writeFileSync } from 'node:fs';
    mkdirSync(process.env.TEST_DIRECTORY + '/hub-1/master', { recursive: true });
    writeFileSync(process.env.TEST_DIRECTORY + '/hub-1/master/log.jsonl', Array.from({ length: 60 }, (_, n) => 'line ' + n +
      '\\n').join('') + 'stathub agent --token sth_node_${'A'.repeat(43)}\\n');
    process.exitCode = 1;`;
  const files = {
    'a.test.js': passes,
    'b.test.js': '',
    'c.test.js': starts(passes),
    'd.test.js': waits,
    'e.test.js': logs,
    'f.test.js': `
      import { writeFileSync } from 'node:fs';
      const at = Date.now() - 1000;
      writeFileSync(process.env.TEST_DIRECTORY + '/steps', Array.from({ length: 20 }, (_, n) => at + n + ' 7 step ' + n +
        '\\n').join('') + (at + 9e6) + ' 7 after it\\n');
      console.log('✘   (0 / 1)\\n\\n   FAIL  "it is"\\n    it is not\\n\\n    at x (y.js:1)\\n\\n  Total:     1\\n  Passed:    0');
      process.exitCode = 1;`,
  };
  const run = new Run(files, '--timeout', '2');
  assert.equal(await run.over, { code: 1, signal: null });
  const said = run.said();
  assert.match(said, /^ok {3}a\.test\.ts {2}1\/1 {2}[\d.]+ s {2}cpu [\d.]+ s$/m);
  assert.match(said, /^FAIL b\.test\.ts .*\n {5}ran no test$/m);
  assert.match(said, /^FAIL c\.test\.ts .*\n {5}left a process behind: \d+ sleep 1000$/m);
  assert.match(said, /^FAIL d\.test\.ts .*\n {5}took longer than \d s$/m);
  assert.match(said, /--- hub-1\/master\/log\.jsonl, the last 40 of 61 lines\n {5}\| line 21\n/);
  assert.match(said, /--token sth_node_\*\*\*$/m);
  assert.match(said, /^FAIL f\.test\.ts .*\n {5}exit code 1\n {5}beside none; load [\d.]+$/m);
  assert.match(said, / it waited for\n {5}\| [-\d.]+ s, 7 ms: step 12\n(.*\n){6}.*step 19\n(?!.*after it)/);
  const short = said.slice(said.lastIndexOf('FAIL f.test.ts'));
  assert.is(short, 'FAIL f.test.ts\n     exit code 1\n     "it is"\n         it is not\n\n2 passed, 5 failed\n');
  assert.match(said, /\nFAIL d\.test\.ts\n {5}took longer than \d s\n/);
  assert.not.ok(lives(await started(run)));
});

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  test(`${signal} ends all that it has started, and says what was cut off`, async () => {
    const run = new Run({ 'a.test.js': starts(waits), 'b.test.js': passes });
    const pid = await started(run);
    run.child.kill(signal);
    assert.equal(await run.over, { code, signal: null });
    assert.match(run.said(), new RegExp(`cut off by ${signal}: a\\.test\\.ts; 1 files had not begun`));
    assert.not.ok(lives(pid));
    assert.equal(readdirSync(run.temporary), ['pid']);
  });

test('what a killed one left is swept by the next, what belongs to a living one is not', async () => {
  const run = new Run({ 'a.test.js': starts(waits) });
  const pid = await started(run);
  const [own] = readdirSync(run.temporary).filter((name) => name.startsWith('stathub-test-'));
  writeFileSync(join(run.directory, 'b.test.js'), passes);
  const beside = run.start(['b.test.js'], () => undefined);
  assert.is((await beside.over).code, 0);
  assert.ok(lives(pid));
  assert.ok(existsSync(join(run.temporary, own!)));

  run.child.kill('SIGKILL');
  await run.over;
  assert.ok(lives(pid));
  const foreign = mkdtempSync(join(run.temporary, 'stathub-test-'));
  let said = '';
  assert.is((await run.start(['b.test.js'], (chunk) => (said += chunk)).over).code, 0);
  assert.match(said, new RegExp(`swept ${own}, whose runner was killed`));
  assert.not.ok(lives(pid));
  assert.equal(readdirSync(run.temporary).sort(), ['pid', foreign.slice(run.temporary.length + 1)].sort());
});

test.run();
