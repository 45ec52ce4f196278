// A status as a chip: colour names the family, the glyph and the word name the status.
import type { ComponentChildren, VNode } from 'preact';
import { Glyph } from '../look/glyphs.tsx';
import { knownWord, t } from '../words/i18n.tsx';

/** The word of a status in the page's language; a status we do not know is shown as it came. */
export function statusWord(status: string): string {
  const key = `status.${status}`;
  return knownWord(key) ? t(key) : status;
}

export function Chip({
  s,
  big,
  bare,
  children,
}: {
  s: string;
  big?: boolean;
  bare?: boolean;
  children?: ComponentChildren;
}): VNode {
  return (
    <span class={`chip${big ? ' big' : ''}${bare ? ' bare' : ''}`} data-s={s}>
      <Glyph s={s} />
      {children ?? statusWord(s)}
    </span>
  );
}
