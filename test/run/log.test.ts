// The daemon's log shows no secrets, wherever they stand.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openLog } from '../../src/run/log.ts';

const lines: string[] = [];
const log = openLog('agent', 'info', { write: (line: string) => lines.push(line) });
const last = (): { msg: string; [name: string]: any } => JSON.parse(lines.at(-1)!);
const url = 'https://deploy:geheim-1@files.example/app.tgz?token=geheim-2&size=3&X-Amz-Signature=geheim-3';
const bearer = 'Authorization: Bearer geheim-4abcdefgh';

test('credentials in addresses and headers are masked in texts, fields, errors and their causes', () => {
  log.warn(`cannot fetch ${url}`);
  assert.match(last().msg, /deploy:\*\*\*@files\.example\/app\.tgz\?token=\*\*\*&size=3/);
  const cause = Object.assign(new Error(`403 of ${url}`), { url, headers: { cookie: 'geheim-5' } });
  const error = new Error(`no content (${bearer})`, { cause });
  log.error({ err: error, from: { url }, password: 'geheim-6', envs: { PIN: 'geheim-7' } }, 'it failed: %s', url);
  assert.is(last()['err'].type, 'Error');
  assert.ok(last()['err'].stack.length > 100);
  assert.is(last()['from'].url, last().msg.slice('it failed: '.length));
  log.error({ err: error });
  assert.match(last().msg, /^no content/);
  log.error(error);
  assert.match(last().msg, /^no content/);
  log.info({ app: 'web', count: 3, at: '127.0.0.1:80' }, 'nothing secret');
  assert.equal(
    [last()['app'], last()['count'], last()['at'], last().msg],
    ['web', 3, '127.0.0.1:80', 'nothing secret'],
  );
  log.warn('clone of https://geheim-8_aaaaaaaaaaaaaaaaaaaa@git.example/x and ssh://git@git.example/y');
  assert.match(last().msg, /https:\/\/\*\*\*@git\.example\/x and ssh:\/\/git@/);
  assert.is(lines.length, 6);
  assert.not.match(lines.join(''), /geheim/);
});

test.run();
