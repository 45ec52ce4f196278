// Fields whose values are numbers, times or addresses in every document of ours that has them, so that a range of anything else is a
// mistake, and not an empty answer. By dotted path; below `facts` (of a stored node) and `spec` (of an app) they are the same.
import { addressKey, networkKeys } from '../values/address.ts';
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

const addressFields = new Set(below('networks', 'address broadcast netmask distination'));

interface Fault {
  message: string;
  hint: string;
}
const nameOf = (path: string): string => path.replace(/^(?:facts|spec)\./, '');
const isQuantity = (text: string): boolean => Number.isFinite(quantityOf(text) ?? NaN);
const isTime = (text: string): boolean => isQuantity(text) || timeOf(text, 0) !== null;

const noNumber = (path: string, text: string): Fault => ({
  message: `${path} is a number, and ${text} is none`,
  hint: `Write ${path}:>8, or a size such as 8GB (KB, MB, GB, TB, PB).`,
});
const noTime = (path: string, text: string): Fault => ({
  message: `${path} is a time, and ${text} is none`,
  hint: `Write ${path}:>now-1h, or a date such as ${path}:>2026-11-22.`,
});

/** What is wrong with a bound of a range over a field; null: nothing that is known. */
export function boundFault(path: string, bound: string): Fault | null {
  const name = nameOf(path);
  if (numberFields.has(name) && !isQuantity(bound)) return noNumber(path, bound);
  if (timeFields.has(name) && !isTime(bound)) return noTime(path, bound);
  if (addressFields.has(name) && addressKey(bound) === null)
    return {
      message: `${path} is an address, and ${bound} is none`,
      hint: `Write ${path}:[10.0.0.1 TO 10.0.0.99], or a network such as ${path}:10.0.0.0/8.`,
    };
  return null;
}

const looksLikeNetwork = /^(?:\d+(?:\.\d+){3}|[0-9a-f:]*:[0-9a-f:.]*)\/\d+$/i;

/**
 * What is wrong with a value that a field is asked for: one that was meant as a number, time or address and is none. Any other text is
 * none, too, but may be asked for: it is found nowhere.
 * @param path null: any field
 */
export function termFault(path: string | null, text: string): Fault | null {
  const name = path === null ? null : nameOf(path);
  const ofAddress = name === null || addressFields.has(name);
  if (ofAddress && looksLikeNetwork.test(text) && networkKeys(text) === null)
    return {
      message: `${text} is no network`,
      hint: 'Write 10.0.0.0/8 or fd00::/8: after the slash stands how many bits are fixed, up to 32, or 128 for IPv6.',
    };
  if (path === null || name === null) return null;
  if (addressFields.has(name) && /^\d+(?:\.\d+){3}$/.test(text) && addressKey(text) === null)
    return { message: `${text} is no address`, hint: 'Each of its four numbers is at most 255.' };
  if (numberFields.has(name) && /^[+-]?\d+(?:\.\d+)?(?:[a-z]+|e\d+)$/i.test(text) && !isQuantity(text))
    return noNumber(path, text);
  if (timeFields.has(name) && /^(?:\d{4}-\d|now\W)/.test(text) && !isTime(text)) return noTime(path, text);
  return null;
}
