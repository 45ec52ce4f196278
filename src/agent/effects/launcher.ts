// Starts launchers. The agent is their parent only by chance: its death changes nothing for them or their programs.
import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { launcherScript, passesThroughShell, type ProgramLimits } from './launcher-script.ts';
import type { Tools } from './tools.ts';

/** All that a launch needs to know. Every path is absolute. */
export interface LaunchPlan {
  /** launches/<n>/, made by createLaunch. */
  directory: string;
  /** Names this launch in the notices: `<instance id>/<n>`. */
  key: string;
  /** The notices file of LaunchWatch. */
  notices: string;
  program: string;
  args: readonly string[];
  /** True: program and args are joined with spaces and run by the shell. */
  shell: boolean;
  workingDirectory: string;
  /** The whole environment: nothing of the agent's own is added but PWD, the working directory. */
  environment: Readonly<Record<string, string>>;
  stdout: string;
  stderr: string;
  /** The file to which a process writes 0 to join the launch's cgroup (Membership.join), or null. */
  join: string | null;
  limits: ProgramLimits;
}

/** A start that could not even be tried. `code` is stable. */
export class LaunchError extends Error {
  readonly code: 'working-directory-missing' | 'environment-invalid' | 'launcher-failed';
  constructor(code: LaunchError['code'], message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'LaunchError';
    this.code = code;
  }
}

/**
 * Starts the launcher of a launch; it starts the program. Returns at once.
 * @param onEnd called once when the launcher is gone: with the program's wait status as the shell gives it (also in `exit`), or
 *   null when the launcher itself was killed, or with an error when it could not be started.
 * @returns the launcher's pid
 * @throws LaunchError when the plan cannot be carried out
 */
export function launch(plan: LaunchPlan, tools: Tools, onEnd: (status: number | null, error: LaunchError | null) => void): number | undefined {
  const environment: Record<string, string> = {};
  const beside: string[] = [];
  for (const [name, value] of Object.entries(plan.environment)) {
    if (name === '' || /[=\0]/.test(name) || value.includes('\0')) {
      throw new LaunchError('environment-invalid', `the environment variable ${JSON.stringify(name)} cannot be set: names hold no '=' and neither holds a NUL`);
    }
    if (name === 'PWD') continue;
    if (passesThroughShell(name)) environment[name] = value;
    else environment[`STATHUB_${beside.push(name)}`] = value;
  }
  environment['PWD'] = plan.workingDirectory;
  const command = plan.shell ? [tools.shell, ...tools.shellArguments, [plan.program, ...plan.args].join(' ')] : [plan.program, ...plan.args];
  const script = launcherScript(plan.limits, beside.length, command.length, tools);
  const child = spawn(tools.shell, [
    ...tools.shellArguments, script, 'stathub-launcher',
    plan.directory, plan.join ?? '', plan.notices, plan.key, plan.stdout, plan.stderr, ...beside, ...command,
  ], { cwd: plan.workingDirectory, env: environment, stdio: 'ignore', detached: true });
  child.unref();
  child.once('error', (error) => onEnd(null, explain(plan, error)));
  child.once('exit', (code) => onEnd(code, null));
  return child.pid;
}

function explain(plan: LaunchPlan, cause: Error): LaunchError {
  try {
    if (statSync(plan.workingDirectory).isDirectory()) return new LaunchError('launcher-failed', `the launcher could not be started: ${cause.message}`, { cause });
  } catch { /* told below */ }
  return new LaunchError('working-directory-missing', `the working directory ${plan.workingDirectory} is not a directory that can be entered`, { cause });
}
