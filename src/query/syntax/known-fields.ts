// Fields whose values are numbers or times in every document of ours that has them, so that a range of anything else is a mistake, and
// not an empty answer. By dotted path; below `facts` (of a stored node) and `spec` (of an app) they are the same.
import { quantityOf, timeOf } from '../values/literal.ts';

const below = (path: string, names: string): string[] => names.split(' ').map((name) => `${path}.${name}`);

const numberFields = new Set([
  ...['os.cpus', 'memory.total', 'memory.ram', 'disks.total', 'networks.mtu', 'load.load', 'load.cpu'],
  ...below('hardware', 'physicalCores speed gpus.vram'),
  ...below('load', 'memUsed diskUsed netIn netOut'),
  ...below('allocatable', 'cpus mem disk'),
  ...below('allocated', 'cpus mem disk instances'),
  ...below('resAlloc', 'cpus mem disk'),
  ...below('usage', 'cpu mem fds processes threads disk ioRead ioWrite cpuShare memShare'),
  ...below('instances', 'wanted running healthy total'),
  ...below('exit', 'code durationMs launch peakMem'),
  ...['placement.scale', 'scale', 'revision', 'slot', 'epoch', 'pid', 'restarts', 'launch', 'seq', 'minute'],
]);
const timeFields = new Set([
  ...['at', 'beatAt', 'createdAt', 'updatedAt', 'restartedAt', 'startedAt', 'readyAt', 'exit.at', 'load.at'],
]);

/** What is wrong with a bound of a range over a field; null: nothing that is known. */
export function boundFault(path: string, bound: string): { message: string; hint: string } | null {
  const name = path.replace(/^(?:facts|spec)\./, '');
  const isQuantity = quantityOf(bound) !== null;
  if (numberFields.has(name) && !isQuantity)
    return { message: `${path} is a number, and ${bound} is none`, hint: `Write ${path}:>8, or a size such as 8GB.` };
  if (timeFields.has(name) && !isQuantity && timeOf(bound, 0) === null)
    return {
      message: `${path} is a time, and ${bound} is none`,
      hint: `Write ${path}:>now-1h, or a date such as ${path}:>2026-11-22.`,
    };
  return null;
}
