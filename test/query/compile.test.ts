// Queries matched in memory.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compile } from '../../src/query/compile.ts';
import { indexDocument } from '../../src/query/values/document.ts';
import { parse } from '../../src/query/syntax/parse.ts';

const node = {
  id: '7f',
  hostname: 'web-1.dc1.example.com',
  agentAddress: 'http://10.1.2.3:51025',
  os: { name: 'Mac OS X', cpus: 8, version: '4.9.140-tegra' },
  memory: { total: 16 * 1024 ** 3 },
  tags: ['SSD', 'rack:r3', 'db_primary'],
  networks: [
    { name: 'eth0', address: '10.1.2.3', hwaddr: '00:9A:9F:9F:A6:83' },
    { name: 'eth1', address: '192.168.1.5' },
    { name: 'lo', address: 'fe80:0:0:0:0:0:0:1' },
  ],
  beatAt: '2026-11-22T10:00:00Z',
  at: Date.UTC(2026, 10, 22, 10),
  empty: '',
  none: null,
  nothing: [],
  up: true,
};
const now = Date.UTC(2026, 10, 22, 10, 30);

function matches(text: string, doc: unknown = node): boolean {
  const parsed = parse(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.error.message} at ${parsed.error.offset}`);
  const test = compile(parsed.query, { now });
  const plain = test(doc);
  assert.is(test(indexDocument(doc)), plain, `laid out or plain: ${text}`);
  return plain;
}

const cases: { [what: string]: { yes: string[]; no: string[] } } = {
  everything: { yes: ['', '  ', '*', '*:*'], no: ['-*', 'NOT *:*'] },
  'whole values and words, without regard to case': {
    yes: [
      'WEB-1.dc1.example.com',
      'hostname:web',
      'hostname:example.com',
      'os.name:mac',
      'os.name:"os x"',
      'os.name:"Mac OS X"',
      'tags:ssd',
      'hostname:web-1',
      '51025',
      'tags:rack\\:r3',
      'os.name:"x mac"~4',
      'up:TRUE',
    ],
    no: [
      'hostname:we',
      'example',
      'os.name:"x os"',
      'tags:rack',
      'tags:db',
      'hostname:web-1.dc',
      'os.name:"x mac"~1',
      'nosuch:ssd',
      'OS.name:mac',
    ],
  },
  wildcards: {
    yes: [
      'host*:web*',
      'hostname:web-*',
      'hostname:*COM',
      'hostname:w?b*',
      'os.cpus:?',
      'networks.address:192.168.*',
      '10.1.*',
      'tags:s*d',
      'tags:**',
      'os.*:8',
      '*:eth0',
      'net*.name:eth?',
    ],
    no: ['hostname:??', 'tags:s?', 'hostname:web-*.org', 'networks.name:eth', 'os.cpus:1?'],
  },
  'numbers and sizes': {
    yes: [
      'os.cpus:8',
      'os.cpus:8.0',
      'os.cpus:>7',
      'os.cpus>7',
      'os.cpus >= 8',
      'os.cpus:<= 8',
      'os.cpus=8',
      'os.cpus:[8 TO *]',
      'os.cpus:{7 TO 9}',
      'os.cpus:(+>4 +<16)',
      'memory.total:16GB',
      'memory.total:>8g',
      'memory.total:[1TB TO *] OR memory.total:<1TiB',
      'memory.total:17179869184b',
    ],
    no: [
      'os.cpus:9',
      'os.cpus:>8',
      'os.cpus:<8',
      'os.cpus:{8 TO 9}',
      'os.cpus:eight',
      'memory.total:>16GB',
      'os.name:>5e9 AND os.cpus:0',
    ],
  },
  addresses: {
    yes: [
      'networks.address:10.0.0.0/8',
      'networks.address:"192.168.0.0/16"',
      '10.1.2.0/24',
      'networks.address:[10.1.2.1 TO 10.1.2.9]',
      'networks.address:>192.168.1.4',
      'networks.address:fe80::1',
      'networks.address:fe80::/10',
      'networks.address:"FE80::0001"',
      'agentAddress:10.1.2.3',
      'agentAddress:10.1.0.0/16',
      'networks.hwaddr:00:9a:9f:9f:a6:83',
    ],
    no: [
      'networks.address:10.2.0.0/16',
      'networks.address:[10.1.2.4 TO 10.1.2.9]',
      'networks.address:fe80::2',
      'networks.address:foo',
      'hostname:10.0.0.0/8',
      'networks.address:fe90::/12',
    ],
  },
  times: {
    yes: [
      'beatAt:>now-1h',
      'beatAt:<now',
      'at:>now-1h',
      'beatAt:[now-1h TO now]',
      'at:2026-11-22',
      'beatAt:2026-11-22',
      'beatAt:>=2026-11-22',
      'beatAt:<=2026-11-22',
      'beatAt:2026-11',
      'beatAt:>=now/d',
      'at:>=2026-11-22T10:00:00Z',
      'at:2026-11-22T12:00:00+02:00',
      'beatAt:>now-1M',
    ],
    no: [
      'beatAt:>now-10m',
      'beatAt:>now',
      'at:>2026-11-22',
      'at:<2026-11-22',
      'beatAt:2026-11-21',
      'hostname:>now-1h',
      'beatAt:<now-1y',
    ],
  },
  existence: {
    yes: [
      '_exists_:os',
      '_exists_:os.cpus',
      'tags:*',
      'os.cpus:[* TO *]',
      '_exists_:empty',
      'empty:""',
      '_exists_:net*',
      'networks:*',
    ],
    no: ['_exists_:none', '_exists_:nothing', '_exists_:o', 'nosuch:*', '_exists_:os.cpu'],
  },
  operators: {
    yes: [
      'tags:ssd AND os.cpus:8',
      'tags:x AND tags:y OR tags:ssd',
      'tags:ssd OR tags:x AND tags:y',
      'NOT tags:x',
      '!tags:x',
      '-tags:x',
      '+tags:ssd tags:x',
      'tags:x tags:ssd',
      'tags:ssd && !tags:x || tags:y',
      'tags:(x OR ssd)',
      'tags:(+ssd -x)',
      '(tags:ssd)^3',
      'tags:x OR NOT tags:y',
    ],
    no: [
      'tags:ssd AND tags:x',
      '(tags:ssd OR tags:y) AND tags:x',
      'tags:ssd -os.cpus:8',
      '+tags:x tags:ssd',
      'tags:ssd NOT os.cpus:8',
      'tags:(x y)',
      'tags:ssd AND -os.cpus:8',
      'tags:x OR tags:ssd -hostname:web',
    ],
  },
  'one element of a list': {
    yes: [
      'networks:(address:10.0.0.0/8 AND name:eth0)',
      'networks.address:10.0.0.0/8 AND networks.name:eth1',
      'networks:(name:eth* AND NOT address:10.*)',
      'os:(cpus:>4 AND name:mac)',
      'net*:(name:lo AND address:fe80\\:*)',
      'networks:(eth1 AND address:192.168.1.5)',
    ],
    no: ['networks:(address:10.0.0.0/8 AND name:eth1)', 'networks:(name:lo AND _exists_:hwaddr)', 'tags:(name:ssd)'],
  },
  fuzzy: {
    yes: ['tags:sdd~', 'tags:sds~1', 'hostname:exmaple.com~', 'os.name:mxc~1'],
    no: ['tags:xyz~', 'tags:sdd~0', 'tags:ab~', 'hostname:weeebs~1'],
  },
  'regular expressions': {
    yes: [
      'tags:/s+d/',
      'tags:/[a-t]{2}D/',
      'hostname:/web-[0-9]+\\..*/',
      '/eth[01]/',
      'os.cpus:/<1-9>/',
      'tags:/~(x.*)/',
      'tags:/db@/',
      'tags:/.*b.*&.*_.*/',
    ],
    no: ['tags:/s/', 'tags:/x|y/', 'hostname:/web-\\d{2}.*/', 'os.name:/#/'],
  },
};
for (const [what, { yes, no }] of Object.entries(cases)) {
  test(what, () => {
    for (const text of yes) assert.ok(matches(text), `should match: ${text}`);
    for (const text of no) assert.not.ok(matches(text), `should not match: ${text}`);
  });
}

test.run();
