// Edits of a text by keys: a new line keeps the indent, Tab indents, brackets close. Pure.
interface Edit {
  text: string;
  caret: number;
}

const indentOf = (text: string, at: number): string =>
  /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', at - 1) + 1))![0];

/** Enter at the caret: inside brackets one step deeper, a closing one goes on its own line. */
export function newLine(text: string, from: number, to: number): Edit {
  const before = text.slice(0, from);
  const after = text.slice(to);
  const indent = indentOf(text, from).slice(0, from - (text.lastIndexOf('\n', from - 1) + 1));
  const opens = /[{[]\s*$/.test(before.slice(before.lastIndexOf('\n') + 1));
  const closes = /^\s*[}\]]/.test(after.split('\n')[0]!);
  const inner = opens ? `${indent}  ` : indent;
  const tail = opens && closes ? `\n${indent}` : '';
  return {
    text: `${before}\n${inner}${tail}${opens && closes ? after.replace(/^[ \t]*/, '') : after}`,
    caret: from + 1 + inner.length,
  };
}

/** Replaces a part of the text. */
export const replace = (text: string, from: number, to: number, by: string): Edit => ({
  text: text.slice(0, from) + by + text.slice(to),
  caret: from + by.length,
});

/** Line and column of an offset, from 1. */
export function lineColumn(text: string, at: number): { line: number; column: number } {
  const before = text.slice(0, at);
  return { line: before.split('\n').length, column: at - before.lastIndexOf('\n') };
}
