// What `grep` means for lines of output: a text that the line holds, or, between slashes, a regular expression of the query
// language that some part of it fits. Linear in the line, whatever the pattern: it runs in the agent that guards processes.
import { regex } from './regex.ts';
import { parseRegex } from './regex-syntax.ts';

/**
 * The test of one line, without regard to case.
 * @throws PatternError for a regular expression that is none, or that needs too many states
 */
export function linePattern(text: string): (line: string) => boolean {
  const expression = /^\/(.+)\/$/s.exec(text)?.[1];
  if (expression === undefined) {
    const wanted = text.toLowerCase();
    return (line) => line.toLowerCase().includes(wanted);
  }
  parseRegex(expression); // alone: its faults are told by their place in it, and no bracket of it closes one of ours
  const test = regex(`.*(${expression}).*`);
  return (line) => test.matches(line.toLowerCase());
}

/** What is wrong with it, for who wrote it: "is no regular expression: ..."; null: nothing. */
export function lineFault(text: string): string | null {
  try {
    linePattern(text);
    return null;
  } catch (error) {
    const { message, offset } = error as Error & { offset?: number };
    const rest = offset === undefined ? '' : [...text.slice(1, -1)].slice(offset).join('').slice(0, 20);
    const at = rest === '' ? '' : ` at ${JSON.stringify(rest)}`;
    return `is no regular expression: ${message}${at}; without the slashes it is taken as it stands`;
  }
}
