// `stathub query`: the query language by hand, over the hub's nodes or, without any hub, over documents in a file.
import { readFileSync } from 'node:fs';
import { compile } from '../query/compile.ts';
import { explain } from '../query/explain.ts';
import { parse } from '../query/syntax/parse.ts';
import type { NodeView } from '../model/node.ts';
import type { Client } from './client.ts';
import { CliError, exitCode } from './exit.ts';
import { fileFault } from './instances/file-fault.ts';
import { dim, json, type Output } from './output/output.ts';
import { everyPage } from './pages.ts';

/**
 * @param client null when `file` is given: then nothing is asked over the network
 * @throws CliError with a caret under the place where the query is wrong
 */
export async function runQuery(
  client: Client | null,
  output: Output,
  text: string,
  file: string | null,
  options: { explain: boolean; json: boolean },
): Promise<void> {
  const parsed = parse(text);
  if (!parsed.ok) {
    const { message, offset, hint } = parsed.error;
    throw new CliError(exitCode.usage, `${message}\n  ${text}\n  ${' '.repeat(offset)}^`, hint);
  }
  const documents = file === null ? await nodesOf(client!) : readDocuments(file);
  const moment = { now: Date.now() };
  const found = documents.filter(compile(parsed.query, moment));
  if (options.explain) {
    const told = explain(parsed.query, documents, moment);
    if (options.json) {
      json(told, output);
      return;
    }
    output.out(`${told.total} documents, ${told.matched} match\n`);
    for (const clause of told.clauses) {
      output.out(
        `  ${String(clause.left).padStart(6)} left  ${clause.text}` +
          `${clause.alone === clause.left ? '' : dim(`  (${clause.alone} by itself)`, output)}\n`,
      );
      for (const note of clause.notes) output.out(`               ${note}\n`);
    }
    for (const miss of told.nearest) output.out(`  nearest: ${miss}\n`);
    return;
  }
  if (options.json) {
    json(found, output);
    return;
  }
  for (const document of found) output.out(`${output.terminal ? nameOf(document) : JSON.stringify(document)}\n`);
  output.err(dim(`${found.length} of ${documents.length} match\n`, output));
}

const nodesOf = (client: Client): Promise<NodeView[]> =>
  everyPage<NodeView>(client, '/v1/nodes', {}, (node) => node.id);

function nameOf(document: unknown): string {
  const { id, hostname, name } = (document ?? {}) as Record<string, unknown>;
  const words = [hostname ?? name, id].filter((word) => typeof word === 'string' && word !== '');
  return words.length ? words.join('  ') : JSON.stringify(document);
}

/** A JSON array, one JSON document, or one document a line. */
function readDocuments(file: string): unknown[] {
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new CliError(exitCode.usage, `cannot read ${file}: ${fileFault(error)}`);
  }
  if (/^\s*\[/.test(text)) return parseAt(text, file) as unknown[];
  const lines = text
    .split('\n')
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line.trim() !== '');
  try {
    return [JSON.parse(text)];
  } catch {
    /* not one document: one a line */
  }
  return lines.map(({ line, number }) => parseAt(line, `${file}:${number}`));
}

function parseAt(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError(
      exitCode.usage,
      `${where} is no JSON: ${(error as Error).message}`,
      'documents come as a JSON array or one a line',
    );
  }
}
