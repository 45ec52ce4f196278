// What is shown of a file. Pure.

/** Most bytes that are shown of a file: its end. */
export const shownBytes = 131_072;
/** Most characters kept while a file is followed. */
export const followedCharacters = 400_000;

/** The bytes as text, or null for what is none: with NULs, or mostly no UTF-8. A character cut at either end is left out. */
export function textOf(bytes: Uint8Array): string | null {
  if (bytes.subarray(0, 8192).includes(0)) return null;
  const text = new TextDecoder().decode(bytes);
  const broken = text.split('\ufffd').length - 1;
  return broken > 3 + text.length / 20 ? null : text.replace(/^\ufffd+|\ufffd+$/g, '');
}

/** What is kept of a followed file: whole lines from the end. */
export function kept(text: string, most: number): string {
  if (text.length <= most) return text;
  const cut = text.slice(-most);
  const line = cut.indexOf('\n');
  return line < 0 ? cut : cut.slice(line + 1);
}

/** `work/conf` and its parents, from the top on. */
export const crumbsOf = (path: string): { name: string; path: string }[] => {
  const names = path.split('/').filter(Boolean);
  return names.map((name, i) => ({ name, path: names.slice(0, i + 1).join('/') }));
};

/** The API's address of a path. */
export const filePath = (id: string, path: string): string =>
  `/instances/${encodeURIComponent(id)}/files${path
    .split('/')
    .filter(Boolean)
    .map((name) => `/${encodeURIComponent(name)}`)
    .join('')}`;
