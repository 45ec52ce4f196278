// xterm.js writes style sheets and style attributes as text, which the page's policy (`style-src 'self'`) forbids. The same texts take
// effect by the object model, which it allows, and the policy stays as strict as it is. The elements are made by the document itself
// (`documentOverride` does not reach its renderer in 6.0.0), so it is the document that is taught; nothing else of the page makes
// such elements by it.

/** A stand-in for <style>: its text is a sheet of the document from when it is first written until it is removed. */
function sheetElement(): HTMLElement {
  const element = document.createElement('template');
  const sheet = new CSSStyleSheet();
  Object.defineProperty(element, 'textContent', {
    set: (css: string) => {
      sheet.replaceSync(css);
      if (!document.adoptedStyleSheets.includes(sheet)) document.adoptedStyleSheets.push(sheet);
    },
  });
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
    Element.prototype.remove.call(element);
  };
  return element;
}

function setAttribute(this: HTMLElement, name: string, value: string): void {
  if (name === 'style') this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
}

let taught = false;

/** To be called before the first terminal is made. */
export function allowStyleTexts(): void {
  if (taught) return;
  taught = true;
  const create = document.createElement.bind(document) as (name: string) => HTMLElement;
  document.createElement = ((name: string) => {
    if (name === 'style') return sheetElement();
    const element = create(name);
    if (name === 'span') element.setAttribute = setAttribute;
    return element;
  }) as typeof document.createElement;
}
