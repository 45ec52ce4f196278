// Names and values to choose from while a query is typed. Pure.

export interface Field {
  name: string;
  kind: 'text' | 'number';
  /** Up to 20 values that occur, most frequent first. */
  values: string[];
  min: number;
  max: number;
}
interface Completions {
  from: number;
  to: number;
  items: { text: string; note: string }[];
}

/** Fields of documents, by dotted name; lists are seen through. Looks at 200 documents at most. */
export function fieldsOf(docs: readonly object[], skip: RegExp = /(?!)/): Field[] {
  const seen = new Map<string, { kind: 'text' | 'number'; values: Map<string, number>; min: number; max: number }>();
  const visit = (value: unknown, name: string, depth: number): void => {
    if (value === null || value === undefined || depth > 4 || skip.test(name)) return;
    if (Array.isArray(value)) {
      for (const item of value.slice(0, 20)) visit(item, name, depth);
      return;
    }
    if (typeof value === 'object') {
      for (const [key, inner] of Object.entries(value)) visit(inner, name ? `${name}.${key}` : key, depth + 1);
      return;
    }
    const field = seen.get(name) ?? {
      kind: typeof value === 'number' ? ('number' as const) : ('text' as const),
      values: new Map<string, number>(),
      min: Infinity,
      max: -Infinity,
    };
    if (typeof value === 'number') {
      field.min = Math.min(field.min, value);
      field.max = Math.max(field.max, value);
    }
    const text = String(value);
    if (text.length <= 60 && (field.values.has(text) || field.values.size < 200))
      field.values.set(text, (field.values.get(text) ?? 0) + 1);
    seen.set(name, field);
  };
  for (const doc of docs.slice(0, 200)) visit(doc, '', 0);
  return [...seen]
    .map(([name, f]) => ({
      name,
      kind: f.kind,
      min: f.min,
      max: f.max,
      values: [...f.values]
        .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
        .slice(0, 20)
        .map(([v]) => v),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A value as it must be written in a query. */
export const quoted = (value: string): string =>
  /^[\w.*-]+$/.test(value) && !/^(AND|OR|NOT)$/.test(value) && !/^[-*]/.test(value)
    ? value
    : `"${value.replace(/["\\]/g, '\\$&')}"`;

/** What may stand at the caret: names of fields, or after `field:` its values. Null inside a phrase. */
export function completions(text: string, caret: number, fields: readonly Field[], limit: number): Completions | null {
  const before = text.slice(0, caret);
  if ((before.match(/"/g)?.length ?? 0) % 2 === 1) return null;
  const term = /[^\s()]*$/.exec(before)![0].replace(/^[-+!]/, '');
  const from = caret - term.length;
  const to = caret + /^[^\s()]*/.exec(text.slice(caret))![0].length;
  const colon = term.indexOf(':');
  if (colon < 0) {
    const want = term.toLowerCase();
    if (!want) return { from, to, items: [] };
    const found = fields
      .filter((f) => f.name.toLowerCase().includes(want))
      .sort((a, b) => Number(!a.name.toLowerCase().startsWith(want)) - Number(!b.name.toLowerCase().startsWith(want)));
    return {
      from,
      to,
      items: found.slice(0, limit).map((f) => ({
        text: `${f.name}:`,
        note:
          f.kind === 'number'
            ? f.min === f.max
              ? String(f.min)
              : `${f.min} … ${f.max}`
            : f.values.length === 1
              ? f.values[0]!
              : `${f.values.length}`,
      })),
    };
  }
  const field = fields.find((f) => f.name === term.slice(0, colon));
  if (!field) return { from, to, items: [] };
  const want = term
    .slice(colon + 1)
    .replace(/^[<>=]+/, '')
    .toLowerCase();
  const items = field.values
    .filter((v) => v.toLowerCase().includes(want) && v.toLowerCase() !== want)
    .slice(0, limit)
    .map((v) => ({ text: `${field.name}:${quoted(v)}`, note: '' }));
  return { from, to, items };
}
