// Any value as JSON of bounded size with its secrets masked: the context of an actor, shown to whoever may look.
import { maskSecrets } from '../model/secrets.ts';

const maxDepth = 6;
const maxText = 300;
const maxItems = 50;
const maxKeys = 80;
/** About how many characters of JSON one context may have. */
export const maxContext = 16 * 1024;

interface Budget {
  left: number;
}

/** A copy that JSON can hold. What was left out says how much it was. */
export function bounded(value: unknown, budgetOf = maxContext): unknown {
  return maskSecrets(copy(value, maxDepth, { left: budgetOf }));
}

const isActor = (value: object): value is { id: string; sessionId: string } => 'sessionId' in value && 'send' in value;

function copy(value: unknown, depth: number, budget: Budget): unknown {
  switch (typeof value) {
    case 'string': {
      const text = value.length > maxText ? `${value.slice(0, maxText)}… (${value.length} characters)` : value;
      budget.left -= text.length + 2;
      return text;
    }
    case 'number':
    case 'boolean':
      budget.left -= 8;
      return value;
    case 'bigint':
    case 'symbol':
    case 'function':
      budget.left -= 16;
      return typeof value === 'function' ? '(function)' : String(value);
    case 'undefined':
      return undefined;
    default:
      return value === null ? null : copyObject(value as object, depth, budget);
  }
}

function copyObject(value: object, depth: number, budget: Budget): unknown {
  if (isActor(value)) return `(actor ${value.id})`;
  if (value instanceof Error) return copy(`${value.name}: ${value.message}`, depth, budget);
  if (value instanceof Date) return value.toISOString();
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`;
  const list = Array.isArray(value) ? value : value instanceof Set ? [...value] : null;
  const entries = list
    ? null
    : value instanceof Map
      ? [...value].map(([k, v]) => [String(k), v] as const)
      : Object.entries(value);
  const size = list?.length ?? entries!.length;
  if (size > 0 && (depth === 0 || budget.left <= 0)) return list ? `(list of ${size})` : `(object of ${size})`;
  budget.left -= 2;
  if (list) {
    const items: unknown[] = [];
    for (const item of list) {
      if (items.length === maxItems || budget.left <= 0) {
        items.push(`… ${list.length - items.length} more`);
        break;
      }
      items.push(copy(item, depth - 1, budget) ?? null);
    }
    return items;
  }
  const copied: Record<string, unknown> = {};
  let taken = 0;
  for (const [key, inner] of entries!) {
    if (taken === maxKeys || budget.left <= 0) {
      copied['…'] = `${size - taken} more`;
      break;
    }
    budget.left -= key.length + 4;
    copied[key] = copy(inner, depth - 1, budget);
    taken++;
  }
  return copied;
}
