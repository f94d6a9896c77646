import { lockFolder } from '../../lock.ts';

// Locks a folder at a given time, says whether it could, and keeps it until the standard input ends.
const [folder = '', at = '0'] = process.argv.slice(2);
await new Promise((resolve) => setTimeout(resolve, Number(at) - Date.now()));
const unlock = await lockFolder(folder, 200).catch(() => undefined);
process.stdout.write(unlock === undefined ? 'refused\n' : 'holds it\n');
process.stdin.resume().on('end', () => {
  unlock?.();
  process.exit(0);
});
