// Programs inherit nothing of what the agent was started with.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { spawnSync, type StdioOptions } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

test('what the agent inherited is closed, what it opened itself stays', () => {
  const module = fileURLToPath(new URL('../../../../src/agent/effects/launch/close-fds.js', import.meta.url));
  const script = `
    const { closeInherited } = await import(${JSON.stringify(module)});
    const fs = await import('node:fs');
    const own = fs.openSync('/dev/null', 'r');
    const closed = closeInherited();
    fs.fstatSync(own);
    let gone = false;
    try { fs.fstatSync(57); } catch (error) { gone = error.code === 'EBADF'; }
    setTimeout(() => console.log(JSON.stringify({ closed, gone, again: closeInherited() })), 5); // the event loop still turns`;
  const leaked = openSync('/dev/zero', 'r');
  // node itself sees to the lowest sixteen
  const stdio = Array.from({ length: 201 }, (_, fd) =>
    fd === 1 || fd === 2 ? 'pipe' : fd === 57 || fd === 200 ? leaked : 'ignore',
  ) as StdioOptions;
  const ended = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', stdio });
  closeSync(leaked);
  assert.is(ended.status, 0, ended.stderr);
  const said = JSON.parse(ended.stdout) as { closed: number[]; gone: boolean; again: number[] };
  assert.ok(
    [57, 200].every((fd) => said.closed.includes(fd)),
    ended.stdout,
  );
  assert.ok(said.gone);
  assert.equal(said.again, []);
});

test.run();
