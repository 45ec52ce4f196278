#!/usr/bin/env node
// Composition root: argv, signals, the only exit().
import { fileURLToPath } from 'node:url';
import { CliError, exitCode, ProgramEnded } from './cli/exit.ts';
import { standardOutput } from './cli/output/output.ts';
import { baseProgram, CommanderError } from './cli/base-program.ts';
import { addHubCommands } from './run/commands/commands.ts';
import { localHub, localPin } from './run/local-hub.ts';
import { version } from './run/version.ts';
import { SettingError } from './run/settings/setting.ts';
import { modernFlags } from './run/settings/settings.ts';
import { LockHeldError } from './store/lock.ts';

const output = standardOutput;
let code: number = exitCode.done;

/** An error as a person reads it: what, and what to do next; the stack only where the mistake is ours. */
function tell(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.done : exitCode.usage; // commander has said it
  if (error instanceof ProgramEnded) return error.exit;
  const say = (message: string, hint = ''): void =>
    output.err(`stathub: ${message}\n${hint ? `         ${hint}\n` : ''}`);
  if (error instanceof CliError) {
    say(error.message, error.hint);
    return error.exit;
  }
  if (error instanceof SettingError) {
    say(error.message);
    return exitCode.usage;
  }
  if (error instanceof LockHeldError) {
    say(error.message, error.hint);
    return exitCode.refused;
  }
  const known = error instanceof Error && ('hint' in error || error.name === 'StartFailed' || 'code' in error);
  say(
    error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error),
    (error as { hint?: string })?.hint,
  );
  return (error as { code?: string })?.code === 'store-refused' ? exitCode.refused : exitCode.failed;
}

const main = fileURLToPath(import.meta.url);
const [, , part, ...rest] = process.argv;
const daemon = part === 'master' || part === 'agent';
// A reader that goes away (`stathub logs | head`) is no error. What a daemon says goes into a log, whose disk may be full: it serves on.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (daemon) return;
  if (error.code === 'EPIPE') process.exit(exitCode.done);
  throw error;
});
if (daemon) process.stderr.on('error', () => undefined);
const program = baseProgram({ version, output });
addHubCommands(program, {
  output,
  environment: process.env,
  main,
  finished: (result) => {
    code = result;
  },
});
// A daemon lives for months: it does not carry the commands that talk to one.
if (!daemon)
  (await import('./cli/program.ts')).addCommands(program, {
    output,
    environment: process.env,
    defaultHub: localHub,
    localPin,
  });
try {
  await program.parseAsync([...(part === undefined ? ['--help'] : [part]), ...modernFlags(part, rest)], {
    from: 'user',
  });
} catch (error) {
  code = tell(error);
}
process.exit(code);
