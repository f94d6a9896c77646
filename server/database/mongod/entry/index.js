import { load } from './load.js';

export const { startEngine } = await load('launch');
