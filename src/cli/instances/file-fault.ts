// Why a file cannot be read, in words.
const words: Record<string, string> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a directory',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  ENOTDIR: 'a part of its path is no directory',
  ELOOP: 'its symbolic links go round in a circle',
  ENAMETOOLONG: 'its name is too long',
};

/** The end of a sentence: "there is no such file"; the system's own words where there are none of ours. */
export const fileFault = (error: unknown): string =>
  words[(error as NodeJS.ErrnoException).code ?? ''] ?? (error as Error).message;
