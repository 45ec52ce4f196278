// The same start and restart with what people would use instead, where it is installed: PM2 and supervisord.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../support/until.ts';
import { median, ms, quantile, seconds, type Row } from './measure.ts';

const count = 100, kills = 10;
const installed = (command: string): boolean => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
const stamp = 'echo $EPOCHREALTIME $$ >> "$STAMPS"; exec sleep 100000';

interface Peer { name: string; start: (directory: string) => Promise<void>; stop: (directory: string) => Promise<void> }

const pm2 = (directory: string, ...args: string[]): string =>
  execFileSync('pm2', args, { env: { ...process.env, PM2_HOME: join(directory, 'pm2'), STAMPS: join(directory, 'stamps') }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

const peers: Peer[] = [
  {
    name: 'pm2',
    async start(directory) {
      const apps = [{ name: 'stamped', script: '/bin/bash', args: ['-c', stamp], interpreter: 'none' }, { name: 'many', script: '/bin/sleep', args: '100000', interpreter: 'none', instances: count, exec_mode: 'fork' }];
      writeFileSync(join(directory, 'peer.config.cjs'), `module.exports = ${JSON.stringify({ apps })}`);
      pm2(directory, 'ping');
      const begin = performance.now();
      pm2(directory, 'start', join(directory, 'peer.config.cjs'));
      started = performance.now() - begin;
    },
    async stop(directory) { pm2(directory, 'kill'); },
  },
  {
    name: 'supervisord',
    async start(directory) {
      writeFileSync(join(directory, 'supervisord.conf'), [
        '[unix_http_server]', `file=${directory}/s.sock`, '[supervisord]', `logfile=${directory}/s.log`, `pidfile=${directory}/s.pid`, 'nodaemon=true', `environment=STAMPS="${directory}/stamps"`,
        '[rpcinterface:supervisor]', 'supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface', '[supervisorctl]', `serverurl=unix://${directory}/s.sock`,
        '[program:stamped]', `command=/bin/bash -c '${stamp}'`, 'startsecs=0', 'autorestart=true',
        '[program:many]', 'command=/bin/sleep 100000', 'process_name=%(process_num)d', `numprocs=${count}`, 'startsecs=0',
      ].join('\n'));
      const begin = performance.now();
      spawn('supervisord', ['-c', join(directory, 'supervisord.conf')], { stdio: 'ignore', detached: true }).unref();
      await until('all run', () => (spawnSync('supervisorctl', ['-c', join(directory, 'supervisord.conf'), 'status'], { encoding: 'utf8' }).stdout.match(/RUNNING/g)?.length ?? 0) === count + 1, 60_000);
      started = performance.now() - begin;
    },
    async stop(directory) { spawnSync('supervisorctl', ['-c', join(directory, 'supervisord.conf'), 'shutdown']); await until('it is gone', () => spawnSync('supervisorctl', ['-c', join(directory, 'supervisord.conf'), 'pid']).status !== 0, 30_000); },
  },
];
let started = 0;

/** @returns a row a peer that is installed; none where none is */
export async function peerRows(say: (line: string) => void): Promise<Row[]> {
  const rows: Row[] = [];
  for (const peer of peers) {
    if (!installed(peer.name)) { say(`${peer.name} is not installed: left out`); continue; }
    const directory = mkdtempSync(join(tmpdir(), `bench-${peer.name}-`));
    try {
      await peer.start(directory);
      const lines = (): string[][] => readFileSync(join(directory, 'stamps'), 'utf8').trim().split('\n').map((line) => line.split(' '));
      const times: number[] = [];
      for (let k = 1; k <= kills; k++) {
        await delay(1600);
        const at = performance.timeOrigin + performance.now();
        process.kill(Number(lines().at(-1)![1]), 'SIGKILL');
        await until('its replacement', () => lines().length === k + 1, 20_000);
        times.push(Number(lines().at(-1)![0]) * 1000 - at);
      }
      const begin = performance.now();
      await peer.stop(directory);
      rows.push({ what: `${peer.name}: start ${count + 1}; kill -9 → main(); stop all`, ours: '', target: '', peers: `${seconds(started)}; p50 ${ms(median(times))}, p95 ${ms(quantile(times, 0.95))}; ${seconds(performance.now() - begin)}` });
      say(`${rows.at(-1)!.what}: ${rows.at(-1)!.peers}`);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
  return rows;
}
