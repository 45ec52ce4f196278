// The commands that talk to a hub, in the order of the help. Those that run one are in src/run/commands/commands.ts.
import { readFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { Client } from './client.ts';
import {
  addAdopt,
  addDelete,
  addRecover,
  addRollback,
  addScale,
  addStartStopRestart,
} from './commands/app-commands.ts';
import { addDeploy, addImport, addPlan, addRun } from './commands/deploy-commands.ts';
import { addExec, addFiles, addLogs } from './commands/instance-commands.ts';
import { addLists, addQuery, addStatus, addWhy } from './commands/list-commands.ts';
import { addCordonAndTakeOver, addDrain, addForget, addTagAndEnv } from './commands/node-commands.ts';
import { addTokens } from './commands/token-commands.ts';
import { addCompletion } from './completion.ts';
import { CliError, exitCode } from './exit.ts';
import { hubAddressWanted, hubOrigin } from './hub-address.ts';
import { fileFault } from './instances/file-fault.ts';
import { time, type Kit } from './kit.ts';
import type { Output } from './output/output.ts';

interface CommandOptions {
  output: Output;
  environment: NodeJS.ProcessEnv;
  /** Where a hub of this machine is, when neither flag nor environment names one. */
  defaultHub: () => string;
  /** Pin of the CA of this machine's own hub, where it has one. */
  localPin?: () => string | null;
}

const inOrderOfTheHelp: Record<string, ((kit: Kit) => void)[]> = {
  'Looking:': [addLists, addStatus, addWhy, addQuery, addLogs, addFiles, addExec],
  'Apps:': [
    ...[addDeploy, addPlan, addImport, addRun],
    ...[addStartStopRestart, addScale, addRollback, addDelete, addRecover, addAdopt],
  ],
  'Nodes, and who may what:': [addTagAndEnv, addCordonAndTakeOver, addDrain, addForget, addTokens],
};

/** Adds every command that talks to a hub. They throw CliError and never exit: main turns that into words and a code. */
export function addCommands(program: Command, options: CommandOptions): void {
  const kit = kitOf(program, options);
  for (const [heading, adds] of Object.entries(inOrderOfTheHelp)) {
    program.commandsGroup(heading);
    for (const add of adds) add(kit);
  }
  program.commandsGroup('The command line:');
  addCompletion(kit, program);
}

const kitOf = (program: Command, options: CommandOptions): Kit => ({
  output: options.output,
  client: () => clientOf(program, options),
  command: (spec, about) => program.command(spec).description(about).helpOption('-h, --help', 'this help'),
  waiting: (command) =>
    command
      .option('--wait', 'wait until it is done, and say what happens')
      .addOption(new Option('--timeout <time>', 'how long to wait').argParser(time).default(600_000, '10m'))
      .option('--json', 'answer in JSON'),
  waitOptions: ({ wait, timeout, json }) => ({ wait: wait === true, timeoutMs: timeout, json: json === true }),
});

/** The client of the hub that flags, environment or this machine name. @throws CliError when the address is none */
function clientOf(program: Command, { output, environment, defaultHub, localPin }: CommandOptions): Client {
  const { hub, tokenFile } = program.opts<{ hub?: string; tokenFile?: string }>();
  const address = hub ?? (environment['STATHUB_MASTER'] || defaultHub());
  const origin = hubOrigin(address);
  if (origin === null) {
    const shown = JSON.stringify(address.replace(/\/\/.*@/, '//***@'));
    throw new CliError(exitCode.usage, `${shown} is no address of a hub`, hubAddressWanted);
  }
  const token = tokenFile ? readToken(tokenFile) : (environment['STATHUB_TOKEN'] ?? null);
  const local = /^(localhost$|127\.|\[::1\])/.test(new URL(origin).hostname);
  const client = new Client(origin, token, local ? (localPin?.() ?? null) : null);
  client.warned = (text) => output.err(`stathub: ${text}\n`);
  return client;
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new CliError(exitCode.usage, `cannot read the token file ${file}: ${fileFault(error)}`);
  }
}
