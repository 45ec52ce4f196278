// Settings: flag, environment, file, default.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { elasticOptions } from '../../../src/run/elastic/elastic-settings.ts';
import { SettingError } from '../../../src/run/settings/setting.ts';
import { modernFlags, resolve, settings } from '../../../src/run/settings/settings.ts';
import { putSecrets, unitOf } from '../../../src/run/unit.ts';
import { freshDirectory } from '../../support/hub.ts';

const directory = freshDirectory('settings');
const config = (text: string): string => {
  const path = join(directory, 'config.yaml');
  writeFileSync(path, text);
  return path;
};
const refused = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    assert.instance(error, SettingError);
    return (error as Error).message;
  }
  return assert.unreachable() as never;
};

test('flag before environment before file before default, each with its origin', () => {
  const file = config('port: 3\nbind: 10.0.0.1\nmaster:\n  beat: 2s\n');
  const inForce = resolve('master', { port: '1' }, { STATHUB_PORT: '2', STATHUB_BEAT: '1s' }, file);
  assert.equal(inForce['port'], { value: 1, origin: '--port' });
  assert.equal(inForce['beat'], { value: 1000, origin: 'STATHUB_BEAT' });
  assert.equal(inForce['bind'], { value: '10.0.0.1', origin: `${file}: bind` });
  assert.equal(inForce['lost-after'], { value: 30_000, origin: 'default' });
});

test('a section of a file holds for its part alone', () => {
  const file = config('agent:\n  tags: [ssd, hpc]\n  master: http://m:51026\n');
  assert.equal(resolve('agent', {}, {}, file)['tags']?.value, ['ssd', 'hpc']);
  assert.is(resolve('agent', {}, {}, file)['master']?.value, 'http://m:51026');
  assert.is(resolve('master', {}, {}, file)['port']?.value, 51026);
});

test('a bad value says where it stands and what would be right', () => {
  assert.match(
    refused(() => resolve('agent', { port: '99999' }, {}, null)),
    /--port: "99999" is no whole number from 0 to 65535/,
  );
  assert.match(
    refused(() => resolve('agent', {}, { STATHUB_PORTS: '5-1' }, null)),
    /STATHUB_PORTS: .*write 20000-29999/,
  );
  assert.match(
    refused(() => resolve('agent', {}, {}, config('reserve-memory: lots'))),
    /config\.yaml: reserve-memory: "lots" is no size; write 512MB/,
  );
  assert.match(
    refused(() => resolve('agent', {}, {}, config('prot: 1'))),
    /prot is no setting/,
  );
  assert.match(
    refused(() => resolve('agent', {}, {}, config('a: [1'))),
    /config\.yaml: /,
  );
});

test('sizes and times are read in their units', () => {
  const inForce = resolve('agent', { 'reserve-memory': '1.5GB', tags: 'a, b,,c' }, {}, null);
  assert.is(inForce['reserve-memory']?.value, 1.5 * 1024 ** 3);
  assert.equal(inForce['tags']?.value, ['a', 'b', 'c']);
  assert.is(resolve('master', { beat: '250ms' }, {}, null)['beat']?.value, 250);
});

test("STAT hub's names work", () => {
  assert.equal(modernFlags('agent', ['--master.address', 'm:1', '--store.directory=/x', '--server.port', '2']), [
    '--master',
    'm:1',
    '--store-directory=/x',
    '--port',
    '2',
  ]);
  assert.equal(modernFlags('deploy', ['--server.port']), ['--server.port']);
});

test('every default is what its own reader would give', () => {
  for (const setting of settings)
    for (const part of setting.parts) {
      const value = setting.default(part);
      if (value === null || typeof value === 'boolean') continue;
      const written = setting.name.match(
        /^(beat|suspect-after|lost-after|amnesty|lease|elastic-timeout|evacuate-within|keep-crashed)$/,
      )
        ? `${String(value)}ms`
        : String(value);
      assert.equal(setting.read(written), value, setting.name);
    }
});

test('a systemd unit of an agent: what was given goes along, quoted as systemd reads it', () => {
  const inForce = resolve(
    'agent',
    {
      master: 'http://m:51026',
      tags: 'a,b c',
      'store-directory': '/srv/50%/$x',
      'stop-processes': '',
      'evacuate-within': '5m',
    },
    {},
    null,
  );
  const { text: unit, secrets } = unitOf('agent', ['/usr/bin/node', '/opt/stat hub/main.js'], inForce);
  assert.equal(secrets, []);
  assert.not.ok(unit.includes('EnvironmentFile'));
  assert.match(unit, /^ExecStart=\/usr\/bin\/node "\/opt\/stat hub\/main\.js" agent (.*)$/m);
  const line = /^ExecStart=(.*)$/m.exec(unit)![1]!;
  for (const words of [
    '--master http://m:51026',
    '--tags "a,b c"',
    '--store-directory "/srv/50%%/$$x"',
    '--stop-processes',
    '--evacuate-within 300000ms',
  ])
    assert.ok(line.includes(words), `${words} in ${line}`);
  assert.not.ok(line.includes('--port '));
  for (const setting of [
    'KillMode=process',
    'Delegate=yes',
    'DelegateSubgroup=agent',
    'OOMPolicy=continue',
    'StartLimitIntervalSec=0',
    'RestartPreventExitStatus=2',
  ])
    assert.ok(unit.includes(`\n${setting}\n`), setting);
});

test('a unit is the same wherever it was asked for: absolute paths, and what the environment and a file said', () => {
  const file = config('agent:\n  tags: [ssd]\n');
  const flags = { 'token-file': 'join.token', port: '7' };
  const inForce = resolve('agent', flags, { STATHUB_MASTER: 'http://m:51026', STATHUB_HOME: '/srv/hub' }, file);
  const { text } = unitOf('agent', ['/n', '/m'], inForce, file);
  const line = /^ExecStart=(.*)$/m.exec(text)![1]!;
  for (const words of [
    `--config ${file}`,
    `--token-file ${join(process.cwd(), 'join.token')}`,
    `--store-directory ${String(inForce['store-directory']!.value)}`,
    '--master http://m:51026',
  ])
    assert.ok(line.includes(words), `${words} in ${line}`);
  assert.not.match(line, /--tags/);
});

test('what is secret is in no unit: it goes into a file that its owner alone may read', () => {
  const store = join(directory, 'unit');
  const flags = {
    token: 'shj_a"b$c',
    'ship-logs': 'http://u:p@es:9200',
    'store-directory': store,
    master: 'http://m:51026',
  };
  const unit = unitOf('agent', ['/usr/bin/node', '/main.js'], resolve('agent', flags, {}, null));
  assert.not.match(unit.text, /shj_a|u:p/);
  assert.ok(unit.text.includes(`\nEnvironmentFile=${store}/unit.env\nExecStart=`));
  assert.match(putSecrets(unit).join(), /STATHUB_TOKEN and STATHUB_SHIP_LOGS|STATHUB_SHIP_LOGS and STATHUB_TOKEN/);
  assert.is(statSync(join(store, 'unit.env')).mode & 0o777, 0o600);
  const written = readFileSync(join(store, 'unit.env'), 'utf8');
  assert.ok(written.includes('STATHUB_TOKEN="shj_a\\"b\\$c"\n'), written);
  assert.ok(written.includes('STATHUB_SHIP_LOGS="http://u:p@es:9200"\n'), written);
  const master = unitOf(
    'master',
    ['/n', '/m'],
    resolve('master', { elastic: 'http://u:p@es:9200', port: '1' }, {}, null),
  );
  assert.match(master.text, /^ExecStart=\/n \/m master --port 1 --store-directory \/\S+$/m);
  assert.equal(master.secrets, ['STATHUB_ELASTIC="http://u:p@es:9200"']);
});

test('a password that is no part of an address as it stands is refused, and not shown', () => {
  for (const wrong of ['http://es:se%cret@es:9200', 'http://e%s:secret@es:9200']) {
    const told = refused(() => resolve('agent', { 'ship-logs': wrong }, {}, null));
    assert.match(told, /--ship-logs: a % in its user or password is written %25/);
    assert.not.match(told, 'cret');
  }
});

test('a CA of Elasticsearch that is none is told by its name', () => {
  const path = config('nonsense');
  const inForce = resolve('master', { elastic: 'https://es:9200', 'elastic-ca': path }, {}, null);
  assert.match(
    refused(() => elasticOptions(inForce)),
    /config\.yaml holds no certificate/,
  );
});

test.run();
