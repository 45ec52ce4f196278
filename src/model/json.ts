// JSON from people: parsed by the engine; when that fails, the first fault is found with its line, column and what was expected.
// (The engine's own messages differ between Node versions and often name no place.)

interface JsonFault {
  offset: number;
  /** from 1 */ line: number;
  /** from 1 */ column: number;
  message: string;
}
type JsonResult = { ok: true; value: unknown } | { ok: false; fault: JsonFault };

/** Deepest nesting that is read; deeper text is refused before it can exhaust the stack. */
export const maxDepth = 200;

export function parseJson(text: string): JsonResult {
  const clean = text.startsWith('\uFEFF') ? text.slice(1) : text;
  if (tooDeep(clean))
    return { ok: false, fault: { ...place(clean, 0), message: `nested deeper than ${maxDepth} levels` } };
  try {
    const value: unknown = JSON.parse(clean);
    const twice = scan(clean); // what the engine takes has no other fault
    return twice === null
      ? { ok: true, value }
      : { ok: false, fault: { ...place(clean, twice.offset), message: twice.message } };
  } catch (error) {
    const { offset, message } = scan(clean) ?? {
      offset: 0,
      message: error instanceof Error ? error.message : 'not JSON',
    };
    return { ok: false, fault: { ...place(clean, offset), message } };
  }
}

function tooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === 0x5c) i++;
      else if (c === 0x22) inString = false;
      continue;
    }
    if (c === 0x22) inString = true;
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > maxDepth) return true;
    } else if (c === 0x7d || c === 0x5d) depth--;
  }
  return false;
}

function place(text: string, offset: number): { offset: number; line: number; column: number } {
  const before = text.slice(0, offset);
  return { offset, line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}

class Fault {
  readonly offset: number;
  readonly message: string;
  constructor(offset: number, message: string) {
    this.offset = offset;
    this.message = message;
  }
}

/** Walks the text by the grammar of RFC 8259 up to the first fault; a key that is there twice is one, as only one value would count. */
function scan(text: string): { offset: number; message: string } | null {
  let at = 0;
  const fail = (message: string, offset = at): never => {
    throw new Fault(offset, message);
  };
  const shown = () => (at >= text.length ? 'the text ends' : `found ${JSON.stringify(text[at])}`);
  const space = () => {
    while (at < text.length && ' \t\n\r'.includes(text[at]!)) at++;
  };

  const string = () => {
    const start = at++;
    for (;;) {
      if (at >= text.length) fail('this string is never closed', start);
      const c = text[at]!;
      if (c === '"') {
        at++;
        return;
      }
      if (c < ' ')
        fail(
          c === '\n'
            ? 'a string may not span lines (write \\n), or its closing quote is missing'
            : 'a control character must be written as an escape',
        );
      if (c === '\\') {
        if (
          text[at + 1] === 'u'
            ? !/^[0-9a-fA-F]{4}$/.test(text.slice(at + 2, at + 6))
            : !'"\\/bfnrt'.includes(text[at + 1] ?? '?')
        )
          fail(`\\${text[at + 1] ?? ''} is no escape`);
        at += text[at + 1] === 'u' ? 6 : 2;
      } else at++;
    }
  };
  const members = (close: string, member: () => void, what: string) => {
    const start = at++;
    space();
    if (text[at] === close) {
      at++;
      return;
    }
    for (;;) {
      member();
      space();
      if (text[at] === close) {
        at++;
        return;
      }
      if (at >= text.length) fail(`this ${what} is never closed`, start);
      if (text[at] !== ',') fail(`expected "," or "${close}", ${shown()}`);
      const comma = at++;
      space();
      if (text[at] === close) fail(`a comma before "${close}" is one too many`, comma);
    }
  };
  const key = (seen: Map<string, number>) => {
    if (text[at] !== '"') fail(`expected a key in double quotes, ${shown()}`);
    const start = at;
    string();
    const name = JSON.parse(text.slice(start, at)) as string;
    const first = seen.get(name);
    if (first !== undefined)
      fail(
        `the key ${JSON.stringify(name)} is there a second time (the first is in line ${place(text, first).line})`,
        start,
      );
    seen.set(name, start);
    space();
    if (text[at] !== ':') fail(`expected ":" after the key, ${shown()}`);
    at++;
    value();
  };
  const value = () => {
    space();
    const rest = text.slice(at, at + 400);
    const word =
      /^(true|false|null)(?![A-Za-z0-9_])/.exec(rest) ??
      /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?(?![\d.A-Za-z_])/.exec(rest);
    if (text[at] === '{') {
      const seen = new Map<string, number>();
      members('}', () => key(seen), 'object');
    } else if (text[at] === '[') members(']', value, 'array');
    else if (text[at] === '"') string();
    else if (word) at += word[0].length;
    else if (rest.startsWith('//') || rest.startsWith('/*')) fail('JSON has no comments; send it as YAML to keep them');
    else if (text[at] === "'") fail('strings need double quotes');
    else if (/^-?0\d/.test(rest)) fail('a number may not begin with 0');
    else if (at >= text.length) fail('expected a value, the text ends');
    else fail(`expected a value, found ${JSON.stringify(/^[\w.+-]+/.exec(rest)?.[0].slice(0, 40) ?? text[at])}`);
  };
  try {
    value();
    space();
    if (at < text.length) fail(`expected nothing more, ${shown()}`);
    return null;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}
