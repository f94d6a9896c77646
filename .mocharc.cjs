module.exports = {
  // tsx/esm alone: with plain tsx mocha would `require` the tests, and plugins, which are imported, would get a second copy
  // of every module, whose errors the first copy does not recognise.
  import: ['tsx/esm'],
  require: ['./test/support/import-only.cjs'],
  extension: ['ts'],
  // More than half of a test's time is waiting.
  parallel: true,
  jobs: 5,
  // For what hangs; what has to be quick says so itself.
  timeout: 60_000,
  'forbid-only': true,
  // agenda keeps a timer of half its lock's lifetime (5 minutes) after every job that ran; the tests check by themselves
  // that processes and sockets end.
  exit: true,
};
