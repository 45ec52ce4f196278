// The language of the page: English is in the first file, Chinese comes when it is asked for. Every visible string goes through here.
import { signal } from '@preact/signals';
import type { ComponentChildren, VNode } from 'preact';
import { en, type Words } from './en.ts';
import { fill, pieces, type Params } from './words.ts';

type Language = 'en' | 'zh';
export const languages: { id: Language; short: string; name: string }[] = [
  { id: 'en', short: 'EN', name: 'English' },
  { id: 'zh', short: '中', name: '中文' },
];

export const language = signal<Language>('en');
const dictionary = signal<Words>(en);

/** Loads a language and shows the page in it; English stays when its file cannot be had. */
export async function setLanguage(next: Language): Promise<void> {
  const words: Words = next === 'zh' ? (await import('./zh.ts')).zh : en;
  dictionary.value = words;
  language.value = next;
  document.documentElement.lang = next;
  try {
    localStorage.setItem('stathub.language', next);
  } catch {
    /* not remembered: storage is forbidden here */
  }
}

/** A string of the dictionary with its values. */
export const t = (key: keyof Words, params?: Params): string => fill(dictionary.value[key], params);

/** Is there such a word? For codes that come from the server. */
export const knownWord = (key: string): key is keyof Words => Object.hasOwn(en, key);

/** The same with bold parts and with elements as values. */
export function rich(key: keyof Words, params: Record<string, ComponentChildren> = {}): VNode {
  return (
    <>
      {pieces(dictionary.value[key], params as Record<string, unknown>).map((piece) => {
        const shown = 'text' in piece ? piece.text : params[piece.value];
        return piece.bold ? <b>{shown}</b> : shown;
      })}
    </>
  );
}
