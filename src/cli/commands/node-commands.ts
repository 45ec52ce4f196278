// Commands about nodes.
import { Option } from 'commander';
import { time, type Kit } from '../kit.ts';
import * as nodes from '../nodes/nodes.ts';

const asJson = (o: { json?: boolean }): nodes.ShowOptions => ({ json: o.json === true });

export function addTagAndEnv({ command, client, output }: Kit): void {
  command('tag', 'add and remove tags of a node: tag NODE +ssd -hdd')
    .argument('<node>')
    .argument('<changes...>')
    .option('--json', 'answer in JSON')
    .allowUnknownOption()
    .action((name: string, changes: string[], o) => nodes.tag(client(), output, name, changes, asJson(o)));
  command('env', 'set environment values of a node, for each next launch there: env NODE KEY=VALUE')
    .argument('<node>')
    .argument('<changes...>')
    .option('--json', 'answer in JSON')
    .action((name: string, changes: string[], o) => nodes.env(client(), output, name, changes, asJson(o)));
}

export function addCordonAndTakeOver({ command, client, output }: Kit): void {
  for (const [action, about] of [
    ['cordon', 'place nothing new on a node'],
    ['uncordon', 'place on it again; calls a drain off'],
    ['take-over', 'give a node of another hub to this one'],
  ] as const) {
    command(action, about)
      .argument('<node>')
      .option('--json', 'answer in JSON')
      .action((name: string, o) => nodes.nodeAction(client(), output, name, action, asJson(o)));
  }
}

export function addDrain({ command, client, output }: Kit): void {
  command('drain', 'move everything off a node: replacements are healthy elsewhere first')
    .argument('<node>')
    .option('--deadline <time>', 'then stop what is left, in order, and place it elsewhere where it fits', time)
    .option('--wait', 'wait until the node is empty, and say what leaves')
    .addOption(new Option('--timeout <time>', 'how long to wait').argParser(time).default(3_600_000, '1h'))
    .option('--json', 'answer in JSON')
    .addHelpText(
      'after',
      `
Services are replaced elsewhere, healthy there, and only then stopped here. Jobs (type batch) may end where they are. Apps of
type system stop last. What fits nowhere else stays until the deadline; \`stathub why APP\` says what it lacks. The node stays
cordoned at the end. Asked again, a drain goes on as it is; \`stathub uncordon NODE\` calls it off.`,
    )
    .action((name: string, o) =>
      nodes.drain(client(), output, name, {
        wait: o.wait === true,
        timeoutMs: o.timeout,
        deadlineMs: o.deadline ?? null,
        json: o.json === true,
      }),
    );
}

export function addForget({ command, client, output }: Kit): void {
  command('forget', 'forget a node that is lost, or away and empty')
    .argument('<node>')
    .action((name: string) => nodes.forget(client(), output, name));
}
