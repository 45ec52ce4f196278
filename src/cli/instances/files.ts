// `files`: lists a directory of an instance, prints, follows or saves a file, saves a directory as tar.gz.
import { createWriteStream, rmSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { FileItem, FileView } from '../../protocol/files.ts';
import { path, query, type Client } from '../client.ts';
import { CliError, exitCode } from '../exit.ts';
import { age, memory } from '../output/format.ts';
import { wholeUnlessBroken } from './logs.ts';
import { instanceNamed } from './names.ts';
import { bold, dim, json, table, type Output } from '../output/output.ts';

interface FilesOptions {
  get?: string | undefined;
  follow: boolean;
  tail?: number | undefined;
  json: boolean;
}

export async function files(
  client: Client,
  output: Output,
  named: string,
  place: string,
  options: FilesOptions,
): Promise<void> {
  const names = namesIn(place);
  const id = await instanceNamed(client, named, true);
  const at = path`/v1/instances/${id}/files` + names.map((name) => `/${encodeURIComponent(name)}`).join('');
  // A person on a terminal, and `--get`, need to know first what it is; the bytes of a file are asked for in any case.
  const response = await client.open(
    'GET',
    at + query({ from: 0, follow: options.follow || undefined, tail: options.tail }),
    options.tail === undefined || options.follow ? {} : { headers: { range: `bytes=-${options.tail}` } },
  );
  if (!/^application\/json\b/.test(response.headers.get('content-type') ?? ''))
    return save(response, output, id, options.get ?? '-');
  if (options.follow) {
    await response.body?.cancel();
    throw new CliError(exitCode.usage, `${place || 'the top'} is a directory: only files are followed`);
  }
  if (options.get !== undefined) {
    await response.body?.cancel();
    return save(await client.open('GET', at + query({ format: 'tar' })), output, id, options.get);
  }
  let view = (await response.json()) as FileView;
  if (options.json) return json(view, output);
  const items = [...view.items];
  while (items.length > 0 && view.from + 1000 < view.total) {
    view = await client.get<FileView>(at + query({ from: view.from + 1000 }));
    items.push(...view.items);
  }
  if (items.length === 0) output.err('nothing is in it\n');
  table(
    ['NAME', 'SIZE', 'CHANGED', 'MODE', ''],
    items.map((item) => [
      item.type === 'directory' ? bold(`${item.name}/`, output) : item.name,
      item.type === 'file' ? memory(item.size) : '–',
      `${age(Date.now() - item.modifiedAt)} ago`,
      item.mode,
      dim(remark(item), output),
    ]),
    output,
  );
  if (view.more) output.err(`it holds more than ${view.total} entries; these are some of them\n`);
}

/** The names on the way to a place. `.` and `..` mean something to whoever reads a URL, escaped or not: they never leave this machine. */
function namesIn(place: string): string[] {
  const names = place.split('/').filter((name) => name !== '' && name !== '.');
  if (names.includes('..'))
    throw new CliError(
      exitCode.usage,
      `${place}: a place within the instance is named from its top on, without ".."`,
      'leave the place out to see what is there: stathub files INSTANCE',
    );
  return names;
}

function remark({ target, launch, type }: FileItem): string {
  if (target !== null) return `→ ${target}`;
  if (!launch) return type === 'other' ? 'device, socket or pipe' : '';
  return `launch ${launch.launch}, ${launch.current ? 'running' : endedHow(launch)}`;
}

function endedHow({ signal, code, endedAt }: NonNullable<FileItem['launch']>): string {
  const ago = endedAt === null ? '' : ` ${age(Date.now() - endedAt)} ago`;
  if (signal !== null) return `ended by signal ${signal}${ago}`;
  return code === null ? `ended${ago}` : `ended with ${code}${ago}`;
}

async function save(response: Response, output: Output, id: string, target: string): Promise<void> {
  if (target === '-') {
    for await (const bytes of wholeUnlessBroken(response.body!, id)) await output.write(bytes);
    return;
  }
  const file = createWriteStream(target);
  let size = 0;
  try {
    for await (const bytes of wholeUnlessBroken(response.body!, id)) {
      size += bytes.length;
      if (!file.write(bytes))
        await Promise.race([
          new Promise<void>((resolve) => {
            file.once('drain', () => resolve());
          }),
          finished(file),
        ]);
    }
    file.end();
    await finished(file);
  } catch (error) {
    file.destroy();
    if (error instanceof CliError) {
      rmSync(target, { force: true });
      throw error;
    }
    throw new CliError(exitCode.failed, `${target} could not be written: ${(error as Error).message}`);
  }
  output.err(`${target}: ${memory(size)}\n`);
}
