import { load } from './load.js';

export const { checkFolder, compactFolder } = await load('maintenance');
