import type { JudgeName } from '../judges.ts';

/** Class of what belongs to a judge; `limit` is no judge's. */
export type Ink = 'ours' | 'threshold' | 'rank' | 'limit';

export const INK_OF: Readonly<Record<JudgeName, Ink>> = {
  Outrigger: 'ours',
  Threshold1m: 'threshold',
  Threshold5m: 'threshold',
  ThresholdTuned: 'threshold',
  MannWhitney: 'rank',
  MannWhitneyOnce: 'rank',
  MannWhitneyTuned: 'rank',
};

/** Inks that stand out on white and on a dark page alike; the text follows the reader's scheme. */
const STYLE = `
text{font:12px system-ui,sans-serif;fill:#24292f}
.small{font-size:10.5px}.strong{font-weight:600}.end{text-anchor:end}.middle{text-anchor:middle}
.grid{stroke:#8c959f;stroke-opacity:.3}.axis{stroke:#8c959f}
path.ours,path.threshold,path.rank,path.limit{fill:none;stroke-width:2;stroke-linejoin:round}
path.ours,line.ours{stroke:#1f7a4d}path.threshold,line.threshold{stroke:#c4621b}path.rank,line.rank{stroke:#7a5cc9}
path.limit,line.limit{stroke:#8c959f;stroke-dasharray:4 3}path.threshold{stroke-dasharray:7 3}path.rank{stroke-dasharray:2 3}
circle.ours,rect.ours,text.ours{fill:#1f7a4d}circle.threshold,rect.threshold,text.threshold{fill:#c4621b}
circle.rank,rect.rank,text.rank{fill:#7a5cc9}circle.limit,rect.limit,text.limit{fill:#8c959f}
@media(prefers-color-scheme:dark){text{fill:#d7dde4}
path.ours,line.ours{stroke:#4cc38a}path.threshold,line.threshold{stroke:#f0914a}path.rank,line.rank{stroke:#b09cf5}
circle.ours,rect.ours,text.ours{fill:#4cc38a}circle.threshold,rect.threshold,text.threshold{fill:#f0914a}
circle.rank,rect.rank,text.rank{fill:#b09cf5}}
`.replaceAll('\n', '');

export const svg = (width: number, height: number, title: string, parts: readonly string[]): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    ...parts,
    '</svg>\n',
  ].join('\n');

export const text = (x: number, y: number, content: string, classes = ''): string =>
  `<text x="${at(x)}" y="${at(y)}"${classOf(classes)}>${escaped(content)}</text>`;

export const line = (x1: number, y1: number, x2: number, y2: number, classes: string, width = 1): string =>
  `<line x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}"${classOf(classes)} stroke-width="${width}"/>`;

export const circle = (x: number, y: number, radius: number, classes: string, label = ''): string =>
  `<circle cx="${at(x)}" cy="${at(y)}" r="${radius}"${classOf(classes)}>${label === '' ? '' : `<title>${escaped(label)}</title>`}</circle>`;

/** Of points in the order of x; a point that changes nothing is left out. */
export const path = (points: readonly (readonly [number, number])[], classes: string): string => {
  const kept = points.filter(
    ([, y], i) => i === 0 || i === points.length - 1 || points[i - 1]?.[1] !== y || points[i + 1]?.[1] !== y,
  );
  const d = kept.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${at(x)} ${at(y)}`).join('');
  return `<path d="${d}"${classOf(classes)}/>`;
};

const classOf = (classes: string): string => (classes === '' ? '' : ` class="${classes}"`);
const at = (value: number): string => String(Math.round(value * 10) / 10);
const escaped = (content: string): string =>
  content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
