// Mocha requires a test file before it imports it, and `require` knows nothing of types: a file that happens to be JavaScript
// as well would run with `new Kept<number>(1)` as a comparison.
require.extensions['.ts'] = (_module, file) => {
  throw new Error(`${file} has to be imported`);
};
