// Light or dark: the system's choice until the operator makes one.
import { signal } from '@preact/signals';

const system = matchMedia('(prefers-color-scheme: dark)');
const chosen = (): 'light' | 'dark' | null =>
  (document.documentElement.dataset['theme'] as 'light' | 'dark' | undefined) ?? null;
/** What is shown now. Canvas drawings read their colours again when it changes. */
export const theme = signal<'light' | 'dark'>(chosen() ?? (system.matches ? 'dark' : 'light'));
system.addEventListener('change', () => {
  if (!chosen()) theme.value = system.matches ? 'dark' : 'light';
});

/** null: as the system. */
export function setTheme(next: 'light' | 'dark' | null): void {
  if (next) document.documentElement.dataset['theme'] = next;
  else delete document.documentElement.dataset['theme'];
  theme.value = next ?? (system.matches ? 'dark' : 'light');
  try {
    if (next) localStorage.setItem('stathub.theme', next);
    else localStorage.removeItem('stathub.theme');
  } catch {
    /* not remembered: storage is forbidden here */
  }
}
export const chosenTheme = (): 'light' | 'dark' | null => {
  void theme.value;
  return chosen();
};
