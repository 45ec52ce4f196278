// A full disk, a real one: a small tmpfs in a mount namespace of its own (nothing is left mounted, whatever happens).
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { scratch } from '../../support/scratch.ts';

const program = fileURLToPath(new URL('./programs/fills-disk.js', import.meta.url));
const mountAndRun = 'mount -t tmpfs -o size=6m none "$1" && exec "$2" "$3" "$1"';
const can =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', scratch('mount')], { stdio: 'ignore' }).status === 0;

if (!can) console.log('# skipped: a full disk (needs Linux, root and mount namespaces)');
else {
  test('a full disk: a clear refusal, nothing acknowledged lost, and on it goes when some is freed', () => {
    const { stdout, stderr, status, signal } = spawnSync(
      'unshare',
      ['--mount', 'sh', '-c', mountAndRun, 'sh', scratch('full'), process.execPath, program],
      { encoding: 'utf8', timeout: 200_000 },
    );
    assert.is(signal, null, stderr);
    assert.is(status, 0, stderr);
    const result = JSON.parse(stdout.trim().split('\n').at(-1)!) as {
      onFull: string;
      reopenOnFull: string;
      codes: string[];
      acknowledged: number;
      lost: string[];
      freed: number;
      count: number;
      scanned: number;
    };
    assert.is(result.onFull, 'store-full', 'a new store on a full disk');
    assert.is(result.reopenOnFull, 'opened', 'an old store on a full disk: opening it needs no space');
    assert.ok(result.codes.length >= 3);
    assert.equal([...new Set(result.codes)], ['store-full']);
    assert.equal(result.lost, []);
    assert.is(result.freed, 3, 'the first write after space is freed succeeds');
    assert.ok(result.acknowledged > 50, `only ${result.acknowledged} were acknowledged`);
    assert.is(result.count, result.scanned, 'the count is that of what is there');
    assert.not.match(stderr, 'Unhandled');
  });
}

test.run();
