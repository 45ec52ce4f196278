// `token create|list|revoke`: who may use the hub.
import { Option } from 'commander';
import type { Kit } from '../kit.ts';
import { createToken, listTokens, revokeToken } from '../tokens.ts';

export function addTokens({ command, client, output }: Kit): void {
  const token = command('token', 'who may use the hub: make, list and revoke tokens');
  token
    .command('create')
    .description('make a token; it is shown this once')
    .helpOption('-h, --help', 'this help')
    .addOption(
      new Option('--role <role>', 'what it may').choices(['read', 'deploy', 'admin', 'node']).makeOptionMandatory(),
    )
    .option('--name <name>', 'whose it is')
    .option('--json', 'answer in JSON')
    .action((o) => createToken(client(), output, { role: o.role, name: o.name ?? null, json: o.json === true }));
  token
    .command('list')
    .description('tokens, without their texts')
    .helpOption('-h, --help', 'this help')
    .option('--json', 'answer in JSON')
    .action((o) => listTokens(client(), output, { json: o.json === true }));
  token
    .command('revoke')
    .description('let a token in no longer')
    .helpOption('-h, --help', 'this help')
    .argument('<id>', 'as `token list` gives it')
    .action((id: string) => revokeToken(client(), output, id));
}
