// `import`, `--format marathon`, `run`, `token`, `completion`: against an API over a cluster in memory, and without any.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { stathub } from '../support/cli.ts';
import { freshDirectory, Hub } from '../support/hub.ts';

const nobody = 'http://127.0.0.1:9';
const directory = freshDirectory('imports');
const file = (name: string, value: unknown): string => {
  const path = join(directory, name);
  writeFileSync(path, JSON.stringify(value));
  return path;
};

test('import --print converts without a hub, and says what has no counterpart', async () => {
  const one = await stathub(
    nobody,
    'import',
    file('one.json', { id: '/shop/web', cmd: 'serve', instances: 2, gpus: 1 }),
    '--print',
  );
  assert.is(one.code, 0);
  const app = JSON.parse(one.out);
  assert.equal([app.name, app.toProcess, app.shell, app.placement], ['shop.web', 'serve', true, { scale: 2 }]);
  assert.match(one.err, /shop\.web {2}gpus: are not reserved/);
  assert.match(one.err, /shop\.web {2}id: \/shop\/web is called shop\.web here/);
});

test('nothing is deployed when one app of a file is not valid; every problem is named', async () => {
  const ran = await stathub(
    nobody,
    'import',
    file('bad.json', {
      apps: [
        { id: 'a', cmd: 'x' },
        { id: 'b', container: { docker: { image: 'x' } } },
        { id: 'a', cmd: 'y' },
      ],
    }),
  );
  assert.is(ran.code, 4, 'nobody was asked');
  assert.match(ran.err, /b {2}toProcess: is missing/);
  assert.match(ran.err, /a {2}is there twice/);
  assert.is((await stathub(nobody, 'import', file('none.json', { hello: 1 }))).code, 2);
  assert.match(
    (
      await stathub(
        nobody,
        'deploy',
        file('two.json', [
          { id: 'a', cmd: 'x' },
          { id: 'b', cmd: 'x' },
        ]),
        '--format',
        'marathon',
      )
    ).err,
    /holds 2 apps/,
  );
});

test('completions know every command, for three shells', async () => {
  const help = await stathub(null, '--help');
  const commands = [...help.out.matchAll(/^ {2}([a-z][a-z-]*) /gm)]
    .map(([, name]) => name!)
    .filter((name) => name !== 'help');
  assert.ok(commands.length > 25);
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { out, code } = await stathub(null, 'completion', shell);
    assert.is(code, 0);
    for (const command of commands) assert.match(out, new RegExp(`\\b${command}\\b`), `${shell}: ${command}`);
  }
  assert.is((await stathub(null, 'completion', 'tcsh')).code, 2);
  // As the shell does: a flag's own words come after it.
  const { out } = await stathub(null, 'completion', 'bash');
  const asked = 'COMP_WORDS=(stathub logs --stream std) COMP_CWORD=3; _stathub; echo "${COMPREPLY[*]}"';
  assert.is(execFileSync('bash', ['-c', `${out}\n${asked}`], { encoding: 'utf8' }), 'stdout stderr\n');
});

test('against a hub: import and back, rollback, run with output and exit code, tokens', async () => {
  const hub = new Hub();
  try {
    await hub.start();
    const { address } = hub.master;
    const ran = await Promise.all([
      stathub(
        address,
        'run',
        '--rm',
        '-e',
        'WHO=you',
        '--',
        '/bin/sh',
        '-c',
        'echo hello $WHO; echo trouble >&2; sleep 0.3; echo bye; exit 7',
      ),
      stathub(address, 'run', '--name', 'killed', '--', '/bin/sh', '-c', 'kill -9 $$'),
    ]);
    assert.equal([ran[0].code, ran[0].out], [7, 'hello you\nbye\n']);
    assert.match(ran[0].err, /^trouble$/m);
    assert.is(ran[1].code, 137);
    assert.is((await hub.master.call('GET', '/v1/apps/killed')).status, 200, 'without --rm its record stays');

    const imported = await stathub(
      address,
      'import',
      file('group.json', {
        id: '/shop',
        apps: [
          { id: 'web', args: ['/bin/sleep', '1000'], instances: 1, mem: 16 },
          { id: 'db', cmd: 'sleep 1000', instances: 0, mem: 16 },
        ],
      }),
    );
    assert.is(imported.code, 0, imported.err);
    await stathub(address, 'scale', 'shop.db', '1', '--wait');
    const listed = await stathub(address, 'apps', 'name:shop*', '--json');
    for (const name of ['shop.web', 'shop.db']) assert.is((await stathub(address, 'delete', name, '--wait')).code, 0);
    const back = await stathub(address, 'import', file('back.json', JSON.parse(listed.out)), '--format', 'stathub');
    assert.is(back.code, 0, back.err);
    assert.equal(
      (await hub.master.get('/v1/apps?query=name:shop*')).items.map((app: any) => [app.name, app.scale]),
      [
        ['shop.db', 1],
        ['shop.web', 1],
      ],
    );

    assert.is((await stathub(address, 'rollback', 'shop.web')).code, 4, 'there is one revision only');
    await stathub(address, 'deploy', file('web.json', { name: 'shop.web', toProcess: '/bin/sleep', args: ['2000'] }));
    const none = await stathub(address, 'rollback', 'shop.web', '9');
    assert.is(none.code, 3);
    assert.match(none.err, /shop\.web has no revision 9.*\n.*it has 2, 1/);
    await stathub(address, 'stop', 'shop.web', '--wait');
    assert.match(
      (await stathub(address, 'restart', 'shop.web')).out,
      /^shop\.web: it was stopped, and is started; --wait/,
    );
    const rolled = await stathub(address, 'rollback', 'shop.web', '--json');
    assert.equal([JSON.parse(rolled.out).revision, JSON.parse(rolled.out).spec.args], [3, ['1000']]);

    const made = await stathub(address, 'token', 'create', '--role', 'read', '--name', 'ci');
    assert.match(made.out, /^sth_read_\S{43}\n$/);
    const [, id] = /^(\S+)\tread\tci\t/m.exec((await stathub(address, 'token', 'list')).out)!;
    assert.is((await stathub(address, 'token', 'revoke', id!)).code, 0);
    assert.is((await stathub(address, 'token', 'revoke', id!)).code, 3);
    assert.is((await stathub(address, 'token', 'create')).code, 2, 'a role is needed');

    const converted = await hub.master.call('POST', '/v1/apps?format=marathon', {
      id: '/m',
      cmd: 'sleep 5',
      gpus: 2,
      mem: 16,
    });
    assert.equal(
      [converted.status, converted.body.name, converted.body.notes.map((note: any) => note.path)],
      [201, 'm', ['gpus']],
    );
    assert.is((await hub.master.call('POST', '/v1/apps?format=nomad', {})).status, 400);
  } finally {
    await hub.end();
  }
});

test.run();
