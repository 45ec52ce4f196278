// Copies a text and says so in the button itself.
import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Icon } from '../look/glyphs.tsx';
import { t } from '../words/i18n.tsx';

/** Also where the clipboard API is missing (plain http on a LAN address). */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

export function Copy({
  text,
  children,
  quiet = true,
}: {
  text: () => string;
  children?: ComponentChildren;
  quiet?: boolean;
}): VNode {
  const [said, say] = useState('');
  const run = async (): Promise<void> => {
    try {
      await copyText(text());
      say(t('copied'));
    } catch {
      say(t('copy.failed'));
    }
    setTimeout(say, 1500, '');
  };
  return (
    <button type="button" class={`btn small${quiet ? ' quiet' : ''}`} onClick={() => void run()}>
      <Icon name="copy" />
      {said || children || t('copy')}
    </button>
  );
}

/** A command to type, with its copy button. */
export const Command = ({ text }: { text: string }): VNode => (
  <div class="cmd">
    <span class="p">$</span>
    <code>{text}</code>
    <Copy text={() => text} quiet={false} />
  </div>
);
