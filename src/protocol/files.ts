// Files that an instance left behind or works with, as they are shown. The command `files` (target: instance) answers
// `{op: 'list', path, from, size}` with a FileView, and `{op: 'read', path, from, length, waitMs}` with chunks of base64 and a FileStat.

/**
 * `link`: a symbolic link, whose `target` is shown; it is followed only where it stays inside. `other`: device, socket or
 * pipe; never opened.
 */
type FileType = 'directory' | 'file' | 'link' | 'other';

/** What a file or directory is. */
export interface FileStat {
  type: 'directory' | 'file';
  /** Bytes. */
  size: number;
  /** epoch ms */
  modifiedAt: number;
  /** Permissions, as `rwxr-x---`. */
  mode: string;
  /** Changes with the file: the same tag, the same bytes (as far as times tell). */
  tag: string;
}

export interface FileItem {
  name: string;
  type: FileType;
  size: number;
  modifiedAt: number;
  mode: string;
  target: string | null;
  /** Of a directory of a launch: which, and how it ended. */
  launch?: LaunchFiles;
}

/** Working directories are kept of the launch that runs (or ran last) and, for a while, of the newest that crashed. */
export interface LaunchFiles {
  launch: number;
  current: boolean;
  startedAt: number | null;
  endedAt: number | null;
  code: number | null;
  signal: number | null;
}

/** A directory with its entries by name, `from` on; or a file. */
export interface FileView extends FileStat {
  /** From the instance on, without a slash at either end. */
  path: string;
  items: FileItem[];
  /** Entries of the directory; `more` when it holds too many to be counted. */
  total: number;
  from: number;
  more: boolean;
}

/** Most bytes of one read. */
export const mostRead = 256 * 1024;
/** Longest a read waits at the end of a file, ms. */
export const longestWaitMs = 20_000;
/** Most entries of one answer. */
export const mostItems = 1000;
