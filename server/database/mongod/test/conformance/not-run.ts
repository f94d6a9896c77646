import type { Test, TestFile } from './types.ts';

/** Features that the engine does not claim, by what a test needs of them. `refusals.test.ts` shows that they are refused. */
const operations: Record<string, string> = {
  createChangeStream: 'change streams',
  mapReduce: 'server-side JavaScript',
  modifyCollection: 'collMod',
};

const contents: Record<string, string> = {
  '"$where"': 'server-side JavaScript',
  '"$function"': 'server-side JavaScript',
  '"viewOn"': 'views',
  '"clusteredIndex"': 'clustered collections',
  '"timeseries"': 'time series',
  '"changeStreamPreAndPostImages"': 'change streams',
};

/** Why a test is not run; undefined for all others. */
export function reasonNotToRun(file: TestFile, test: Test): string | undefined {
  for (const { name } of test.operations) if (operations[name] !== undefined) return operations[name];
  const text = JSON.stringify([file.initialData ?? [], test.operations]);
  return Object.entries(contents).find(([part]) => text.includes(part))?.[1];
}
