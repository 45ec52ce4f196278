// `config`: every setting that is in force, and where it comes from.
import { Argument, type Command } from 'commander';
import { json, table } from '../../cli/output/output.ts';
import { environmentName, resolve, settings, type InForce } from '../settings/settings.ts';
import { written } from '../settings/values.ts';
import type { HubCommandOptions } from './hub-command.ts';

export function addConfig(program: Command, { output, environment }: HubCommandOptions): void {
  program
    .command('config')
    .description('every setting, its value and where it comes from')
    .addArgument(new Argument('[part]', 'master or agent').choices(['master', 'agent']).default('master'))
    .option('--config <file>', 'settings in YAML')
    .option('--json', 'answer in JSON')
    .action((part: 'master' | 'agent', o) => {
      const inForce = masked(resolve(part, {}, environment, o.config ?? environment['STATHUB_CONFIG'] ?? null));
      if (o.json) return json(inForce, output);
      table(['SETTING', 'VALUE', 'FROM', 'ENVIRONMENT'], Object.entries(inForce).map(rowOf), output);
    });
}

/** Secrets are not shown, not even to who may read them anyway: the answer may be pasted anywhere. */
function masked(inForce: InForce): InForce {
  for (const { name, secret, shown } of settings) {
    const given = inForce[name];
    if (given?.value) given.value = secret ? '***' : shown ? shown(given.value) : given.value;
  }
  return inForce;
}

function rowOf([name, { value, origin }]: [string, InForce[string]]): string[] {
  const setting = settings.find((each) => each.name === name)!;
  return [name, value === null ? '–' : written(setting, value), origin, environmentName(name)];
}
