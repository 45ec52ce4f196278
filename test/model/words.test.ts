// Small readers and writers: sizes, spans, signals, cron expressions, and the words for how an instance is.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cronProblem } from '../../src/model/app/cron-expression.ts';
import { editDistance, nearestWord } from '../../src/model/app/field-problems.ts';
import { endText, exitText } from '../../src/model/instance/exit-text.ts';
import { reasonFor } from '../../src/model/instance/reason.ts';
import { statePath, toStatus } from '../../src/model/instance/instance-status.ts';
import { exitReasons, type Exit } from '../../src/model/instance/instance.ts';
import { restartsAreRolled, turnSize } from '../../src/model/instance/rolling.ts';
import { signalName, signalNumber } from '../../src/model/instance/signals.ts';
import { parseSize, showCores, showSize, showSpan } from '../../src/model/sizes.ts';

test('sizes are binary in every spelling', () => {
  const sizes = [
    ['256MB', 268435456],
    ['256 MiB', 268435456],
    ['256m', 268435456],
    ['1k', 1024],
    ['1.5GB', 1610612736],
    ['77', 77],
    ['77B', 77],
    ['0', 0],
  ] as const;
  for (const [text, bytes] of sizes) assert.is(parseSize(text), bytes, text);
  for (const text of ['', 'MB', '-1MB', '1 XB', '1e9', '9999999PB']) assert.is(parseSize(text), null, text);
  const shown = [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [209715200, '200 MiB'],
    [1610612736, '1.5 GiB'],
    [-1024, '-1 KiB'],
  ] as const;
  for (const [bytes, text] of shown) assert.is(showSize(bytes), text);
  assert.equal([showCores(1), showCores(0.5), showCores(2.333)], ['1 core', '0.5 cores', '2.33 cores']);
  assert.equal([0, 850, 1000, 4000, 90_000, 300_000, 7_200_000].map(showSpan), [
    '0 ms',
    '850 ms',
    '1 s',
    '4 s',
    '90 s',
    '5 min',
    '2 h',
  ]);
});

test('signals by number and name', () => {
  for (const [signal, number] of [
    [15, 15],
    ['15', 15],
    ['TERM', 15],
    ['SIGTERM', 15],
    ['sigusr1', 10],
    ['RTMIN', 34],
    ['SIGRTMIN+3', 37],
    [64, 64],
  ] as const)
    assert.is(signalNumber(signal), number);
  for (const signal of [0, 65, -1, 1.5, 'NOPE', '', 'SIG', 'RTMIN+31']) assert.is(signalNumber(signal), null);
  assert.equal([signalName(9), signalName(40)], ['SIGKILL', 'signal 40']);
});

test('cron expressions', () => {
  for (const good of [
    '* * * * *',
    '*/5 * * * *',
    '0 3 * * MON-FRI',
    '0,30 8-18/2 1 jan,jul *',
    '30 0 3 * * *',
    '@daily',
    '0 0 L * *',
    '0 0 * * 7',
  ])
    assert.is(cronProblem(good), null, good);
  const bad: [string, RegExp][] = [
    ['', /0 fields/],
    ['* * * *', /4 fields/],
    ['60 * * * *', /minute '60' is not within 0-59/],
    ['* 24 * * *', /hour/],
    ['* * 0 * *', /day of month/],
    ['* * * 13 *', /month/],
    ['* * * * 8', /day of week/],
    ['*/0 * * * *', /step/],
    ['5-1 * * * *', /ends before it begins/],
    ['a * * * *', /minute 'a'/],
    ['@often', /none of/],
    ['* * * * *; rm', /is no /],
  ];
  for (const [text, problem] of bad) assert.match(cronProblem(text) ?? 'fine', problem);
});

test('the nearest word', () => {
  assert.is(editDistance('scael', 'scale'), 1, 'neighbours swapped count once');
  assert.is(editDistance('', 'abc'), 3);
  assert.is(nearestWord('Healthcheck', ['healthChecks', 'ports']), 'healthChecks');
  assert.is(nearestWord('zzzzz', ['healthChecks', 'ports']), null);
});

test('restarts are rolled a quarter at a time, once fewer than half are well', () => {
  assert.equal([1, 2, 4, 5, 9, 100].map(turnSize), [1, 1, 1, 2, 3, 25]);
  assert.not.ok(restartsAreRolled({ total: 1, healthy: 0, underWay: 1, starting: 0 }));
  assert.ok(restartsAreRolled({ total: 2, healthy: 0, underWay: 1, starting: 0 }));
  assert.ok(restartsAreRolled({ total: 2, healthy: 0, underWay: 0, starting: 1 }));
  assert.ok(restartsAreRolled({ total: 4, healthy: 1, underWay: 1, starting: 0 }), 'the others fail a moment later');
  assert.not.ok(
    restartsAreRolled({ total: 4, healthy: 2, underWay: 1, starting: 0 }),
    'half are well: its own trouble',
  );
  assert.not.ok(restartsAreRolled({ total: 4, healthy: 2, underWay: 0, starting: 1 }));
  assert.not.ok(restartsAreRolled({ total: 8, healthy: 0, underWay: 1, starting: 0 }));
});

test('status is the top of the state', () => {
  assert.is(toStatus({ killing: 'terminating' }), 'killing');
  assert.is(toStatus('running'), 'running');
  assert.is(toStatus({ restarting: { waiting: 'backOff' } }), 'restarting');
  assert.is(toStatus(null), 'pending');
  assert.is(toStatus('recovering'), 'pending');
  assert.is(statePath({ restarting: { waiting: 'backOff' } }), 'restarting.waiting.backOff');
  assert.is(statePath({ running: {} }), 'running');
});

const exit = (more: Partial<Exit> = {}): Exit => ({
  code: 1,
  signal: null,
  reason: 'exited',
  at: 0,
  durationMs: 5,
  launch: 1,
  core: false,
  peakMem: null,
  by: null,
  text: null,
  quota: null,
  tail: [],
  ...more,
});

test('every end has its own words', () => {
  assert.is(new Set(exitReasons.map((reason) => exitText(exit({ reason, code: null })))).size, exitReasons.length);
  assert.is(exitText(exit()), 'exited with code 1');
  assert.is(exitText(exit({ reason: 'signal', code: null, signal: 9 })), 'was killed by SIGKILL');
  assert.is(exitText(exit({ reason: 'oom', peakMem: 268435456 })), 'ran out of memory at 256 MiB');
  const limited = exit({
    reason: 'oom',
    peakMem: 64 * 2 ** 20,
    quota: { what: 'memory', used: 64 * 2 ** 20, limit: 64 * 2 ** 20 },
    durationMs: 666,
  });
  assert.is(endText(limited), 'ran out of memory at 64 MiB after 666 ms (allowed: 64 MiB)');
  assert.is(
    endText(exit({ reason: 'disk', text: 'it used 20 MiB; largest: big (20 MiB)', durationMs: 2800 })),
    'was stopped after 2.8 s: it used 20 MiB; largest: big (20 MiB)',
  );
  assert.is(
    endText(exit({ reason: 'not-started', tail: ['no such user'] })),
    'could not be started: no such user',
    'it never began',
  );
  assert.is(
    exitText(exit({ code: 127, tail: ['/x/run: 9: exec: nosuchprogram: not found'] })),
    'exited with code 127: nosuchprogram: not found',
  );
  assert.is(exitText(exit({ code: 127, tail: ['all went well'] })), 'exited with code 127');
});

test('reasons say because what, and what is next', () => {
  const restart = { at: 5000, delayMs: 2000, crashLoop: false, deaths: 2, held: false, periodSeconds: 600 };
  assert.equal(reasonFor({ status: 'restarting', exit: exit(), restart }), {
    code: 'exited',
    text: 'The program exited with code 1.',
    next: { what: 'starts again after 2 s', at: 5000 },
  });
  assert.is(
    reasonFor({ status: 'restarting', exit: exit(), restart: { ...restart, delayMs: 0 } })!.next!.what,
    'starts again at once',
  );
  const loop = reasonFor({ status: 'restarting', exit: exit(), restart: { ...restart, crashLoop: true, deaths: 4 } })!;
  assert.is(loop.code, 'crash-loop');
  assert.is(
    loop.text,
    'The program exited with code 1; it ended 4 times within 10 min and goes on here with growing delays.',
  );
  const vain = reasonFor({
    status: 'restarting',
    exit: exit({ reason: 'not-started', tail: ['no such user'] }),
    restart: { ...restart, crashLoop: true, deaths: 4 },
  })!;
  assert.is(
    vain.text,
    'The program could not be started: no such user; 4 times it could not be started within 10 min and goes on here with growing delays.',
  );
  const fetching = (uri: string, detail: string): string =>
    reasonFor({ status: 'fetching', fetch: { uri, detail, retryAt: null } })!.text;
  assert.is(
    fetching('http://h/a.zip', 'http://h/a.zip is not there (HTTP 404)'),
    'http://h/a.zip is not there (HTTP 404).',
  );
  assert.is(fetching('http://h/a.zip', 'the archive is truncated.'), 'http://h/a.zip: the archive is truncated.');
  assert.is(reasonFor({ status: 'restarting', exit: exit(), asking: { until: 9 } })!.code, 'escalated');
  assert.is(
    reasonFor({
      status: 'running',
      health: [{ index: 0, role: 'live', status: 'passing', failures: 0, at: 0, detail: '' }],
    }),
    null,
  );
  assert.is(
    reasonFor({
      status: 'running',
      health: [{ index: 0, role: 'ready', status: 'failing', failures: 1, at: 0, detail: '503' }],
    })!.text,
    'Health check 0 is failing (503).',
  );
  assert.is(reasonFor({ status: 'stopped', exit: exit({ code: 0 }) })!.code, 'completed');
  assert.is(
    reasonFor({ status: 'killing', stop: { because: 'stop', by: 'ada', killAt: 7 } })!.text,
    'It is being stopped (asked by ada).',
  );
  for (const status of ['pending', 'lost', 'unknown'] as const) assert.ok(reasonFor({ status })!.text.endsWith('.'));
});

test.run();
