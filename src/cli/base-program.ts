// The program without its commands: name, options of all of them, and how it speaks.
import { Command, CommanderError } from 'commander';
import type { Output } from './output/output.ts';

/** It throws CommanderError and never exits. */
export function baseProgram({ version, output }: { version: string; output: Output }): Command {
  return new Command('stathub')
    .description('A cluster manager for plain processes.')
    .version(version, '-V, --version')
    .option('--hub <url>', 'the hub to talk to (also STATHUB_MASTER); default: the one of this machine')
    .option('--token-file <file>', 'read the token from this file (also STATHUB_TOKEN)')
    .showHelpAfterError('(--help shows what there is)')
    .configureOutput({ writeOut: (text) => output.out(text), writeErr: (text) => output.err(text) })
    .exitOverride();
}

export { CommanderError };
