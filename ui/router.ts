// Paths of the dashboard: plain history paths; the server answers an unknown path with the same page. Links are ordinary <a href>.
import { computed, signal } from '@preact/signals';
import { findRoute, type Route } from './routes.ts';

const here = signal(location.pathname + location.search);

/** Where we are; pages read `route.value`. */
export const route = computed<Route>(() => findRoute(here.value));

/** Goes to a path. `replace`: without a step in the history (filters, tabs). */
export function go(path: string, replace = false): void {
  if (path === here.value) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', path);
  const page = findRoute(path);
  const before = route.peek();
  here.value = path;
  if (!replace && (page.page !== before.page || page.id !== before.id)) scrollTo(0, 0);
}

/** Sets query parameters of the current path; null or '' removes one. */
export function setQuery(changes: Record<string, string | null>): void {
  const url = new URL(here.peek(), location.origin);
  for (const [key, value] of Object.entries(changes)) {
    if (value) url.searchParams.set(key, value);
    else url.searchParams.delete(key);
  }
  go(url.pathname + url.search, true);
}

/** Turns clicks on links inside the dashboard into steps of the router. Gives the way to stop. */
export function startRouter(): () => void {
  const onClick = (event: MouseEvent): void => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = (event.target as Element | null)?.closest?.('a');
    if (
      !link ||
      link.target ||
      link.hasAttribute('download') ||
      link.origin !== location.origin ||
      /^\/(docs|v1|openapi)/.test(link.pathname)
    )
      return;
    event.preventDefault();
    go(link.pathname + link.search);
  };
  const onPop = (): void => {
    here.value = location.pathname + location.search;
  };
  document.addEventListener('click', onClick);
  addEventListener('popstate', onPop);
  return () => {
    document.removeEventListener('click', onClick);
    removeEventListener('popstate', onPop);
  };
}
