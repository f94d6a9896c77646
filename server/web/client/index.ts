/** What the browser code of plugins may use, imported as `#client`. */
export { chart } from './chart.ts';
export { ago, type Format, format } from './format.ts';
export { type Live, live, type Update } from './live.ts';
export { type Page, readPage, toast } from './page.ts';
export { refreshRegions } from './refresh.ts';
