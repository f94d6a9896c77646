export const x: Promise<number> = Promise.resolve(1);
