// Words of a text, by the word boundaries of Unicode (UAX 29) as Lucene's standard tokenizer draws them, so that people find what STAT
// hub found: `3.10.0-957.el7.x86_64` is `3.10.0 957 el7 x86_64`, `web5.dc1.example.com` is `web5 dc1 example.com`.

const letter = 1;
const digit = 2;
const join = 3;
const single = 4;
const mark = 5;
const katakana = 6;
const other = 0;

function classOf(code: number): number {
  if (code < 128) {
    if ((code >= 97 && code <= 122) || (code >= 65 && code <= 90)) return letter;
    if (code >= 48 && code <= 57) return digit;
    return code === 95 ? join : other;
  }
  const char = String.fromCodePoint(code);
  if (/[\p{Script=Han}\p{Script=Hiragana}\p{Extended_Pictographic}]/u.test(char)) return single;
  if (/[\p{Script=Katakana}\u30FC]/u.test(char)) return katakana;
  if (/\p{L}/u.test(char)) return letter;
  if (/\p{Nd}/u.test(char)) return digit;
  if (/[\p{M}\u200D\u00AD]/u.test(char)) return mark;
  return /\p{Pc}/u.test(char) ? join : other;
}

/** May `code`, found between the classes `before` and `after`, stay inside a word? */
function bridges(code: number, before: number, after: number): boolean {
  const anywhere = code === 46 || code === 39 || code === 0x2019 || code === 0x2018 || code === 0x2024; // . ' ’ ‘ ․
  if (before === letter && after === letter) return anywhere || code === 58 || code === 0xb7; // : ·
  if (before === digit && after === digit) return anywhere || code === 44 || code === 59; // , ;
  return false;
}

/** May two neighbours belong to one word? */
const joined = (before: number, after: number): boolean =>
  before === katakana || after === katakana
    ? before === after || before === join || after === join
    : before !== single && after !== single;

/** The words of a text in order; case is kept. Punctuation is in none of them. */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  let start = -1; // of the word being read
  let last = other; // class of the last character of it that is no mark
  let solid = false; // has it a letter or a digit?
  for (let at = 0; at < text.length;) {
    const code = text.codePointAt(at)!;
    const width = code > 0xffff ? 2 : 1;
    let kind = classOf(code);
    if (kind === mark) kind = start < 0 ? other : last;
    if (kind === other) {
      const follows = at + width < text.length ? classOf(text.codePointAt(at + width)!) : other;
      if (start < 0 || !bridges(code, last, follows)) {
        if (start >= 0 && solid) words.push(text.slice(start, at));
        start = -1;
      }
    } else {
      if (start >= 0 && !(joined(last, kind) || classOf(code) === mark)) {
        if (solid) words.push(text.slice(start, at));
        start = -1;
      }
      if (start < 0) {
        start = at;
        solid = false;
      }
      solid ||= kind !== join;
      last = kind;
    }
    at += width;
  }
  if (start >= 0 && solid) words.push(text.slice(start));
  return words;
}
