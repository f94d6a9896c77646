import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brokenRule, cycles } from './imports.ts';
import { missingTranslations, unknownKeys } from './locales.ts';
import { brokenOrders, notOurs } from './orders.ts';
import { filesBelow, readImports, root } from './sources.ts';

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
  ...[...filesBelow('server', '.ts'), ...filesBelow('plugins', '.ts')]
    .filter((file) => !file.includes('/mongod/') && !(file in notOurs))
    .flatMap((file) =>
      brokenOrders(readFileSync(join(root, file), 'utf8')).map((order) => `${file} sorts by ${order}: without _id`),
    ),
];
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.stdout.write(`${imports.length} imports, ${problems.length} problems\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
