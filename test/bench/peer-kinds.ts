// What people would use instead of an agent on one machine, each started in a directory of its own with one program that stamps its
// main() and `count` that sleep. Nothing of them outlives `stop`.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../support/until.ts';

export interface Peer {
  name: string;
  /** Why it cannot be tried here; null: it can. */
  missing(): string | null;
  /** Starts `count` sleepers and the stamper. @returns ms until all run */
  start(directory: string, count: number): Promise<number>;
  /** Ends all of it; also after a start that failed halfway. */
  stop(directory: string): Promise<void>;
}

const stamp = 'echo $EPOCHREALTIME $$ >> "$STAMPS"; exec sleep 100000';
export const stampsOf = (directory: string): string => join(directory, 'stamps');
const installed = (command: string): string | null => (spawnSync('sh', ['-c', `command -v ${command}`]).status === 0 ? null : 'it is not installed');
const exists = (pid: number): boolean => { try { process.kill(pid, 0); return true; } catch { return false; } };

const pm2Run = (directory: string, ...args: string[]): string =>
  execFileSync('pm2', args, { env: { ...process.env, PM2_HOME: join(directory, 'pm2'), STAMPS: stampsOf(directory) }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

const pm2: Peer = {
  name: 'PM2',
  missing: () => installed('pm2'),
  async start(directory, count) {
    const apps = [
      { name: 'stamped', script: '/bin/bash', args: ['-c', stamp], interpreter: 'none' },
      { name: 'many', script: '/bin/sleep', args: '100000', interpreter: 'none', instances: count, exec_mode: 'fork' },
    ];
    writeFileSync(join(directory, 'peer.config.cjs'), `module.exports = ${JSON.stringify({ apps })}`);
    pm2Run(directory, 'ping');
    const begin = performance.now();
    pm2Run(directory, 'start', join(directory, 'peer.config.cjs'));
    return performance.now() - begin;
  },
  async stop(directory) { pm2Run(directory, 'kill'); },
};

const supervisorctl = (directory: string, command: string) => spawnSync('supervisorctl', ['-c', join(directory, 'supervisord.conf'), command], { encoding: 'utf8' });

const supervisord: Peer = {
  name: 'supervisord',
  missing: () => installed('supervisord'),
  async start(directory, count) {
    writeFileSync(join(directory, 'supervisord.conf'), [
      '[unix_http_server]', `file=${directory}/s.sock`, '[supervisord]', `logfile=${directory}/s.log`, `pidfile=${directory}/s.pid`, 'nodaemon=true', `environment=STAMPS="${stampsOf(directory)}"`,
      '[rpcinterface:supervisor]', 'supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface', '[supervisorctl]', `serverurl=unix://${directory}/s.sock`,
      '[program:stamped]', `command=/bin/bash -c '${stamp}'`, 'startsecs=0', 'autorestart=true',
      '[program:many]', 'command=/bin/sleep 100000', 'process_name=%(process_num)d', `numprocs=${count}`, 'startsecs=0',
    ].join('\n'));
    const begin = performance.now();
    spawn('supervisord', ['-c', join(directory, 'supervisord.conf')], { stdio: 'ignore', detached: true }).unref();
    await until('all run', () => (supervisorctl(directory, 'status').stdout.match(/RUNNING/g)?.length ?? 0) === count + 1, 60_000);
    return performance.now() - begin;
  },
  async stop(directory) {
    supervisorctl(directory, 'shutdown');
    await until('it is gone', () => supervisorctl(directory, 'pid').status !== 0, 30_000);
  },
};

/** Pids of the programs that runsv has up. */
const runitPids = (services: string): number[] => readdirSync(services).flatMap((name) => {
  try { return Number(readFileSync(join(services, name, 'supervise', 'pid'), 'utf8')) || []; } catch { return []; }
});

let runsvdir = 0;
const runit: Peer = {
  name: 'runit',
  missing: () => installed('runsvdir'),
  async start(directory, count) {
    const services = join(directory, 'services');
    const service = (name: string, script: string): void => {
      mkdirSync(join(services, name), { recursive: true });
      writeFileSync(join(services, name, 'run'), script);
      chmodSync(join(services, name, 'run'), 0o755);
    };
    service('stamped', `#!/bin/bash\n${stamp}\n`);
    for (let k = 0; k < count; k++) service(`many-${k}`, '#!/bin/sh\nexec sleep 100000\n');
    const begin = performance.now();
    const child = spawn('runsvdir', ['-P', services], { stdio: 'ignore', detached: true, env: { ...process.env, STAMPS: stampsOf(directory) } });
    runsvdir = child.pid ?? 0;
    child.unref();
    await until('all run', () => runitPids(services).length === count + 1, 60_000);
    return performance.now() - begin;
  },
  async stop(directory) {
    const pids = runitPids(join(directory, 'services'));
    if (runsvdir) process.kill(runsvdir, 'SIGHUP'); // ends every runsv, and that its program
    await until('all are gone', () => !pids.some(exists) && !(runsvdir && exists(runsvdir)), 30_000);
  },
};

const unit = (name: string | number): string => `stathub-bench-${process.pid}-${name}`;
const systemd: Peer = {
  name: 'systemd-run',
  missing: () => installed('systemd-run') ?? (existsSync('/run/systemd/system') ? null : 'systemd does not run this machine'),
  async start(directory, count) {
    const run = (name: string | number, command: string[]): void => {
      execFileSync('systemd-run', [`--unit=${unit(name)}`, '--no-block', '--quiet', '--property=Restart=always', '--property=RestartSec=0', '--property=StartLimitIntervalSec=0', `--setenv=STAMPS=${stampsOf(directory)}`, ...command], { stdio: 'ignore' });
    };
    const begin = performance.now();
    run('stamped', ['/bin/bash', '-c', stamp]);
    for (let k = 0; k < count; k++) run(k, ['/bin/sleep', '100000']);
    await until('all run', () => {
      const { stdout } = spawnSync('systemctl', ['list-units', '--no-legend', '--plain', '--state=running', `${unit('*')}.service`], { encoding: 'utf8' });
      return stdout.trim().split('\n').length === count + 1;
    }, 60_000);
    return performance.now() - begin;
  },
  async stop() { spawnSync('systemctl', ['stop', `${unit('*')}.service`]); },
};

export const peers: readonly Peer[] = [pm2, supervisord, runit, systemd];
