// Colours of the page as what draws by itself needs them: resolved for the theme that is shown now.

/** @param token a custom property of css/tokens.css @returns `rgb(…)` */
export function colourOf(token: string): string {
  // light-dark() must be settled: a canvas knows no custom properties.
  const probe = document.createElement('span');
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}
