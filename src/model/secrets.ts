// What looks like a secret, and how it is masked: for callers of the read role, for events, for the log.

const mask = '***';

const words = new Set([
  'password',
  'passwd',
  'passphrase',
  'pwd',
  'pass',
  'pgpass',
  'pw',
  'secret',
  'secrets',
  'token',
  'tokens',
  'credential',
  'credentials',
  'auth',
  'authorization',
  'apikey',
  'privatekey',
  'accesskey',
  'secretkey',
  'cookie',
  'salt',
  'signature',
  'sig',
  'dsn',
  'jwt',
  'bearer',
  'pin',
  'otp',
  'cert',
  'pem',
]);
const keyBefore = new Set([
  'api',
  'private',
  'access',
  'secret',
  'signing',
  'encryption',
  'encrypt',
  'master',
  'ssh',
  'ssl',
  'tls',
  'auth',
  'session',
  'client',
  'service',
  'license',
  'account',
  'storage',
  'shared',
]);

/**
 * Does the name of a variable look as if its value were secret? `DB_PASSWORD`, `apiKey`, `spring.datasource.password`; not
 * `PRIMARY_KEY`, `AUTHOR`.
 */
export function looksSecret(name: string): boolean {
  const parts = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter(Boolean);
  return parts.some(
    (part, i) =>
      words.has(part) ||
      /password|passwd|passphrase|secret|apikey/.test(part) ||
      ((part === 'key' || part === 'keys') && (parts.length === 1 || keyBefore.has(parts[i - 1] ?? ''))),
  );
}

/**
 * `scheme://user:password@host` -> `scheme://user:***@host`, anywhere in a text; also `?token=...` and `Bearer ...`. Whatever is printed
 * and may hold an address goes through this one function.
 */
export function maskText(text: string): string {
  if (!/[:=]|bearer |basic |sth_/i.test(text)) return text;
  return (
    text
      .replace(/([a-z][a-z0-9+.-]*:\/\/[^\s/:@?#]*):([^\s/@]+)@/gi, `$1:${mask}@`)
      // A token alone, as git takes it: a user's name is shorter.
      .replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/:@?#]{20,}@/gi, `$1${mask}@`)
      .replace(/([?&;]([\w.-]+)=)([^&\s;#]+)/g, (whole, head: string, name: string) =>
        looksSecret(name) ? `${head}${mask}` : whole,
      )
      .replace(/\b(bearer|basic) +[\w.~+/=-]{8,}/gi, `$1 ${mask}`)
      .replace(/\bsth_(read|deploy|admin|node)_[\w-]{20,}/g, `sth_$1_${mask}`)
      .replace(/(^|\s)(--?([\w.-]+)=)(\S+)/g, (whole, before: string, head: string, name: string) =>
        looksSecret(name) ? `${before}${head}${mask}` : whole,
      )
  );
}

/**
 * A copy of any JSON value with its secrets masked: string values under names that look secret (wherever a string-valued map
 * or record holds them), the argument after `--password`, credentials inside texts. What holds no secret is not copied.
 */
export function maskSecrets<T>(value: T): T {
  return walk(value, null) as T;
}

/** Records of ours whose keys look secret but never hold one. */
const harmless = new Set(['hash', 'version', 'consolePort', 'debugPort']);

function walk(value: unknown, key: string | null): unknown {
  if (typeof value === 'string')
    return value !== '' && key !== null && !harmless.has(key) && looksSecret(key) ? mask : maskText(value);
  if (Array.isArray(value)) {
    let copy: unknown[] | null = null;
    for (let i = 0; i < value.length; i++) {
      const previous: unknown = value[i - 1];
      const argument =
        typeof previous === 'string' &&
        /^--?[A-Za-z][\w.-]*$/.test(previous) &&
        looksSecret(previous) &&
        typeof value[i] === 'string' &&
        !(value[i] as string).startsWith('-');
      const masked = argument ? mask : walk(value[i], key);
      if (masked !== value[i]) (copy ??= [...value])[i] = masked;
    }
    return copy ?? value;
  }
  if (value === null || typeof value !== 'object') return value;
  let copy: Record<string, unknown> | null = null;
  for (const [name, inner] of Object.entries(value)) {
    const masked = walk(inner, name);
    if (masked !== inner) (copy ??= { ...(value as Record<string, unknown>) })[name] = masked;
  }
  return copy ?? value;
}
