// Commands about apps and instances that are already there.
import * as actions from '../apps/actions.ts';
import { CliError, exitCode } from '../exit.ts';
import { count, type Kit } from '../kit.ts';

export function addStartStopRestart({ command, waiting, waitOptions, client, output }: Kit): void {
  for (const [action, about] of [
    ['start', 'start an app'],
    ['stop', 'stop an app, or an unknown instance'],
    ['restart', 'restart an app (in a rolling way; a stopped one is started) or one instance'],
  ] as const) {
    waiting(
      command(action, about).argument(
        action === 'start' ? '<app>' : '<app-or-instance>',
        action === 'start' ? '' : "APP, APP.SLOT or an instance's id",
      ),
    ).action((name: string, o) => actions.appAction(client(), output, name, action, waitOptions(o)));
  }
}

export function addScale({ command, waiting, waitOptions, client, output }: Kit): void {
  waiting(
    command('scale', 'set how many instances an app has').argument('<app>').argument('<n>', 'how many', count),
  ).action((name: string, n: number, o) => actions.scale(client(), output, name, n, waitOptions(o)));
}

export function addRollback({ command, waiting, waitOptions, client, output }: Kit): void {
  waiting(
    command('rollback', 'make an earlier revision the newest')
      .argument('<app>')
      .argument('[revision]', 'its number; without one: the revision before', count),
  )
    .option('--plan', 'only say what it would do')
    .action((name: string, revision: number | undefined, o) =>
      actions.rollback(client(), output, name, revision ?? null, { ...waitOptions(o), plan: o.plan === true }),
    );
}

export function addDelete({ command, waiting, waitOptions, client, output }: Kit): void {
  waiting(command('delete', 'stop an app and forget it').argument('<app>')).action((name: string, o) =>
    actions.remove(client(), output, name, waitOptions(o)),
  );
}

export function addRecover({ command, client, output }: Kit): void {
  command('recover', 'make an app again whose record the store has lost; what runs of it runs on')
    .argument('<app>')
    .option('--json', 'answer in JSON')
    .action((name: string, o) => actions.recover(client(), output, name, { json: o.json === true }));
}

export function addAdopt({ command, client, output }: Kit): void {
  command('adopt', "make what runs unknown one of the hub's, without a restart")
    .argument('[app-or-instance]', 'an instance, or an app: all unknown instances of it')
    .option('--all', 'everything unknown')
    .option('--json', 'answer in JSON')
    .addHelpText(
      'after',
      '\nAfter the loss of a store: `stathub take-over NODE` for each node, then `stathub adopt --all` makes the ' +
        'apps again from what runs.',
    )
    .action((name: string | undefined, o) => {
      if ((name === undefined) !== (o.all === true))
        throw new CliError(exitCode.usage, 'what is to be adopted?', 'name an app or an instance, or give --all');
      return actions.adopt(client(), output, name ?? null, { json: o.json === true });
    });
}
