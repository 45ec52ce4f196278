// What is there: lists, the hub in a few lines, why something is as it is, the query language by hand.
import type { Client } from '../client.ts';
import { count, type Kit } from '../kit.ts';
import * as lists from '../lists.ts';
import type { Output } from '../output/output.ts';
import { why } from '../why.ts';

type Show = (client: Client, output: Output, options: lists.ListOptions) => Promise<void>;

export function addLists({ command, client, output }: Kit): void {
  const instances = 'list instances: app.slot.id; slots are seats, their numbers may have gaps';
  const listings: [name: string, about: string, query: string, Show][] = [
    ['apps', 'list apps', 'status:(failed OR degraded)', lists.apps],
    ['nodes', 'list nodes', 'os.cpus:>=8 AND tags:ssd', lists.nodes],
    ['instances', instances, 'status:running AND app:web', lists.instances],
    ['events', 'what happened, newest last', 'kind:instance.* AND subject.app:web', lists.events],
  ];
  for (const [name, about, query, show] of listings) {
    command(name, about)
      .argument('[query]', `only what matches, e.g. "${query}"`)
      .option('--json', name === 'events' ? 'answer in JSON, an event a line' : 'answer in JSON')
      .option('-w, --watch', 'go on, showing what changes')
      .option('--size <n>', 'at most so many', count, 100)
      .action((text: string | undefined, o) =>
        show(client(), output, { query: text ?? '', json: o.json === true, watch: o.watch === true, size: o.size }),
      );
  }
}

export function addStatus({ command, client, output }: Kit): void {
  command('status', 'the hub in a few lines')
    .option('--json', 'answer in JSON')
    .action((o) => lists.hubStatus(client(), output, { json: o.json === true }));
}

export function addWhy({ command, client, output }: Kit): void {
  command('why', 'why an app or instance is as it is')
    .argument('<app-or-instance>', "APP, APP.SLOT or an instance's id")
    .option('--json', 'answer in JSON')
    .action((name: string, o) => why(client(), output, name, { json: o.json === true }));
}

export function addQuery({ command, client, output }: Kit): void {
  command('query', 'run a query over the nodes, or over documents in a file')
    .argument('<query>')
    .argument('[file]', 'a JSON array or one document a line; - for standard input')
    .option('--explain', 'say clause by clause what is left, and the nearest miss')
    .option('--json', 'answer in JSON')
    .action(async (text: string, file: string | undefined, o) =>
      (await import('../query.ts')).runQuery(file === undefined ? client() : null, output, text, file ?? null, {
        explain: o.explain === true,
        json: o.json === true,
      }),
    );
}
