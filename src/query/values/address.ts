// Addresses as keys that sort: 32 hex digits, IPv4 in its place in IPv6 (::ffff:a.b.c.d), the order Elasticsearch's `ip` type has too.
import ipaddr from 'ipaddr.js';

const mappedPrefix = '00000000000000000000ffff';
const hex2 = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'));

/** Key of `a.b.c.d`, four decimal parts; null if it is none. */
function ipv4Key(text: string): string | null {
  if (text.length < 7 || text.length > 15) return null;
  let key = mappedPrefix;
  let part = 0;
  let digits = 0;
  let parts = 0;
  for (let at = 0; at <= text.length; at++) {
    const code = at < text.length ? text.charCodeAt(at) : 46;
    if (code === 46) {
      if (digits === 0 || part > 255 || ++parts > 4) return null;
      key += hex2[part]!;
      part = digits = 0;
    } else if (code >= 48 && code <= 57 && digits < 3) {
      part = part * 10 + code - 48;
      digits++;
    } else return null;
  }
  return parts === 4 ? key : null;
}

/** Key of an IPv4 or IPv6 address (32 hex digits, sortable as text); null if the text is no address. A zone (`%eth0`) is left out. */
export function addressKey(text: string): string | null {
  const first = text.charCodeAt(0);
  if (!(first >= 48 && first <= 58) && !(first >= 97 && first <= 102) && !(first >= 65 && first <= 70)) return null;
  const ipv4 = ipv4Key(text);
  if (ipv4 !== null || text.indexOf(':') < 0 || !ipaddr.IPv6.isValid(text)) return ipv4;
  return ipaddr.IPv6.parse(text)
    .toByteArray()
    .map((byte) => hex2[byte]!)
    .join('');
}

/** First and last key of a network (`10.0.0.0/8`, `fe80::/10`); null if the text is none. Host bits may be set. */
export function networkKeys(text: string): { from: string; to: string } | null {
  const slash = text.indexOf('/');
  const key = slash > 0 && /^\d{1,3}$/.test(text.slice(slash + 1)) ? addressKey(text.slice(0, slash)) : null;
  if (key === null) return null;
  const ipv4 = ipv4Key(text.slice(0, slash)) !== null;
  const bits = Number(text.slice(slash + 1)) + (ipv4 ? 96 : 0);
  if (bits > 128) return null;
  let from = '';
  let to = '';
  for (let nibble = 0; nibble < 32; nibble++) {
    const fixed = Math.max(0, Math.min(4, bits - nibble * 4)); // leading bits of this digit that belong to the network
    const mask = (0xf << (4 - fixed)) & 0xf;
    const value = parseInt(key[nibble]!, 16);
    from += (value & mask).toString(16);
    to += ((value & mask) | (~mask & 0xf)).toString(16);
  }
  return { from, to };
}
