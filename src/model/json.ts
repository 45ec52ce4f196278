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

/** Walks a text by the grammar of RFC 8259; `at` is how far it came. Its steps throw a Fault. */
class JsonWalk {
  readonly #text: string;
  #at = 0;
  constructor(text: string) {
    this.#text = text;
  }

  whole(): void {
    this.#value();
    this.#space();
    if (this.#at < this.#text.length) this.#fail(`expected nothing more, ${this.#shown()}`);
  }

  #value(): void {
    this.#space();
    const char = this.#text[this.#at];
    const rest = this.#text.slice(this.#at, this.#at + 400);
    if (char === '{') this.#object();
    else if (char === '[') this.#members(']', () => this.#value(), 'array');
    else if (char === '"') this.#string();
    else {
      const word =
        /^(true|false|null)(?![A-Za-z0-9_])/.exec(rest) ??
        /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?(?![\d.A-Za-z_])/.exec(rest);
      if (word) this.#at += word[0].length;
      else this.#noValue(rest);
    }
  }

  /** @param rest what stands where a value should */
  #noValue(rest: string): never {
    if (rest.startsWith('//') || rest.startsWith('/*'))
      return this.#fail('JSON has no comments; send it as YAML to keep them');
    if (rest.startsWith("'")) return this.#fail('strings need double quotes');
    if (/^-?0\d/.test(rest)) return this.#fail('a number may not begin with 0');
    if (rest === '') return this.#fail('expected a value, the text ends');
    return this.#fail(`expected a value, found ${JSON.stringify(/^[\w.+-]+/.exec(rest)?.[0].slice(0, 40) ?? rest[0])}`);
  }

  #object(): void {
    const seen = new Map<string, number>();
    const member = (): void => {
      this.#key(seen);
      this.#value();
    };
    this.#members('}', member, 'object');
  }

  /** What stands between brackets, with commas between. */
  #members(close: string, member: () => void, what: string): void {
    const start = this.#at++;
    this.#space();
    if (this.#take(close)) return;
    for (;;) {
      member();
      this.#space();
      if (this.#take(close)) return;
      if (this.#at >= this.#text.length) this.#fail(`this ${what} is never closed`, start);
      if (this.#text[this.#at] !== ',') this.#fail(`expected "," or "${close}", ${this.#shown()}`);
      const comma = this.#at++;
      this.#space();
      if (this.#text[this.#at] === close) this.#fail(`a comma before "${close}" is one too many`, comma);
    }
  }

  /** A key and its colon. @param seen where the keys before it begin */
  #key(seen: Map<string, number>): void {
    if (this.#text[this.#at] !== '"') this.#fail(`expected a key in double quotes, ${this.#shown()}`);
    const start = this.#at;
    this.#string();
    const name = JSON.parse(this.#text.slice(start, this.#at)) as string;
    const first = seen.get(name);
    if (first !== undefined)
      this.#fail(
        `the key ${JSON.stringify(name)} is there a second time (the first is in line ${place(this.#text, first).line})`,
        start,
      );
    seen.set(name, start);
    this.#space();
    if (!this.#take(':')) this.#fail(`expected ":" after the key, ${this.#shown()}`);
  }

  #string(): void {
    const start = this.#at++;
    while (!this.#take('"')) {
      if (this.#at >= this.#text.length) this.#fail('this string is never closed', start);
      const char = this.#text[this.#at]!;
      if (char === '\n') this.#fail('a string may not span lines (write \\n), or its closing quote is missing');
      if (char < ' ') this.#fail('a control character must be written as an escape');
      if (char === '\\') this.#escape();
      else this.#at++;
    }
  }

  #escape(): void {
    const letter = this.#text[this.#at + 1];
    const known =
      letter === 'u'
        ? /^[0-9a-fA-F]{4}$/.test(this.#text.slice(this.#at + 2, this.#at + 6))
        : '"\\/bfnrt'.includes(letter ?? '?');
    if (!known) this.#fail(`\\${letter ?? ''} is no escape`);
    this.#at += letter === 'u' ? 6 : 2;
  }

  #space(): void {
    while (this.#at < this.#text.length && ' \t\n\r'.includes(this.#text[this.#at]!)) this.#at++;
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #shown(): string {
    return this.#at >= this.#text.length ? 'the text ends' : `found ${JSON.stringify(this.#text[this.#at])}`;
  }

  #fail(message: string, offset = this.#at): never {
    throw new Fault(offset, message);
  }
}

/** The first fault; a key that is there twice is one, as only one value would count. */
function scan(text: string): { offset: number; message: string } | null {
  try {
    new JsonWalk(text).whole();
    return null;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}
