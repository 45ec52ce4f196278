// Fills the templates of the dictionaries. Pure. `{name}` is a value, `{n|instance|instances}` picks by number, `**bold**` marks.

export type Params = Record<string, string | number>;
type Piece = { text: string; bold: boolean } | { value: string; bold: boolean };

/** Cuts a template into texts and values; plurals are settled. */
export function pieces(template: string, params: Record<string, unknown>): Piece[] {
  const out: Piece[] = [];
  template.split('**').forEach((part, index) => {
    const bold = index % 2 === 1;
    for (const bit of part.split(/(\{[^}]+\})/)) {
      if (!bit) continue;
      const [name, ...forms] =
        bit.startsWith('{') && bit.endsWith('}') ? (bit.slice(1, -1).split('|') as [string, ...string[]]) : [''];
      if (name === '') out.push({ text: bit, bold });
      else if (forms.length > 0)
        out.push({ text: (Number(params[name]) === 1 ? forms[0] : (forms[1] ?? forms[0]))!, bold });
      else out.push({ value: name, bold });
    }
  });
  return out;
}

/** A template as plain text. A value that is missing shows its name, so that a test finds it. */
export function fill(template: string, params: Params = {}): string {
  return pieces(template, params)
    .map((p) => ('text' in p ? p.text : String(params[p.value] ?? `{${p.value}}`)))
    .join('');
}
