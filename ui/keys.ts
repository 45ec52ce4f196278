// The keyboard: single keys, `g` and a second key for pages, and what the page in view adds. Typing in a field is never a command.
import { useEffect } from 'preact/hooks';
import { signal } from '@preact/signals';
import type { Words } from './words/en.ts';

interface Key {
  /** As written in the hint: `g o`, `/`, `mod k`. */
  keys: string;
  word: keyof Words;
  run: (event: KeyboardEvent) => void;
  /** Also while a field has the focus. */
  inFields?: boolean;
}

const layers: Key[][] = [];
/** Grows when the list of keys changes (the help shows it). */
const keysVersion = signal(0);
/** All keys in force; a later layer wins. */
export const allKeys = (): Key[] => {
  void keysVersion.value;
  return [...new Map(layers.flat().map((k) => [k.keys, k])).values()];
};

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
const isMac = /mac|iphone|ipad/i.test(navigator.platform);
/** The first key of a sequence such as `g o`, for 1.5 s. */
let first = '';
let firstAt = 0;

function named(event: KeyboardEvent): string {
  const key =
    event.key.length === 1 ? event.key.toLowerCase() : event.key === 'Escape' ? 'esc' : event.key.toLowerCase();
  const mod = isMac ? event.metaKey : event.ctrlKey;
  return mod ? `mod ${key}` : key;
}

function onKey(event: KeyboardEvent): void {
  if (event.isComposing || event.defaultPrevented || event.altKey || (isMac ? event.ctrlKey : event.metaKey)) return;
  const name = named(event);
  const inField = typing(event.target);
  const chord = first && Date.now() - firstAt < 1500 ? `${first} ${name}` : '';
  first = '';
  for (let i = layers.length - 1; i >= 0; i--) {
    for (const key of layers[i]!) {
      if ((key.keys !== name && key.keys !== chord) || (inField && !key.inFields)) continue;
      event.preventDefault();
      key.run(event);
      return;
    }
  }
  if (!inField && name === 'g') {
    first = 'g';
    firstAt = Date.now();
  }
}

/** Adds a layer of keys. Gives the way to take it away. */
export function addKeys(keys: Key[]): () => void {
  layers.push(keys);
  keysVersion.value++;
  return () => {
    const at = layers.indexOf(keys);
    if (at >= 0) layers.splice(at, 1);
    keysVersion.value++;
  };
}

/** Keys of a page or part, as long as it is shown. */
export function useKeys(keys: Key[], on: unknown[] = []): void {
  useEffect(() => addKeys(keys), on);
}

/** Moves the focus among the rows of the page (`[data-row]`), by one. */
export function stepRow(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('main [data-row]')];
  if (rows.length === 0) return;
  const now = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[now < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, now + by))]!;
  const target = next.matches('a, button') ? next : (next.querySelector<HTMLElement>('a, button') ?? next);
  target.focus({ preventScroll: true });
  next.scrollIntoView({ block: 'nearest' });
}

export function startKeys(): () => void {
  document.addEventListener('keydown', onKey);
  return () => document.removeEventListener('keydown', onKey);
}

/** `mod k` as this machine writes it. */
export const shownKeys = (keys: string): string[] =>
  keys
    .split(' ')
    .map((k) =>
      k === 'mod'
        ? isMac
          ? '⌘'
          : 'Ctrl'
        : k === 'enter'
          ? '↵'
          : k.length === 1 && keys.startsWith('mod')
            ? k.toUpperCase()
            : k,
    );
