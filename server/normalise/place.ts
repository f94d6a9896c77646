/** Names of schools, regions and other places. Pure. */
import { plainText, settled } from './text.ts';

/** What two ways of writing the same place have in common: width, case, spaces, dots, and the shape of brackets and dashes. */
export const placeKey = settled((text) =>
  plainText(text)
    .toLowerCase()
    .replace(/[[{〔【〖「『《<〈]/g, '(')
    .replace(/[\]}〕】〗」』》>〉]/g, ')')
    .replace(/\p{Pd}/gu, '-')
    .replace(/[\s·•‧・"“”'‘’]/g, ''),
);
