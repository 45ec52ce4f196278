// Who belongs to a program, and its end, with and without a cgroup.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, readStat } from '../../../../src/agent/effects/processes/boot.ts';
import {
  cgroupMembers,
  createMembership,
  findMembershipRoot,
  membershipOf,
  removeMembership,
  removeMembershipRoot,
  sweepMemberships,
} from '../../../../src/agent/effects/cgroups/cgroup.ts';
import { findProgram } from '../../../../src/agent/effects/launch/tools.ts';
import { killTree, signalProgram } from '../../../../src/agent/effects/processes/kill-tree.ts';
import {
  isDeserted,
  isEmpty,
  treeMembers,
  whenEmpty,
  type Tree,
} from '../../../../src/agent/effects/processes/tree.ts';
import { letPass, until } from '../../../support/until.ts';
import { fixture, Host, instance, type Started } from '../../host.ts';

const kinds = (['v2', 'v1', 'session'] as const).filter((kind) => {
  const root = findMembershipRoot(`test-kinds-${process.pid}`, [kind, 'session']);
  removeMembershipRoot(root);
  if (root.kind !== kind) console.log(`# skipped: no ${kind} membership on this host`);
  return root.kind === kind;
});

const ready = (started: Started, words = 1) =>
  until('the program', () => started.stdout().split('\n').length > words && started.stdout().includes('ready'));

/** Pids whose environment or arguments name this host's directory: nobody of a killed tree may be among them. */
function remains(host: Host): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        return (
          readStat(Number(name))?.state !== 'Z' &&
          readFileSync(`/proc/${name}/environ`, 'utf8').includes(`STAT_NODE=${host.node}\0`)
        );
      } catch {
        return false;
      }
    });
}

for (const kind of kinds) {
  const test = suite<{ host: Host }>(`trees by ${kind}`);
  test.before((context) => {
    context.host = Host.open({ kinds: [kind] });
  });
  test.after(({ host }) => host.close());

  test('the signal reaches the group; the tree is empty when all have gone', async ({ host }) => {
    const started = host.start('sh', ['-c', 'sleep 1000 & echo ready; wait']);
    await ready(started);
    assert.not(isEmpty(started.tree));
    assert.is((await treeMembers(started.tree)).length, 2);
    let told = false;
    const emptied = whenEmpty(started.tree).then(() => (told = true));
    assert.ok(signalProgram(started.tree, 'SIGTERM'));
    assert.is((await started.exit).signal, 15);
    await emptied;
    assert.ok(told && isEmpty(started.tree));
    assert.not(signalProgram(started.tree, 'SIGTERM'));
  });

  test('killMode process signals the program alone', async ({ host }) => {
    const started = host.start('sh', ['-c', 'trap "" TERM; sleep 1000 & trap - TERM; echo ready; wait']);
    await ready(started);
    assert.ok(signalProgram(started.tree, 'SIGTERM', 'process'));
    assert.is((await started.exit).signal, 15);
    assert.not(isEmpty(started.tree), 'its child lives');
    assert.ok(signalProgram(started.tree, 'SIGKILL'), 'the group is still reached without its leader');
    await whenEmpty(started.tree);
  });

  test('a tree that ignores SIGTERM is killed whole', async ({ host }) => {
    const started = host.start(process.execPath, [fixture('ignores-sigterm.js'), 'child']);
    await until('both', () => started.stdout().match(/ready/g)?.length === 2);
    signalProgram(started.tree, 'SIGTERM');
    await until('both to have heard it', () => started.stdout().match(/not now/g)?.length === 2);
    assert.not(isEmpty(started.tree));
    await killTree(started.tree);
    assert.is((await started.exit).signal, 9);
    assert.ok(isEmpty(started.tree));
    assert.equal(remains(host), []);
  });

  test('a child in a session of its own, whose parent is gone, is killed too', async ({ host }) => {
    const started = host.start('sh', [fixture('forks-and-leaves.sh')]);
    await until('both', () => /daemon \d+/.test(started.stdout()) && started.stdout().includes('ready'));
    const daemon = Number(/daemon (\d+)/.exec(started.stdout())![1]);
    const { startTime } = readStat(daemon)!;
    assert.ok((await treeMembers(started.tree)).includes(daemon));
    await killTree(started.tree);
    await until('the daemon to be gone', () => !isAlive(daemon, startTime));
    assert.equal(remains(host), []);
  });

  test('what a program left behind is found after its end', async ({ host }) => {
    const started = host.start('sh', [fixture('forks-and-leaves.sh'), '3']);
    assert.is((await started.exit).code, 3);
    await until('the daemon', () => started.stdout().includes('daemon'));
    if (kind !== 'session') assert.not(isEmpty(started.tree)); // without a cgroup only a scan finds it
    assert.not(await isDeserted(started.tree));
    await killTree(started.tree);
    assert.equal(remains(host), []);
  });

  // Without a cgroup this is a race that a scan may lose; what it promises then is daemons (above), not runners.
  if (kind !== 'session') {
    test('a tree that never stands still is killed', async ({ host }) => {
      const started = host.start('sh', [fixture('passes-itself-on.sh')]);
      await until('the chains', () => /ready \d+\n(\d+ \d+\n){12}/.test(started.stdout()));
      await killTree(started.tree);
      const { length } = started.stdout();
      await letPass(300); // a survivor would have passed itself on several times by now
      assert.is(started.stdout().length, length);
      assert.equal(remains(host), []);
    });
  }

  if (findProgram('perl')) {
    test('a program that has overwritten its marker is killed', async ({ host }) => {
      const started = host.start('perl', [fixture('sets-its-title.pl')]);
      await ready(started);
      const { pid } = await started.identity;
      assert.not.match(readFileSync(`/proc/${pid}/environ`, 'latin1'), 'STAT_NODE');
      await killTree(started.tree);
      assert.is((await started.exit).signal, 9);
    });
  }

  if (findProgram('python3')) {
    test('a program whose first thread has ended lives by the others, and is killed', async ({ host }) => {
      const started = host.start('python3', [fixture('ends-its-first-thread.py')]);
      await ready(started, 0);
      const { pid, startTime } = await started.identity;
      await until('the first thread', () => / Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1')));
      assert.ok(isAlive(pid, startTime));
      assert.not(isEmpty(started.tree));
      assert.equal(await treeMembers(started.tree), [pid]);
      await killTree(started.tree);
      assert.is((await started.exit).signal, 9);
    });
  }

  test('a stopped program is killed', async ({ host }) => {
    const started = host.start('sleep', ['1000']);
    const { pid } = await started.identity;
    process.kill(pid, 'SIGSTOP');
    await killTree(started.tree);
    assert.is((await started.exit).signal, 9);
  });

  test('killing what never began ends at once', async ({ host }) => {
    const membership = createMembership(host.root, instance, 4711);
    await killTree({ membership, program: null, node: host.node, instance: 'nobody', epoch: '1' });
    assert.ok(removeMembership(membership));
    assert.ok(removeMembership(membership), 'a second time');
    assert.ok(isEmpty({ membership, program: null, node: host.node, instance: 'nobody', epoch: '1' }));
  });

  test('the launcher is no member: it tells how its program was killed', async ({ host }) => {
    const started = host.start('sleep', ['1000']);
    const { launcher } = await started.identity;
    assert.not((await treeMembers(started.tree)).includes(launcher));
    assert.is.not(readStat(launcher)?.session, (await started.identity).pid);
    await killTree(started.tree);
    assert.is((await started.exit).signal, 9);
  });

  test('a foreign process that leads the group of that number now is nobody of the tree', async ({ host }) => {
    const foreign = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
    const tree: Tree = {
      membership: createMembership(host.root, instance, 4712),
      program: { pid: foreign.pid!, startTime: 1 },
      node: host.node,
      instance: 'nobody',
      epoch: '1',
    };
    assert.ok(isEmpty(tree));
    assert.not(signalProgram(tree, 'SIGTERM'));
    await killTree(tree);
    assert.is(foreign.exitCode ?? foreign.signalCode, null);
    assert.ok(isAlive(foreign.pid!, readStat(foreign.pid!)!.startTime));
    removeMembership(tree.membership);
    foreign.kill('SIGKILL');
  });

  if (kind !== 'session') {
    test('the membership of a process is found again', async ({ host }) => {
      const started = host.start('sleep', ['1000']);
      const { pid } = await started.identity;
      assert.equal(membershipOf(pid, host.root), started.membership);
      assert.equal(membershipOf(process.pid, host.root), { kind: 'session' });
    });

    test('groups that the program made below its own are counted, killed and removed', async ({ host }) => {
      const started = host.start('sleep', ['1000']);
      const { pid } = await started.identity;
      assert.is.not(started.membership.kind, 'session');
      const path = (started.membership as { path: string }).path;
      mkdirSync(join(path, 'inner'));
      writeFileSync(join(path, 'inner/cgroup.procs'), String(pid));
      assert.equal(cgroupMembers(path), [pid]);
      assert.not(removeMembership(started.membership), 'not while somebody is in it');
      await killTree(started.tree);
      await started.exit;
      await until('removal', () => removeMembership(started.membership));
      assert.not(existsSync(path));
    });

    test('a program that has left its group, and its children there, are killed', async ({ host }) => {
      if (host.root.kind === 'session') return;
      const elsewhere = join(host.root.path, 'elsewhere');
      mkdirSync(elsewhere);
      const started = host.start('sh', [
        '-c',
        `echo $$ >${elsewhere}/cgroup.procs; sleep 1000 & echo ready; trap "" TERM; wait`,
      ]);
      await ready(started, 0);
      const { pid } = await started.identity;
      await until('both to be there', () => cgroupMembers(elsewhere)?.length === 2);
      assert.not(isEmpty(started.tree));
      assert.ok((await treeMembers(started.tree)).includes(pid));
      await killTree(started.tree);
      assert.is((await started.exit).signal, 9);
      await until('its child to be gone', () => cgroupMembers(elsewhere)?.length === 0);
      rmdirSync(elsewhere);
    });

    test('empty groups that nobody knows are swept away, others stay', async ({ host }) => {
      const started = host.start('sleep', ['1000']);
      await started.identity;
      const stale = createMembership(host.root, 'seat.1', 1) as { path: string };
      const kept = createMembership(host.root, instance, 99) as { path: string };
      sweepMemberships(host.root, new Set([kept.path]));
      assert.equal(
        [existsSync(stale.path), existsSync(kept.path), existsSync((started.membership as { path: string }).path)],
        [false, true, true],
      );
      rmdirSync(kept.path);
    });
  }

  test.run();
}
