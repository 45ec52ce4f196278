// The leaf states of a machine, as dotted paths: for tables that must name them all.
import type { AnyStateMachine, AnyStateNode } from 'xstate';

export function leavesOf(machine: AnyStateMachine): string[] {
  const walk = (node: AnyStateNode): string[] => {
    const inner = Object.values(node.states);
    return inner.length === 0 ? [node.path.join('.')] : inner.flatMap(walk);
  };
  return walk(machine.root as AnyStateNode);
}
