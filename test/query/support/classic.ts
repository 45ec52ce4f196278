// How Lucene's classic query parser combines clauses (QueryParserBase.addClause, default operator OR), as a reference for what the
// ancestors answered: no precedence, each operator only marks its neighbours as required or forbidden. The caller evaluates the clauses.

interface Marked {
  holds: boolean;
  mark: '+' | '-' | '';
}

/** Operators, brackets (with a field or without), and clauses; a boost of a group is left out. */
function tokens(text: string): string[] {
  const field = String.raw`(?:[^\s()\[\]{}"\\:+\-!]|\\.)(?:[^\s()\[\]{}"\\:]|\\.)*:`;
  const clause = String.raw`[+\-!]?(?:${field})?(?:"(?:[^"\\]|\\.)*"|[\[{][^\]}]*[\]}]|(?:[^\s()"\\]|\\.)+)`;
  return text.match(new RegExp(String.raw`&&|\|\||\bAND\b|\bOR\b|\bNOT\b|[+\-!]?\(|\)|${clause}`, 'g')) ?? [];
}

/** @param holds evaluates one clause without its sign */
export function classic(text: string, holds: (clause: string) => boolean): boolean {
  const all = tokens(text);
  let at = 0;
  function group(): boolean {
    const clauses: Marked[] = [];
    while (at < all.length && all[at] !== ')') {
      let joined = '';
      let sign = '';
      if (['AND', '&&', 'OR', '||'].includes(all[at]!))
        joined = all[at++]! === 'AND' || all[at - 1] === '&&' ? 'AND' : 'OR';
      if (all[at] === 'NOT') {
        sign = '-';
        at++;
      }
      let token = all[at++]!;
      if (sign === '' && '+-!'.includes(token[0]!)) {
        sign = token[0] === '+' ? '+' : '-';
        token = token.slice(1);
      }
      let value: boolean;
      if (token === '(') {
        value = group();
        at++;
      } else value = holds(token);
      const previous = clauses[clauses.length - 1];
      if (joined === 'AND' && previous !== undefined && previous.mark !== '-') previous.mark = '+';
      clauses.push({ holds: value, mark: sign === '-' ? '-' : sign === '+' || joined === 'AND' ? '+' : '' });
    }
    const must = clauses.filter(({ mark }) => mark === '+');
    const may = clauses.filter(({ mark }) => mark === '');
    if (clauses.some(({ mark, holds: is }) => mark === '-' && is) || must.some(({ holds: is }) => !is)) return false;
    return must.length > 0 || may.length === 0 || may.some(({ holds: is }) => is);
  }
  return group();
}
