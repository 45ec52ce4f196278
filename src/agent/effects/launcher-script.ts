// The launcher: a POSIX sh script that stays as the parent of one program, outside its session, group, cgroup and limits,
// and writes down who it was and how it ended. Runs on dash, bash and busybox.
//
// Only its structure is generated; every name, path and value travels as a parameter or an environment variable, so nothing
// is ever interpolated into the shell. Parameters stay positional, since a variable of the script would leak into a program
// whose environment has one of that name. Only builtins run besides the program itself.
//   $1 launch directory  $2 file that joins the cgroup ('' for none)  $3 notices  $4 key of this launch in the notices
//   $5 file for stdout   $6 file for stderr   then the names that travel beside the environment, then the command
import type { Tools } from './tools.ts';

/** rlimits, niceness and umask of a program; null leaves what the agent has. */
export interface ProgramLimits {
  /** Open files (RLIMIT_NOFILE). */
  fds: number | null;
  /** Processes of the user (RLIMIT_NPROC). */
  processes: number | null;
  /** Largest file it may write, bytes (RLIMIT_FSIZE), rounded up to the shell's unit. */
  fileSize: number | null;
  nice: number;
  /** Octal, as '022'. */
  umask: string;
}

// Names that a shell sets, imports or reacts to on its own: as variables of the launcher they would change it, or arrive changed.
const shellOwned = /^(?:_|IFS|PPID|SHLVL|OLDPWD|OPT(?:IND|ARG|ERR)|PS[0-9]|ENV|LINENO|MAIL|MAILPATH|MAILCHECK|TMOUT|UID|EUID|GROUPS|RANDOM|SRANDOM|SECONDS|EPOCH\w+|HIST\w+|FUNC\w+|FCEDIT|DIRSTACK|HOSTNAME|HOSTTYPE|MACHTYPE|OSTYPE|POSIX\w+|SHELLOPTS|BASH\w*|COMP_\w+|COLUMNS|LINES|EXECIGNORE|GLOBIGNORE|REPLY|PIPESTATUS|STATHUB_\w+)$/;

/** Whether a variable of this name passes through a shell untouched. */
export function passesThroughShell(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !shellOwned.test(name);
}

function limitLines(limits: ProgramLimits, tools: Tools): string[] {
  const lines: string[] = [];
  if (limits.fds !== null) lines.push(`ulimit -n ${Math.trunc(limits.fds)}`);
  if (limits.processes !== null) lines.push(`ulimit ${tools.processesFlag} ${Math.trunc(limits.processes)}`);
  lines.push(`umask ${/^[0-7]{3,4}$/.test(limits.umask) ? limits.umask : '022'}`);
  return lines;
}

/**
 * The script for a launch with `beside` names that cannot pass through the shell and a command of `words` words.
 * The values of those names are in STATHUB_1, STATHUB_2... so that no secret stands in the launcher's arguments.
 */
export function launcherScript(limits: ProgramLimits, beside: number, words: number, tools: Tools): string {
  const chain: string[] = [];
  if (limits.nice !== 0) chain.push(`"${tools.nice}" -n ${Math.trunc(limits.nice)}`);
  const wrapped = beside > 0 || tools.exportsOwnNames;
  if (wrapped) {
    chain.push(`"${tools.env}" -u SHLVL -u _`);
    for (let i = 1; i <= beside; i++) chain.push(`-u STATHUB_${i}`);
    chain.push('--');
    for (let i = 1; i <= beside; i++) chain.push(`"\${${6 + i}}=$STATHUB_${i}"`);
  }
  chain.push(`"${tools.setsid}"`);
  for (let i = 1; i <= words; i++) chain.push(`"\${${6 + beside + i}}"`);
  const fileSize = limits.fileSize === null ? [] : [`ulimit -f ${Math.ceil(limits.fileSize / tools.fileSizeUnit)}`];
  return [
    'trap : TERM INT HUP QUIT USR1 USR2',
    'set -C',
    '{ : >"$1/claim"; } 2>/dev/null || exit 0',
    'set +C',
    'exec 2>"$1/err"',
    '(',
    '{ if [ -n "$2" ]; then echo 0 >"$2"; fi',
    ...limitLines(limits, tools),
    '} 2>"$1/setup"',
    'read -r STATHUB_STAT </proc/self/stat',
    'echo "$STATHUB_STAT" >"$1/pid"',
    'echo "s $4" 2>/dev/null >>"$3"',
    'unset STATHUB_STAT',
    'exec >>"$5" 2>>"$6"',
    ...fileSize,
    `exec ${chain.join(' ')}`,
    ')',
    'set -- "$1" "$?" "$3" "$4"',
    'echo "$2" >"$1/exit"',
    '{ echo "e $4" >>"$3"; } 2>/dev/null',
    'exit "$2"',
  ].join('\n');
}
