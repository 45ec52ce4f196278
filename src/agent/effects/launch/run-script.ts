// The `run` file of a launch: what its shell does between the fork and the exec of the program. Kept beside launch.json, so that
// it can be seen exactly what was executed. Every name, path and value is a single-quoted word (POSIX 2.2.2: literal, whatever is
// in it); nothing else of it is data.
//
// It runs in a subshell of the launcher with $1 launch directory, $2 notices, $3 setsid ('' in a seat, which has its session).
import type { Account } from '../users/accounts.ts';
import { joinFile, type Membership } from '../cgroups/cgroup.ts';
import { switchWords } from '../users/switch-user.ts';
import type { Tools } from './tools.ts';

/** rlimits, niceness and umask of a program; null leaves what the agent has. */
interface ProgramLimits {
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

/** All that a launch needs to know. Every path is absolute. */
export interface LaunchPlan {
  /** launches/<n>/, made by createLaunch. */
  directory: string;
  /** Of Launcher.membership, also in launch.json. */
  membership: Membership;
  /** Files to which the program writes 0 to come under its limits (LimitGroups). It is not started where it cannot. */
  joins?: readonly string[];
  program: string;
  args: readonly string[];
  /** True: program and args are joined with spaces and run by the shell. */
  shell: boolean;
  /** Who it runs as; absent or null: as the agent. */
  user?: Account | null;
  /** Must exist. */
  workingDirectory: string;
  /** The whole environment: nothing of the agent's own is added but PWD, the working directory. */
  environment: Readonly<Record<string, string>>;
  /** Appended to; created when absent. */
  stdout: string;
  stderr: string;
  limits: ProgramLimits;
}

/** A start that cannot be carried out. `code` is stable. */
export class LaunchError extends Error {
  readonly code: 'working-directory-missing' | 'plan-invalid' | 'launcher-failed';
  constructor(code: LaunchError['code'], message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'LaunchError';
    this.code = code;
  }
}

/** One literal word of a shell. @throws LaunchError for a NUL, which no argument can hold */
export function quote(text: string): string {
  if (text.includes('\0')) {
    throw new LaunchError(
      'plan-invalid',
      `${JSON.stringify(text.slice(0, 80))} holds a NUL character, which no program can be given`,
    );
  }
  return `'${text.replaceAll("'", "'\\''")}'`;
}

// Names that a shell sets, imports or reacts to on its own: set as its variables they would change it, or arrive changed.
const shellOwned = new RegExp(
  `^(?:_|${[
    'IFS',
    'PPID',
    'SHLVL',
    'OLDPWD',
    'OPT(?:IND|ARG|ERR)',
    'PS[0-9]',
    'ENV',
    'LINENO',
    'MAIL',
    'MAILPATH',
    'MAILCHECK',
    'TMOUT',
    'UID',
    'EUID',
    'GROUPS',
    'RANDOM',
    'SRANDOM',
    'SECONDS',
    'EPOCH\\w+',
    'HIST\\w*',
    'FUNC\\w+',
    'FCEDIT',
    'DIRSTACK',
    'CDPATH',
    'HOSTNAME',
    'HOSTTYPE',
    'MACHTYPE',
    'OSTYPE',
    'POSIX\\w+',
    'SHELLOPTS',
    'BASH\\w*',
    'COMP_\\w+',
    'COMPREPLY',
    'COPROC',
    'COLUMNS',
    'LINES',
    'EXECIGNORE',
    'GLOB\\w+',
    'IGNOREEOF',
    'INPUTRC',
    'REPLY',
    'PIPESTATUS',
    'TIMEFORMAT',
    'STATHUB_\\w+',
    'auto_resume',
    'histchars',
    'ignoreeof',
  ].join('|')})$`,
);
const localeNames = /^(?:LANG|LC_\w+|TEXTDOMAIN\w*|TERM|TZ)$/; // bash acts on them, and complains of a locale it has not

/** Whether a variable of this name can be set and exported by the shell untouched. */
function isPlainName(name: string, tools: Tools): boolean {
  return (
    /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) &&
    !shellOwned.test(name) &&
    !(tools.exportsOwnNames && localeNames.test(name))
  );
}

function environmentLines(plan: LaunchPlan, tools: Tools): { exports: string[]; beside: string[] } {
  const exports: string[] = [];
  const beside: string[] = [];
  for (const [name, value] of Object.entries({ ...plan.environment, PWD: plan.workingDirectory })) {
    if (name === '' || name.includes('=')) {
      throw new LaunchError(
        'plan-invalid',
        `${JSON.stringify(name)} cannot name an environment variable: it is empty or holds '='`,
      );
    }
    if (isPlainName(name, tools)) exports.push(`export ${name}=${quote(value)}`);
    else beside.push(quote(`${name}=${value}`));
  }
  return { exports, beside };
}

/** What `nice` is to add to the agent's own niceness; 0 where it may not take it away. */
function niceOf({ limits }: LaunchPlan, { niceness }: Tools): number {
  const by = Math.trunc(limits.nice) - niceness;
  return by < 0 && limits.nice >= 0 && process.getuid?.() !== 0 ? 0 : by;
}

/** `exec`, what must come between (niceness, names beside the shell's, a session of its own), the program. */
function execLine(plan: LaunchPlan, beside: readonly string[], tools: Tools): string {
  const command = plan.shell
    ? [tools.shell, '-c', [plan.program, ...plan.args].join(' ')]
    : [plan.program, ...plan.args];
  const wrapped = beside.length > 0 || tools.exportsOwnNames;
  const words = ['exec'];
  if (wrapped) words.push(quote(tools.env), '-u', 'SHLVL', '-u', '_', '--', ...beside);
  // env would take a program whose name holds '=' for a variable.
  const nice = niceOf(plan, tools);
  if (nice !== 0 || (wrapped && command[0]!.includes('='))) words.push(quote(tools.nice), '-n', String(nice));
  if (plan.user) {
    if (!tools.userSwitch)
      throw new LaunchError(
        'plan-invalid',
        `the user of a program cannot be changed on this node: it would not run as ${plan.user.name}`,
      );
    words.push(...switchWords(tools.userSwitch, plan.user).map(quote));
  }
  return [...words, '${3:+"$3"}', ...command.map(quote)].join(' ');
}

/**
 * What comes before the program under its limits.
 * @param seated a spare launcher may be in its v2 cgroup already; a second move would cost as much as the first
 * @throws LaunchError plan-invalid
 */
function setupLines(plan: LaunchPlan, tools: Tools, seated: boolean): string[] {
  const { limits, membership } = plan;
  const setup: string[] = [];
  const join = joinFile(membership);
  if (join !== null) setup.push(`${membership.kind === 'v2' && seated ? '[ -z "$3" ] || ' : ''}echo 0 >${quote(join)}`);
  if (tools.resetsOomScore) setup.push('{ echo 0 >/proc/self/oom_score_adj; } 2>/dev/null');
  for (const path of plan.joins ?? []) setup.push(`echo 0 >${quote(path)} || exit 126`);
  if (limits.fds !== null) setup.push(`ulimit -n ${Math.trunc(limits.fds)}`);
  if (limits.processes !== null) setup.push(`ulimit ${tools.processesFlag} ${Math.trunc(limits.processes)}`);
  if (!/^[0-7]{3,4}$/.test(limits.umask)) {
    throw new LaunchError(
      'plan-invalid',
      `${JSON.stringify(limits.umask)} is no umask: three octal digits, such as "022"`,
    );
  }
  return setup;
}

/**
 * The text of `run`.
 * @throws LaunchError plan-invalid
 */
export function runScript(plan: LaunchPlan, tools: Tools): string {
  const { limits } = plan;
  const { exports, beside } = environmentLines(plan, tools);
  const setup = setupLines(plan, tools, true);
  return [
    ...(setup.length ? [`{ ${setup.join('\n')}`, '} 2>"$1/setup"'] : []),
    `umask ${limits.umask}`,
    `cd -- ${quote(plan.workingDirectory)} || exit 126`,
    `exec >>${quote(plan.stdout)} 2>>${quote(plan.stderr)} || exit 126`,
    'read -r STATHUB_STAT </proc/self/stat',
    'echo "$STATHUB_STAT" >"$1/pid"',
    '{ echo "s $1" >>"$2"; } 2>/dev/null',
    'unset STATHUB_STAT OLDPWD SHLVL',
    ...exports,
    ...(limits.fileSize === null ? [] : [`ulimit -f ${Math.ceil(limits.fileSize / tools.fileSizeUnit)}`]),
    execLine(plan, beside, tools),
    '',
  ].join('\n');
}

/**
 * A script to be sourced by a shell, which becomes a command beside the program of a launch: in its groups, under its limits, with
 * its environment.
 * @param around lines before all of that, and just before the command  @param input a file that the command reads; null: what the shell has
 * @throws LaunchError plan-invalid
 */
export function besideScript(
  plan: LaunchPlan,
  tools: Tools,
  around: { first?: readonly string[]; last?: readonly string[] },
  input: string | null = null,
): string {
  const { limits, workingDirectory } = plan;
  const { exports, beside } = environmentLines(plan, tools);
  return [
    'set --',
    ...(around.first ?? []),
    ...setupLines(plan, tools, false),
    `umask ${limits.umask}`,
    `cd -- ${quote(workingDirectory)} || exit 126`,
    'unset OLDPWD SHLVL',
    ...exports,
    ...(limits.fileSize === null ? [] : [`ulimit -f ${Math.ceil(limits.fileSize / tools.fileSizeUnit)}`]),
    ...(around.last ?? []),
    input === null ? execLine(plan, beside, tools) : `${execLine(plan, beside, tools)} <${quote(input)}`,
    '',
  ].join('\n');
}
