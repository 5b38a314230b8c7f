/** Hands a text to the browser's own saving; nothing leaves the machine. */
export function downloadText(fileName: string, text: string, type = 'text/plain'): void {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Files are always on white, whatever the screen's scheme. */
const ON_WHITE: Record<string, string> = {
  '--rf-accent': '#1c6480',
  '--rf-failed': '#ad211b',
  '--rf-review': '#7d4f00',
  '--rf-dim': '#545d66',
  '--rf-border': '#d0d4d9',
  '--rf-text': '#1b1f23',
  '--rf-panel': '#ffffff',
  '--rf-c1': '#1c6480',
  '--rf-c2': '#a84b00',
  '--rf-c3': '#2b7a45',
  '--rf-c4': '#6a42a8',
  '--rf-c5': '#a3246a',
  '--rf-c6': '#66620f',
};

/** A plot as a file of its own: colours that came from the page's style sheet are written into it. */
export function svgText(svg: SVGSVGElement): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.style.color = '#1b1f23';
  copy.style.background = '#ffffff';
  copy.style.fontFamily = 'sans-serif';
  const text = new XMLSerializer().serializeToString(copy);
  return text.replace(/var\((--rf-[a-z0-9]+)\)/g, (_whole, name: string) => ON_WHITE[name] ?? 'currentColor');
}
