// Problems of the API as faults of lines, with the fix where one is known. Pure.
import type { FieldProblem } from '../../src/model/errors.ts';
import { placeOf, places } from './json-places.ts';

export interface Fault {
  line: number;
  from: number;
  to: number;
  message: string;
  /** What to put instead of the key or the value, by offset. */
  fix: {
    label: string;
    start: number;
    end: number;
    text: string;
  } | null;
}

/** `line 3, column 5: ...`, of a text that is not JSON. */
const syntax = /\bline (\d+), column (\d+):? ?(.*)$/s;

/** Faults in the order of their lines. `title`: of a refusal that names no field. */
export function faultsOf(text: string, problems: readonly FieldProblem[], title: string): Fault[] {
  const known = places(text);
  const lines = text.split('\n');
  const out: Fault[] = [];
  for (const problem of problems.length > 0 ? problems : [{ path: '', message: title }]) {
    const bad = syntax.exec(problem.message);
    if (problem.path === '' && bad) {
      const line = Math.min(lines.length, Number(bad[1])) - 1;
      const column = Math.max(0, Number(bad[2]) - 1);
      out.push({
        line,
        from: Math.min(column, Math.max(0, lines[line]!.length - 1)),
        to: Math.max(column + 1, 1),
        message: bad[3] || problem.message,
        fix: null,
      });
      continue;
    }
    const place = placeOf(known, problem.path);
    const exact = known.has(problem.path);
    const hint = problem.hint ?? '';
    const meant = exact ? /Did you mean '([^']+)'/.exec(hint)?.[1] : undefined;
    const unknownKey = /not a known key/.test(problem.message);
    const key = JSON.stringify(problem.path.split(/[.[]/).at(-1));
    const message = unknownKey
      ? `${key} ${problem.message}. ${hint}`
      : `${exact ? '' : `${problem.path} `}${problem.message}${hint ? `. ${hint}` : ''}`;
    out.push({
      line: place?.line ?? 0,
      from: place?.from ?? 0,
      to: place?.to ?? 1,
      message: message.trim(),
      fix:
        meant && place && unknownKey
          ? { label: meant, start: place.start, end: place.end, text: JSON.stringify(meant) }
          : null,
    });
  }
  return out.sort((a, b) => a.line - b.line || a.from - b.from);
}
