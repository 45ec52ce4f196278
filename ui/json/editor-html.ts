// The text of the editor as HTML: colours, faults under their line, readings of bytes. Only the text itself is text in it.
import type { Fault } from './faults.ts';
import { t } from '../words/i18n.tsx';
import { readingOf } from './json-readings.ts';
import { tokens } from './json-tokens.ts';

const escape = (s: string): string =>
  s.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');

function lineHtml(line: string, faults: readonly Fault[]): string {
  let at = 0;
  const html = tokens(line)
    .map((k) => {
      const bad = faults.some((f) => at < f.to && at + k.text.length > f.from && k.kind !== 'space');
      at += k.text.length;
      return k.kind === 'space' ? k.text : `<span class="${k.kind}${bad ? ' squig' : ''}">${escape(k.text)}</span>`;
    })
    .join('');
  const reading = readingOf(line);
  return html + (reading ? `<span class="reading" data-text="  ${escape(reading)}"></span>` : '');
}

/** A fault below its line, with the way out of it. Not part of the text: what it says stands in attributes. */
function faultHtml(fault: Fault, index: number): string {
  const message = escape(fault.message);
  const fix = fault.fix ? escape(t('editor.fix', { key: fault.fix.label })) : null;
  return [
    '<span class="faultline" contenteditable="false">',
    `<span class="msg" data-text="${message}" title="${message}"></span>`,
    fix === null ? '' : `<span class="fixit" data-fix="${index}" data-text="${fix}"></span>`,
    '</span>',
  ].join('');
}

export function toHtml(text: string, faults: readonly Fault[]): string {
  return text
    .split('\n')
    .map((line, i) => {
      const own = faults.filter((fault) => fault.line === i);
      return `${lineHtml(line, own)}\n${own.map((fault) => faultHtml(fault, faults.indexOf(fault))).join('')}`;
    })
    .join('');
}
