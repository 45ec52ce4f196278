// A full disk, a real one: a small tmpfs in a mount namespace of its own (nothing is left mounted, whatever happens).
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { scratch } from '../support/scratch.ts';

const programOf = (name: string): string => fileURLToPath(new URL(`./programs/${name}.js`, import.meta.url));
const mount = 'mount -t tmpfs -o size=64m none "$1" && exec "$2" "$3" "$1" "$4"';
const can =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', scratch('mount')], { stdio: 'ignore' }).status === 0;

function ranOn(program: string): string {
  const { stdout, stderr, status, signal } = spawnSync(
    'unshare',
    ['--mount', 'sh', '-c', mount, 'sh', scratch('disk'), process.execPath, programOf(program), scratch('elsewhere')],
    { encoding: 'utf8', timeout: 200_000 },
  );
  assert.is(signal, null, stderr);
  assert.is(status, 0, stderr + stdout);
  return stdout;
}

if (!can) console.log('# skipped: a full disk (needs Linux, root and mount namespaces)');
else {
  test('a full disk is told as such, costs no restarts, holds up no stop, and is left behind when there is room', () => {
    const stdout = ranOn('on-full-disk');
    assert.match(stdout, 'it went on by itself');
    assert.match(stdout, 'what came while there was no room started by itself');
    assert.match(stdout, /a stop (found room|was done at once and written later)/);
  });

  test('a hub that has no room to begin waits for it; what runs is guarded, and what was stopped stays stopped', () => {
    const stdout = ranOn('starts-on-full-disk');
    assert.match(stdout, 'an agent guards what runs while its hub waits for room');
    assert.match(stdout, 'a master waits for room');
  });
}

test.run();
