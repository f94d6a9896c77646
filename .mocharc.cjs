module.exports = {
  import: ['tsx'],
  extension: ['ts'],
  timeout: 20_000,
  'forbid-only': true,
  // agenda keeps a timer of half its lock's lifetime (5 minutes) after every job that ran; the tests check by themselves
  // that processes and sockets end.
  exit: true,
};
