// Writes a tar archive (POSIX ustar, with pax records for what does not fit) piece by piece.

const block = 512;
/** Largest number that 11 octal digits hold, and longest name of a plain header. */
const mostSize = 8 ** 11 - 1;
const longestName = 100;

interface TarEntry {
  /** Directories end in a slash. */
  name: string;
  type: 'file' | 'directory' | 'link';
  size: number;
  /** epoch ms */
  modifiedAt: number;
  /** permission bits */
  mode: number;
  target?: string;
}

function header(name: string, entry: Omit<TarEntry, 'name' | 'type'>, flag: string): Buffer {
  const head = Buffer.alloc(block);
  const octal = (value: number, at: number, length: number): void => {
    head.write(value.toString(8).padStart(length - 1, '0'), at, length - 1, 'latin1');
  };
  head.write(name, 0, longestName, 'utf8');
  octal(entry.mode & 0o7777, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(Math.min(entry.size, mostSize), 124, 12);
  octal(Math.max(0, Math.floor(entry.modifiedAt / 1000)), 136, 12);
  head.write('        ', 148, 'latin1');
  head.write(flag, 156, 'latin1');
  head.write(entry.target ?? '', 157, longestName, 'utf8');
  head.write('ustar\u000000', 257, 'latin1');
  head.write(
    head
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0') + '\0 ',
    148,
    'latin1',
  );
  return head;
}

/** What fills the last block of so many bytes. */
export const tarPadding = (size: number): Buffer => Buffer.alloc((block - (size % block)) % block);
/** The end of an archive. */
export const tarEnd = (): Buffer => Buffer.alloc(block * 2);

/** The header of an entry; `size` bytes and their padding follow for a file. */
export function tarHeader(entry: TarEntry): Buffer {
  const { name, type, target = '' } = entry;
  const long = (text: string): boolean => Buffer.byteLength(text) > longestName;
  const records = [
    ...(long(name) ? [record('path', name)] : []),
    ...(long(target) ? [record('linkpath', target)] : []),
    ...(entry.size > mostSize ? [record('size', String(entry.size))] : []),
  ];
  const pax = Buffer.from(records.join(''));
  const more =
    records.length === 0
      ? []
      : [header('pax', { ...entry, target: '', size: pax.length }, 'x'), pax, tarPadding(pax.length)];
  return Buffer.concat([...more, header(name, entry, type === 'directory' ? '5' : type === 'link' ? '2' : '0')]);
}

/** `<length> key=value\n`, its own length counted. */
function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + String(bytes).length;
  if (bytes + String(length).length !== length) length = bytes + String(length).length;
  return `${length}${rest}`;
}
