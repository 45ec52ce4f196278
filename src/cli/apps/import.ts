// `import` and `--format marathon`: many apps from one file, and Marathon's definitions, with a report of what has no counterpart.
import { fromMarathon, type Converted } from '../../model/marathon/marathon.ts';
import type { Client } from '../client.ts';
import { deploySpec } from './deploy.ts';
import { CliError, exitCode } from '../exit.ts';
import type { WaitOptions } from '../kit.ts';
import { bold, json, type Output } from '../output/output.ts';
import { readDocument, tellNotes } from './spec-file.ts';

type Format = 'marathon' | 'stathub';

/** An app, a list of apps, or what `stathub apps --json` printed: then its scale and whether it runs are what was in force. */
function appsOf(document: unknown, file: string): Converted[] {
  const listed =
    typeof document === 'object' && document !== null && 'items' in document
      ? (document as { items: unknown }).items
      : document;
  return (Array.isArray(listed) ? (listed as unknown[]) : [listed]).map((item) => {
    if (typeof item !== 'object' || item === null || Array.isArray(item))
      throw new CliError(exitCode.usage, `${file} holds something that is no app`);
    const { spec, scale, start } = item as { spec?: Record<string, unknown>; scale?: number; start?: boolean };
    if (typeof spec !== 'object' || spec === null || scale === undefined)
      return { app: item as Record<string, unknown>, notes: [] };
    return { app: { ...spec, start, placement: { ...(spec['placement'] as object), scale } }, notes: [] };
  });
}

interface ImportOptions extends WaitOptions {
  format: Format;
  plan: boolean;
  /** Print the apps as they would be deployed, and deploy nothing. */
  print: boolean;
}

/**
 * Deploys every app of a file. Nothing is deployed unless all of them are valid.
 * @throws CliError naming every app that is not valid; refused when the hub refuses some, after the others were deployed
 */
export async function importFile(
  client: () => Client,
  output: Output,
  file: string,
  options: ImportOptions,
): Promise<void> {
  const document = readDocument(file);
  const found = options.format === 'marathon' ? fromMarathon(document) : appsOf(document, file);
  if (!found || found.length === 0)
    throw new CliError(
      exitCode.usage,
      `${file} holds no app of ${options.format === 'marathon' ? "Marathon's" : 'ours'}`,
      options.format === 'marathon'
        ? 'apps of ours are read with --format stathub'
        : "Marathon's are read with --format marathon",
    );
  for (const converted of found) tellNotes(converted, output);
  const { parseApp } = await import('../../model/app/app-schema.ts'); // large; most commands need none of it
  const wrong = found.flatMap(({ app }) => {
    const parsed = parseApp(app);
    return parsed.ok
      ? []
      : parsed.problems.map(({ path, message }) => `\n  ${String(app['name'] ?? '(no name)')}  ${path}: ${message}`);
  });
  const names = found.map(({ app }) => String(app['name']));
  for (const name of new Set(names))
    if (names.filter((other) => other === name).length > 1) wrong.push(`\n  ${name}  is there twice`);
  if (options.print) {
    json(found.length === 1 ? found[0]!.app : found.map(({ app }) => app), output);
  }
  if (wrong.length > 0)
    throw new CliError(
      exitCode.refused,
      `nothing is deployed: some of ${file} cannot be an app here${wrong.join('')}`,
      options.print ? '' : '--print shows what became of it, to be completed by hand',
    );
  if (options.print) return;
  const refused: string[] = [];
  const hub = client();
  for (const { app } of found) {
    try {
      await deploySpec(hub, output, app, file, { ...options, marathon: false });
    } catch (error) {
      if (!(error instanceof CliError) || error.away) throw error;
      refused.push(`\n  ${bold(String(app['name']), output)}  ${error.message}`);
    }
  }
  if (refused.length > 0)
    throw new CliError(exitCode.refused, `${refused.length} of ${found.length} apps were refused${refused.join('')}`);
}
