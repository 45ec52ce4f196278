// The commands that run a hub, in the order of the help. Those that talk to one are in src/cli/program.ts.
import type { Command } from 'commander';
import { addConfig } from './config-command.ts';
import { addDaemons } from './daemon-commands.ts';
import type { HubCommandOptions } from './hub-command.ts';
import { addMigrate } from './migrate-command.ts';
import { addDown, addUp, addUpgrade } from './up-commands.ts';

export function addHubCommands(program: Command, options: HubCommandOptions): void {
  for (const add of [addUp, addDown, addUpgrade, addDaemons, addMigrate, addConfig]) add(program, options);
}
