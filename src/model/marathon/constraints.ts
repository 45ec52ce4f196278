// Marathon's constraints as a query, spread and maxPerNode; its upgrade strategy as an update. Attributes of Mesos agents are
// tags here: the attribute rack with the value r1 is the tag rack:r1.
import { isRecord, numberOf, type Raw } from './parts.ts';

type Tell = (path: string, message: string) => void;

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
const pattern = (text: string): string => `/${text.replaceAll('/', '\\/')}/`;

interface Placed {
  clauses: string[];
  spread: string[];
  maxPerNode: number | null;
}

function constrain(placed: Placed, [field = '', operator = '', value = '']: string[], path: string, note: Tell): void {
  const isHost = field === 'hostname' || field === '@hostname';
  const clause = (text: string): string => (isHost ? `hostname:${quoted(text)}` : `tags:${quoted(`${field}:${text}`)}`);
  const matching = (text: string): string =>
    isHost ? `hostname:${pattern(text)}` : `tags:${pattern(`${field}:(${text})`)}`;
  if (!isHost && ['CLUSTER', 'IS', 'LIKE', 'UNLIKE'].includes(operator))
    note(
      path,
      `nodes have tags, not attributes: give them ${field}:${operator === 'LIKE' || operator === 'UNLIKE' ? 'VALUE' : value}`,
    );
  switch (operator) {
    case 'CLUSTER':
    case 'IS': {
      if (value === '') note(path, 'CLUSTER without a value has no counterpart: name the value');
      else placed.clauses.push(clause(value));
      return;
    }
    case 'LIKE':
      placed.clauses.push(matching(value));
      return;
    case 'UNLIKE':
      placed.clauses.push(`NOT ${matching(value)}`);
      return;
    case 'UNIQUE':
    case 'MAX_PER': {
      if (isHost) placed.maxPerNode = operator === 'UNIQUE' ? 1 : Math.max(1, Math.floor(Number(value)) || 1);
      else
        note(path, `${operator} on ${field} has no counterpart: instances are spread over nodes as evenly as can be`);
      return;
    }
    case 'GROUP_BY': {
      if (isHost) placed.spread.push('hostname');
      else note(path, `GROUP_BY on ${field} has no counterpart: nodes have no attribute ${field} to spread over`);
      return;
    }
    default:
      note(path, `${operator} is not known`);
  }
}

/** What `placement` and `update` say. */
export function placementOf(raw: Raw, scale: number, note: Tell): { placement: Raw; update: Raw } {
  const placed: Placed = { clauses: [], spread: [], maxPerNode: null };
  for (const [index, constraint] of (Array.isArray(raw['constraints']) ? raw['constraints'] : []).entries()) {
    if (Array.isArray(constraint)) constrain(placed, constraint.map(String), `constraints[${index}]`, note);
    else if (isRecord(constraint))
      constrain(
        placed,
        [
          String(constraint['fieldName'] ?? ''),
          String(constraint['operator'] ?? ''),
          String(constraint['value'] ?? ''),
        ],
        `constraints[${index}]`,
        note,
      );
  }
  const unreachable = raw['unreachableStrategy'];
  if (isRecord(unreachable))
    note('unreachableStrategy', 'a lost node is replaced after 30 s, whatever the app (a setting of the master)');
  const strategy = isRecord(raw['upgradeStrategy']) ? raw['upgradeStrategy'] : {};
  const most = Math.max(1, scale);
  const unavailable = Math.floor(most * (1 - (numberOf(strategy['minimumHealthCapacity']) ?? 1)));
  const surge = Math.floor(most * (numberOf(strategy['maximumOverCapacity']) ?? 1));
  if (unavailable === 0 && surge === 0)
    note('upgradeStrategy', 'leaves no room to replace anything: one instance at a time stops first');
  return {
    placement: {
      ...(placed.clauses.length > 0 ? { query: placed.clauses.join(' AND ') } : {}),
      ...(placed.spread.length > 0 ? { spread: [...new Set(['id', ...placed.spread])] } : {}),
      ...(placed.maxPerNode === null ? {} : { maxPerNode: placed.maxPerNode }),
      ...(unreachable === 'disabled' ? { onPartition: 'wait' } : {}),
    },
    update: { maxSurge: surge, maxUnavailable: unavailable === 0 && surge === 0 ? 1 : unavailable },
  };
}
