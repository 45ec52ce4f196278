// The queries inside an app are checked when the app is written, not when its first instance waits for a node.
import { parse } from '../../query/syntax/parse.ts';
import type { AppSpec } from './app.ts';
import type { FieldProblem } from '../errors.ts';

function problemOf(path: string, text: string): FieldProblem[] {
  const parsed = parse(text);
  if (parsed.ok) return [];
  const { message, offset, hint } = parsed.error;
  const problem = {
    path,
    message: `is no valid query: ${message} at character ${offset + 1} of ${JSON.stringify(text)}`,
  };
  return [hint === '' ? problem : { ...problem, hint }];
}

/** Syntax problems of `placement.query` and `placement.prefer`; paths in `wrong` are already reported. */
export function queryProblems(spec: AppSpec, wrong: readonly string[]): FieldProblem[] {
  const problems = [
    ...problemOf('placement.query', spec.placement.query),
    ...spec.placement.prefer.flatMap((text, index) => problemOf(`placement.prefer[${index}]`, text)),
  ];
  return problems.filter(
    ({ path }) =>
      !wrong.some((known) => path === known || path.startsWith(`${known}.`) || path.startsWith(`${known}[`)),
  );
}
