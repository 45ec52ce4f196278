// The programs of the host that a launch needs, found once at the agent's start by absolute path (an app may set its own PATH).
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { findUserSwitch, type UserSwitch } from '../users/switch-user.ts';

export interface Tools {
  /** The launcher's shell, called as `shell -c SCRIPT name arguments`. */
  shell: string;
  setsid: string;
  /** Whether setsid knows -f, so that a small shell can make launchers (util-linux does, busybox does not). */
  forks: boolean;
  env: string;
  nice: string;
  /** Bytes that one unit of `ulimit -f` means in this shell: 512 in dash, 1024 in bash. */
  fileSizeUnit: number;
  /** `-u` in bash, `-p` in dash and busybox. */
  processesFlag: '-u' | '-p';
  /** How a program becomes another user's; null: it cannot. */
  userSwitch: UserSwitch | null;
  /** The agent's own niceness, which a program does not inherit. */
  niceness: number;
  /** Programs take their place in the queue of the OOM killer back to 0. */
  resetsOomScore: boolean;
  /** bash exports `_`, which cannot be unset. */
  exportsOwnNames: boolean;
}

const folders = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin'];

/** The absolute path of a program of the host, or null. */
export function findProgram(name: string): string | null {
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      /* not here */
    }
  }
  return null;
}

function required(name: string): string {
  const path = findProgram(name);
  if (path) return path;
  throw new Error(
    `${name} was not found in ${folders.join(', ')}: it is needed to start processes (package util-linux or coreutils)`,
  );
}

/**
 * Finds shell and tools, and asks the shell for its units (one short run).
 * @param shell absolute path; default: dash where present, else sh.
 * @throws Error that names what is missing
 */
export function findTools(shell = findProgram('dash') ?? required('sh')): Tools {
  const probe = [
    'ulimit -f 8',
    'ulimit -p 77 2>/dev/null',
    'while read -r a b c d e; do case "$a $b" in "Max file") echo "f $d";; "Max processes") echo "p $c";; esac; done </proc/self/limits',
    'unset SHLVL OLDPWD',
    'exec "$0"',
  ].join('; ');
  const setsid = required('setsid');
  const env = required('env');
  const said = execFileSync(shell, ['-c', probe, env], {
    env: {},
    encoding: 'latin1',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const bytes = Number(/^f (\d+)$/m.exec(said)?.[1]);
  if (!(bytes >= 8))
    throw new Error(`${realpathSync(shell)} does not understand ulimit -f: it cannot be used as a launcher`);
  return {
    shell,
    setsid,
    forks: spawnSync(setsid, ['-f', required('true')], { env: {}, stdio: 'ignore' }).status === 0,
    env,
    nice: required('nice'),
    userSwitch: findUserSwitch(findProgram),
    fileSizeUnit: bytes / 8,
    niceness: getPriority(),
    resetsOomScore: oomScore() < 0 || (oomScore() > 0 && process.getuid?.() === 0),
    processesFlag: /^p 77$/m.test(said) ? '-p' : '-u',
    exportsOwnNames: /^(?!PWD)\w+=/m.test(said),
  };
}

const oomScoreFile = '/proc/self/oom_score_adj';

function oomScore(): number {
  try {
    return Number(readFileSync(oomScoreFile, 'latin1'));
  } catch {
    return 0;
  }
}

/**
 * Moves this process, and the launchers it makes, out of the way of the OOM killer, as an agent must outlive what it guards. Only
 * root may; what somebody set already (OOMScoreAdjust= of systemd) stays.
 */
export function protectFromOom(): void {
  if (process.getuid?.() !== 0 || oomScore() !== 0) return;
  try {
    writeFileSync(oomScoreFile, '-500');
  } catch {
    /* a container without CAP_SYS_RESOURCE */
  }
}

/**
 * The environment of launchers: empty, so that they carry no marker and nothing of the agent's. bash takes a socket as its stdin for
 * a remote login and reads ~/.bashrc, unless it is no top-level shell.
 */
export function launcherEnvironment(tools: Tools): Record<string, string> {
  return tools.exportsOwnNames ? { SHLVL: '1' } : {};
}
