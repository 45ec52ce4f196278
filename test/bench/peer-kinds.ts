// What people would use instead of an agent on one machine, each started in a directory of its own with one program that stamps its
// main(), one that writes when it is told to, and `count` that sleep; each keeps the output of every program, in its own way.
// What they start has the words of `environment` from the environment of the benchmark.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../support/until.ts';
import { parentOf } from './measure.ts';

export interface Peer {
  name: string;
  /** Why it cannot be tried here; null: it can. */
  missing(): string | null;
  /** Seconds in which all that it does now and then comes at least once. */
  cycle: number;
  /** Starts the stamper, the writer and `count` sleepers. @returns ms until all run */
  start(directory: string, count: number): Promise<number>;
  /** Pids of all that it is, without the programs. */
  supervisors(directory: string): number[] | Promise<number[]>;
  /** Of these the ones that a further machine would have, where that is not all. */
  onEach?(directory: string): Promise<number[]>;
  /** Too slow with output to wait for all of it: a part is measured, and scaled. */
  slowOutput?: boolean;
  /** Stops all programs, with or without what supervised them; also after a start that failed halfway. */
  stop(directory: string): Promise<void>;
  /** Ends what `stop` has left. */
  end?(): Promise<void>;
}

/** Writes the time of its main() to a file (microseconds by bash's own clock, no fork), then sleeps. */
export const stamp = 'echo $EPOCHREALTIME $$ >> "$STAMPS"; exec sleep 100000';
/** Waits at a FIFO, without any work, for how many times 100 bytes to write; then says when it began and when it was through. */
export const writer =
  'read n < "$GO"; a=$EPOCHREALTIME; dd if=/dev/zero bs=100 count=$n 2>/dev/null; echo $a $EPOCHREALTIME > "$DONE"; exec sleep 100000';
/** What the programs are told, and what everything that belongs to one peer is known by. */
export const environment = (directory: string): Record<string, string> => ({
  STAMPS: join(directory, 'stamps'),
  GO: join(directory, 'go'),
  DONE: join(directory, 'done'),
});
const installed = (command: string): string | null =>
  spawnSync('sh', ['-c', `command -v ${command}`]).status === 0 ? null : 'it is not installed';
const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const pm2Run = (directory: string, ...args: string[]): string =>
  execFileSync('pm2', args, {
    env: { ...process.env, PM2_HOME: join(directory, 'pm2') },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });

const pm2: Peer = {
  name: 'PM2',
  missing: () => installed('pm2'),
  cycle: 30, // its worker looks at all programs every 30 s
  slowOutput: true,
  async start(directory, count) {
    const apps = [
      { name: 'stamped', script: '/bin/bash', args: ['-c', stamp], interpreter: 'none' },
      { name: 'writer', script: '/bin/bash', args: ['-c', writer], interpreter: 'none' },
      { name: 'many', script: '/bin/sleep', args: '100000', interpreter: 'none', instances: count, exec_mode: 'fork' },
    ];
    writeFileSync(join(directory, 'peer.config.cjs'), `module.exports = ${JSON.stringify({ apps })}`);
    pm2Run(directory, 'ping');
    const begin = performance.now();
    pm2Run(directory, 'start', join(directory, 'peer.config.cjs'));
    return performance.now() - begin;
  },
  supervisors: (directory) => [Number(readFileSync(join(directory, 'pm2/pm2.pid'), 'utf8'))],
  async stop(directory) {
    pm2Run(directory, 'kill');
  },
};

const supervisorctl = (directory: string, command: string) =>
  spawnSync('supervisorctl', ['-c', join(directory, 'supervisord.conf'), command], { encoding: 'utf8' });

const supervisord: Peer = {
  name: 'supervisord',
  missing: () => installed('supervisord'),
  cycle: 10,
  slowOutput: true,
  async start(directory, count) {
    writeFileSync(
      join(directory, 'supervisord.conf'),
      [
        '[unix_http_server]',
        `file=${directory}/s.sock`,
        '[supervisord]',
        `logfile=${directory}/s.log`,
        `pidfile=${directory}/s.pid`,
        `childlogdir=${directory}`,
        'nodaemon=true',
        `minfds=${1024 + 4 * count}`,
        '[rpcinterface:supervisor]',
        'supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface',
        '[supervisorctl]',
        `serverurl=unix://${directory}/s.sock`,
        '[program:stamped]',
        `command=/bin/bash -c '${stamp}'`,
        'startsecs=0',
        'autorestart=true',
        '[program:writer]',
        `command=/bin/bash -c '${writer}'`,
        'startsecs=0',
        '[program:many]',
        'command=/bin/sleep 100000',
        'process_name=%(process_num)d',
        `numprocs=${count}`,
        'startsecs=0',
      ].join('\n'),
    );
    const begin = performance.now();
    spawn('supervisord', ['-c', join(directory, 'supervisord.conf')], { stdio: 'ignore', detached: true }).unref();
    await until(
      'all run',
      () => (supervisorctl(directory, 'status').stdout.match(/RUNNING/g)?.length ?? 0) === count + 2,
      180_000,
    );
    return performance.now() - begin;
  },
  supervisors: (directory) => [Number(readFileSync(join(directory, 's.pid'), 'utf8'))],
  async stop(directory) {
    supervisorctl(directory, 'shutdown');
    await until('it is gone', () => supervisorctl(directory, 'pid').status !== 0, 30_000);
  },
};

/** A runsvdir takes no more than 1,000 services, so a thousand need a second one. */
const servicesEach = 900;
let runsvdirs: number[] = [];
const serviceDirectories = (directory: string): string[] =>
  readdirSync(directory)
    .filter((name) => name.startsWith('services-'))
    .flatMap((name) => readdirSync(join(directory, name)).map((service) => join(directory, name, service)));
/** Pids of the programs that runsv has up; with `log` of their svlogd. */
const runitPids = (directory: string, log = ''): number[] =>
  serviceDirectories(directory).flatMap((service) => {
    try {
      return Number(readFileSync(join(service, log, 'supervise/pid'), 'utf8')) || [];
    } catch {
      return [];
    }
  });

const runit: Peer = {
  name: 'runit',
  missing: () => installed('runsvdir') ?? installed('svlogd'),
  cycle: 10,
  async start(directory, count) {
    const script =
      (...path: string[]) =>
      (text: string): void => {
        mkdirSync(join(...path), { recursive: true });
        writeFileSync(join(...path, 'run'), text);
        chmodSync(join(...path, 'run'), 0o755);
      };
    const many = Array.from({ length: count }, (_, k) => [`many-${k}`, '#!/bin/sh\nexec sleep 100000\n']);
    const all = [['stamped', `#!/bin/bash\n${stamp}\n`], ['writer', `#!/bin/bash\n${writer}\n`], ...many];
    all.forEach(([name, text], k) => {
      const service = join(directory, `services-${Math.floor(k / servicesEach)}`, name!);
      script(service)(text!);
      script(service, 'log')('#!/bin/sh\nexec svlogd ./main\n');
      mkdirSync(join(service, 'log/main'));
    });
    const begin = performance.now();
    runsvdirs = [];
    for (let k = 0; k * servicesEach < all.length; k++) {
      const child = spawn('runsvdir', ['-P', join(directory, `services-${k}`)], { stdio: 'ignore', detached: true });
      if (child.pid) runsvdirs.push(child.pid);
      child.unref();
    }
    await until('all run', () => runitPids(directory).length === count + 2, 180_000);
    return performance.now() - begin;
  },
  supervisors: (directory) => [
    ...runsvdirs,
    ...new Set(runitPids(directory).map(parentOf)),
    ...runitPids(directory, 'log'),
  ],
  async stop(directory) {
    const pids = [...runitPids(directory), ...runitPids(directory, 'log'), ...runsvdirs];
    for (const pid of runsvdirs) if (exists(pid)) process.kill(pid, 'SIGHUP'); // ends every runsv, and that its program
    await until('all are gone', () => !pids.some(exists), 60_000);
  },
};

const unit = (name: string | number): string => `stathub-bench-${process.pid}-${name}`;
const systemd: Peer = {
  name: 'systemd-run',
  missing: () =>
    installed('systemd-run') ?? (existsSync('/run/systemd/system') ? null : 'systemd does not run this machine'),
  cycle: 10,
  async start(directory, count) {
    const told = Object.entries(environment(directory)).map(([name, value]) => `--setenv=${name}=${value}`);
    const run = (name: string | number, command: string[]): void => {
      execFileSync(
        'systemd-run',
        [
          `--unit=${unit(name)}`,
          '--no-block',
          '--quiet',
          '--property=Restart=always',
          '--property=RestartSec=0',
          '--property=StartLimitIntervalSec=0',
          ...told,
          ...command,
        ],
        { stdio: 'ignore' },
      );
    };
    const begin = performance.now();
    run('stamped', ['/bin/bash', '-c', stamp]);
    run('writer', ['/bin/bash', '-c', writer]);
    for (let k = 0; k < count; k++) run(k, ['/bin/sleep', '100000']);
    await until(
      'all run',
      () => {
        const { stdout } = spawnSync(
          'systemctl',
          ['list-units', '--no-legend', '--plain', '--state=running', `${unit('*')}.service`],
          { encoding: 'utf8' },
        );
        return stdout.trim().split('\n').length === count + 2;
      },
      180_000,
    );
    return performance.now() - begin;
  },
  supervisors: () => [
    1,
    ...spawnSync('pidof', ['systemd-journald'], { encoding: 'utf8' })
      .stdout.trim()
      .split(/\s+/)
      .filter(Boolean)
      .map(Number),
  ],
  async stop() {
    spawnSync('systemctl', ['stop', `${unit('*')}.service`]);
  },
};

export const peers: readonly Peer[] = [pm2, supervisord, runit, systemd];
