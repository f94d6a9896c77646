import { brokenRule, cycles } from './imports.ts';
import { missingTranslations, unknownKeys } from './locales.ts';
import { filesBelow, readImports } from './sources.ts';

const imports = readImports([
  ...filesBelow('server', '.ts'),
  ...filesBelow('plugins', '.ts'),
  ...filesBelow('test', '.ts'),
]);
const problems = [
  ...imports.flatMap((one) => {
    const rule = brokenRule(one);
    return rule ? [`${one.from} imports ${one.to}: ${rule}`] : [];
  }),
  ...cycles(imports).map((group) => `import cycle: ${group.join(', ')}`),
  ...missingTranslations(),
  ...unknownKeys(),
];
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.stdout.write(`${imports.length} imports, ${problems.length} problems\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
