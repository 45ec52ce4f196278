// Apps from files: JSON or YAML, of ours or of Marathon's.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AppNote } from '../../model/app/app-notes.ts';
import { parseJson } from '../../model/json.ts';
import { fromMarathon } from '../../model/marathon/marathon.ts';
import { CliError, exitCode } from '../exit.ts';
import { fileFault } from '../instances/file-fault.ts';
import { dim, type Output } from '../output/output.ts';

/** Loaded where a file is read: most commands read none. */
const parseYaml = (text: string): unknown =>
  (createRequire(import.meta.url)('yaml') as typeof import('yaml')).parse(text, { prettyErrors: true });

/** Reads one app as JSON or YAML from a file, or standard input for '-'. @throws CliError naming file, line and column */
export function readSpec(file: string): Record<string, unknown> {
  const value = readDocument(file);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new CliError(exitCode.usage, `${file} holds no app: an object with "name" and "toProcess" is wanted`);
}

/** What is in a file of JSON or YAML. @throws CliError naming file, line and column */
export function readDocument(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new CliError(exitCode.usage, `cannot read ${file}: ${fileFault(error)}`);
  }
  try {
    // YAML is read for both: it takes JSON as it is and says line and column of what is wrong.
    return parseYaml(text);
  } catch (error) {
    // In the words of what it is meant to be.
    const json = /\.json$/i.test(file) || /^\s*[[{]/.test(text) ? parseJson(text) : null;
    const why =
      json?.ok === false
        ? `line ${json.fault.line}, column ${json.fault.column}: ${json.fault.message}`
        : (error as Error).message.trim();
    throw new CliError(exitCode.usage, `${file} is no app: ${why}`);
  }
}

/** What is worth knowing of a definition, or has no counterpart, on standard error. */
export function tellNotes(
  { app, notes }: { app: { name?: unknown }; notes: readonly AppNote[] },
  output: Output,
): void {
  for (const { path, message } of notes) output.err(`  ${String(app.name)}  ${path}: ${dim(message, output)}\n`);
}

/** The one app of a Marathon file. @throws CliError when it holds none or several */
export function marathonApp(file: string, output: Output): Record<string, unknown> {
  const found = fromMarathon(readDocument(file));
  if (!found || found.length === 0)
    throw new CliError(exitCode.usage, `${file} holds no app of Marathon's`, 'it has an id and a cmd or args');
  if (found.length > 1)
    throw new CliError(exitCode.usage, `${file} holds ${found.length} apps`, 'stathub import takes them all');
  tellNotes(found[0]!, output);
  return found[0]!.app;
}
