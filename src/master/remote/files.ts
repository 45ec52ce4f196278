// Files of an instance, from its agent. Each piece is asked for when the one before was taken: a slow reader holds nothing anywhere.
import type { Cluster } from '../../api/cluster.ts';
import { Refusal } from '../../model/errors.ts';
import type { FileStat, FileView } from '../../protocol/files.ts';
import type { Commands } from '../link/commands.ts';
import type { MasterContext } from '../context.ts';
import { whereabouts } from './whereabouts.ts';

const answerMs = 30_000;

export async function remoteFiles(
  context: MasterContext,
  commands: Commands,
  id: string,
  path: string,
  from: number,
): Promise<FileView> {
  const { node } = await whereabouts(context, id);
  return (await commands.ask(node, 'files', id, { op: 'list', path, from }, { expiresInMs: answerMs })) as FileView;
}

export async function readRemoteFile(
  context: MasterContext,
  commands: Commands,
  id: string,
  path: string,
  piece: { from: number; length: number; waitMs: number },
  signal: AbortSignal,
): ReturnType<Cluster['readFile']> {
  const { node } = await whereabouts(context, id);
  const got: Buffer[] = [];
  const answer = (await commands.ask(
    node,
    'files',
    id,
    { op: 'read', path, ...piece },
    {
      expiresInMs: answerMs + piece.waitMs,
      signal,
      onChunk: (value) => got.push(Buffer.from(String(value), 'base64')),
    },
  )) as { stat: FileStat; from: number } | undefined;
  if (!answer) throw new Refusal('expired', `The reader of ${path} went away`);
  return { ...answer, bytes: Buffer.concat(got) };
}
