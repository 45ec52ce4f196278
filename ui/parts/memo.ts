// Draws a component again only when its properties changed (preact's core has no memo).
import { Component, createElement, type ComponentChildren, type FunctionComponent, type VNode } from 'preact';

const shallow = <P extends object>(a: P, b: P): boolean => {
  const keys = Object.keys(a) as (keyof P)[];
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
};

/** `same` says that nothing shown changed; default: every property is the same. Signals read inside still draw it again. */
export function memo<P extends object>(
  component: (props: P) => ComponentChildren,
  same: (a: P, b: P) => boolean = shallow,
): FunctionComponent<P> {
  class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      return !same(this.props as P, next as P);
    }
    override render(props: P): VNode {
      return createElement(component as FunctionComponent<object>, props);
    }
  }
  return Memo as unknown as FunctionComponent<P>;
}
