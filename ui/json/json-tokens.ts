// JSON text cut for colouring, one line at a time; it may be wrong JSON, nothing is lost. Pure.
interface Token {
  kind: 'key' | 'str' | 'val' | 'pun' | 'space' | 'bad';
  text: string;
}

const pattern =
  /("(?:[^"\\]|\\.)*"?)(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|\b(?:true|false|null)\b)|([{}[\],:])|(\s+)|([^\s{}[\],:"]+)/g;

export function tokens(line: string): Token[] {
  const out: Token[] = [];
  for (const [, text, colon, value, mark, space, other] of line.matchAll(pattern)) {
    if (text !== undefined) {
      out.push({ kind: colon ? 'key' : 'str', text });
      if (colon) out.push({ kind: 'pun', text: colon });
    } else if (value !== undefined) out.push({ kind: 'val', text: value });
    else if (mark !== undefined) out.push({ kind: 'pun', text: mark });
    else if (space !== undefined) out.push({ kind: 'space', text: space });
    else if (other !== undefined) out.push({ kind: 'bad', text: other });
  }
  return out;
}
